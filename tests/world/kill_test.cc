#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <thread>

#include "tests/support/clause.h"
#include "tests/support/key_folder.h"
#include "tests/world/clerk.h"

namespace yizhan {
namespace {

constexpr int kKills = 50;
constexpr auto kBetweenKills = std::chrono::milliseconds{400};
constexpr auto kSettleTime = std::chrono::minutes{4};

std::string serial_of(int number) {
  const std::string digits = std::to_string(number);
  return std::string(7 - digits.size(), '0') + digits;
}

// A clerk who goes on sending while everything around dies and comes back.
std::vector<std::string> send_until(const Lab& lab, const std::atomic<bool>& stop) {
  Clerk clerk(lab, "a");
  std::vector<std::string> documents;
  while (!stop) {
    const std::string serial = serial_of(static_cast<int>(documents.size()) + 1);
    documents.push_back(clerk.send_letter(serial, "附件內容 " + serial + "\n"));
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
  return documents;
}

void kill_at_random(World& world) {
  constexpr unsigned kSeed = 20261122;
  std::mt19937 random(kSeed);
  const std::vector<std::string> names = world.names();
  for (int i = 0; i < kKills; ++i) {
    std::this_thread::sleep_for(kBetweenKills);
    const std::string& name = names[random() % names.size()];
    world.kill(name, SIGKILL);
    world.restart_ended();
  }
}

bool all_received(Clerk& clerk, const std::vector<std::string>& documents) {
  for (const std::string& document : documents) {
    if (clerk.states_of(document) != std::map<std::string, int>{{"received", 2}}) return false;
  }
  return true;
}

// Fifty kills of any process at any time, under load: no accepted document lost, none delivered
// twice, no evidence without its fact.
TEST(Kills, LoseNothingAndDoubleNothing) {
  CLAUSE("五(一)9");
  TemporaryFolder folder;
  const Lab lab(folder / "lab");
  World world(lab, programs());
  world.start_all();
  std::atomic<bool> stop = false;
  std::vector<std::string> documents;
  std::thread sender([&] { documents = send_until(lab, stop); });
  kill_at_random(world);
  stop = true;
  // The sender may be waiting for a terminal: it has to come back.
  for (int i = 0; i < 50; ++i) {
    world.restart_ended();
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  sender.join();
  ASSERT_GT(documents.size(), 5u);

  Clerk a(lab, "a"), b(lab, "b"), c(lab, "c");
  const auto end = std::chrono::steady_clock::now() + kSettleTime;
  while (!all_received(a, documents) && std::chrono::steady_clock::now() < end) {
    world.restart_ended();
    std::this_thread::sleep_for(std::chrono::milliseconds{500});
  }
  for (const std::string& document : documents) {
    EXPECT_EQ(a.states_of(document), (std::map<std::string, int>{{"received", 2}})) << document;
  }
  for (Clerk* reader : {&b, &c}) {
    const auto inbox = reader->inbox();
    EXPECT_EQ(inbox.size(), documents.size());
    for (const auto& [subject, count] : inbox) EXPECT_EQ(count, 1) << subject;
  }
  const Json books = accounting_of(lab);
  EXPECT_TRUE(books.at("balanced").get<bool>()) << books.dump();
  EXPECT_EQ(books.at("pending"), 0) << books.dump();
  EXPECT_EQ(books.at("accepted"), 2 * documents.size()) << books.dump();
  std::cout << kKills << " kills, " << documents.size() << " documents, " << books.dump() << "\n";
}

}  // namespace
}  // namespace yizhan
