#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <thread>

#include "model/audit/audit.h"
#include "tests/support/clause.h"
#include "tests/support/key_folder.h"
#include "tests/world/cable.h"
#include "tests/world/clerk.h"

namespace yizhan {
namespace {

constexpr int kBlows = 24;
constexpr auto kBetweenBlows = std::chrono::milliseconds{900};
constexpr auto kSettleTime = std::chrono::minutes{4};

// Two centres, four agencies, and a cable to each centre.
class TwoCentres : public ::testing::Test {
 protected:
  TwoCentres() {
    for (const LabCentre& centre : lab_.centres()) {
      cables_.push_back(std::make_unique<Cable>(centre.shown_port, centre.centre_port));
    }
    world_.start_all();
  }

  bool await(const std::string& agency, const std::vector<std::string>& documents,
             const std::map<std::string, int>& states) {
    Clerk clerk(lab_, agency);
    const auto end = std::chrono::steady_clock::now() + kSettleTime;
    for (const std::string& document : documents) {
      while (clerk.states_of(document) != states) {
        if (std::chrono::steady_clock::now() > end) return false;
        world_.restart_ended();
        std::this_thread::sleep_for(std::chrono::milliseconds{300});
      }
    }
    return true;
  }

  // As await, without starting again what was killed.
  bool await_keeping_down(const std::string& agency, const std::string& document,
                          const std::map<std::string, int>& states) {
    Clerk clerk(lab_, agency);
    const auto end = std::chrono::steady_clock::now() + kSettleTime;
    while (clerk.states_of(document) != states) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds{300});
    }
    return true;
  }

  // Kills and cuts at random, between the centres and at them.
  void deal_blows() {
    constexpr unsigned kSeed = 20261130;
    std::mt19937 random(kSeed);
    const std::vector<std::string> victims = {"exchange-2", "exchange", "exchange-2",
                                              "scanner-2", "centre-2-keyholder"};
    for (int i = 0; i < kBlows; ++i) {
      std::this_thread::sleep_for(kBetweenBlows);
      if (i % 2 == 0) {
        Cable& cable = *cables_[random() % cables_.size()];
        cable.cut();
        std::this_thread::sleep_for(kBetweenBlows / 2);
        cable.mend();
      } else {
        world_.kill(victims[random() % victims.size()], SIGKILL);
      }
      world_.restart_ended();
    }
  }

  void expect_books_closed(std::int64_t from_first, std::int64_t from_second) {
    const Json first = accounting_of(lab_, "centre"), second = accounting_of(lab_, "centre-2");
    for (const Json& books : {first, second}) {
      EXPECT_TRUE(books.at("balanced").get<bool>()) << books.dump();
      EXPECT_EQ(books.at("pending"), 0) << books.dump();
    }
    EXPECT_EQ(first.at("accepted"), 2 * from_first);
    EXPECT_EQ(first.at("passed_on"), from_first);
    EXPECT_EQ(first.at("taken_over"), from_second);
    EXPECT_EQ(second.at("accepted"), 2 * from_second);
    EXPECT_EQ(second.at("passed_on"), from_second);
    EXPECT_EQ(second.at("taken_over"), from_first);
    std::cout << first.dump() << "\n" << second.dump() << "\n";
  }

  // From the logs alone, one by one and end to end.
  void expect_logs_account(std::int64_t recipients) {
    const std::vector<std::filesystem::path> logs = {lab_.root() / "centre/data/log",
                                                     lab_.root() / "centre-2/data/log"};
    const Account account = account_of(logs, SystemClock().now()).value();
    EXPECT_TRUE(account.balanced()) << account.describe().dump();
    EXPECT_EQ(account.all.sums.accepted, recipients);
    EXPECT_EQ(account.all.sums.finals, recipients);
  }

  TemporaryFolder folder_;
  Lab lab_{folder_ / "lab", {.centres = 2, .cabled = true}};
  std::vector<std::unique_ptr<Cable>> cables_;
  World world_{lab_, programs()};
};

TEST_F(TwoCentres, LoseNothingAndDoubleNothingWhateverIsKilledOrCutBetweenThem) {
  CLAUSE("五(一)9");
  std::atomic<bool> stop = false;
  std::vector<std::string> of_a, of_d;
  std::thread a([&] { of_a = Clerk(lab_, "a").send_until(stop, 1); });
  std::thread d([&] { of_d = Clerk(lab_, "d").send_until(stop, 500001); });
  deal_blows();
  stop = true;
  for (int i = 0; i < 50; ++i) {
    world_.restart_ended();
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  a.join();
  d.join();
  ASSERT_GT(of_a.size(), 5u);
  ASSERT_GT(of_d.size(), 5u);
  EXPECT_TRUE(await("a", of_a, {{"received", 2}}));
  EXPECT_TRUE(await("d", of_d, {{"received", 2}}));
  for (const char* reader : {"b", "c"}) {
    const auto inbox = Clerk(lab_, reader).inbox();
    EXPECT_EQ(inbox.size(), of_a.size() + of_d.size());
    for (const auto& [subject, count] : inbox) EXPECT_EQ(count, 1) << subject;
  }
  EXPECT_GT(cables_[0]->passed(), 0);
  EXPECT_GT(cables_[1]->passed(), 0);
  const auto from_first = static_cast<std::int64_t>(of_a.size());
  const auto from_second = static_cast<std::int64_t>(of_d.size());
  expect_books_closed(from_first, from_second);
  expect_logs_account(2 * (from_first + from_second));
}

// c moves from the second centre to the first: with mail in its inbox there, with mail on its way
// there, with mail that its sender seals before it knows, and with a letter of its own on its way.
TEST_F(TwoCentres, AnAgencyThatMovesInMidFlightGetsAllItsMailAndLosesNone) {
  Clerk a(lab_, "a"), c(lab_, "c"), d(lab_, "d");
  world_.kill("exchange", SIGKILL);
  const std::string of_c = c.send_letter("0000001", "由移轉中之機關所發\n");
  std::this_thread::sleep_for(std::chrono::seconds{2});  // it waits for the first centre
  world_.kill("c-terminal", SIGKILL);
  world_.start("exchange");
  const std::string in_inbox = a.send_letter("0000002", "已在舊收文匣\n");
  EXPECT_TRUE(await_keeping_down("a", in_inbox, {{"consigned", 1}, {"received", 1}}));
  world_.kill("exchange-2", SIGKILL);
  const std::string on_its_way = a.send_letter("0000003", "移交途中\n");
  std::this_thread::sleep_for(std::chrono::seconds{2});
  lab_.move("T38100000C", 0);
  // Its terminal knows it from the start: what lies in the old inbox comes over the second line.
  std::filesystem::copy_file(lab_.root() / "directory.p7m", lab_.root() / "c/directory.p7m",
                             std::filesystem::copy_options::overwrite_existing);
  world_.start("exchange-2");
  const std::string sealed_before = d.send_letter("0000004", "發文機關尚不知其移轉\n");
  EXPECT_TRUE(await("a", {in_inbox, on_its_way}, {{"received", 2}}));
  EXPECT_TRUE(await("d", {sealed_before}, {{"received", 2}}));
  EXPECT_TRUE(await("c", {of_c}, {{"received", 2}}));
  const auto inbox = Clerk(lab_, "c").inbox();
  EXPECT_EQ(inbox.size(), 3u);
  for (const auto& [subject, count] : inbox) EXPECT_EQ(count, 1) << subject;
  // And what comes afterwards comes by the new centre.
  EXPECT_TRUE(await("a", {a.send_letter("0000005", "移轉之後\n")}, {{"received", 2}}));
  for (const std::string centre : {"centre", "centre-2"}) {
    const Json books = accounting_of(lab_, centre);
    EXPECT_TRUE(books.at("balanced").get<bool>()) << books.dump();
    EXPECT_EQ(books.at("pending"), 0) << books.dump();
  }
}

TEST_F(TwoCentres, ADeadOneDelaysNobodyElseAndTheSenderReadsSinceWhen) {
  world_.kill("exchange-2", SIGKILL);
  Clerk a(lab_, "a");
  const std::string document = a.send_letter("0000001", "附件內容\n");
  // The agency of this centre has it long before the other comes back.
  const auto is_told = [&] {
    const auto reasons = a.reasons_of(document);
    const auto why = reasons.find("T38100000C");
    return why != reasons.end() && why->second.find("centre_unreachable") != std::string::npos &&
           why->second.find("CENTRE-2") != std::string::npos;
  };
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{90};
  while (!is_told() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
  }
  EXPECT_TRUE(is_told()) << Json(a.reasons_of(document)).dump();
  EXPECT_EQ(a.states_of(document), (std::map<std::string, int>{{"held", 1}, {"received", 1}}));
  world_.start("exchange-2");
  EXPECT_TRUE(await("a", {document}, {{"received", 2}}));
  EXPECT_EQ(Clerk(lab_, "c").inbox().size(), 1u);
}

}  // namespace
}  // namespace yizhan
