#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "tests/support/postgres.h"
#include "tests/support/soft_token.h"
#include "tests/world/clerk.h"

// The same programs on the other store and with the other kind of keys.

namespace yizhan {
namespace {

constexpr auto kDeliveryTime = std::chrono::minutes{2};

std::map<std::string, int> final_states_of(Clerk& clerk, const std::string& document) {
  const auto end = std::chrono::steady_clock::now() + kDeliveryTime;
  while (true) {
    auto states = clerk.states_of(document);
    if (states == std::map<std::string, int>{{"received", 2}}) return states;
    if (std::chrono::steady_clock::now() > end) return states;
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
  }
}

TEST(World, CarriesLettersOnPostgresqlWithTheSendersKeysOnACard) {
  const char* build = std::getenv("YIZHAN_BUILD");
  TemporaryFolder folder;
  SoftToken card;
  PostgresServer& server = PostgresServer::shared();
  const Lab lab(folder / "lab", {.stores = {{"centre", server.create_database()},
                                            {"a", server.create_database()},
                                            {"b", server.create_database()}},
                                 .token = &card});
  card.leave();
  World world(lab, build == nullptr ? "build/dev" : build);
  world.start_all();
  Clerk a(lab, "a"), b(lab, "b");
  std::vector<std::string> documents;
  for (const char* serial : {"0000001", "0000002", "0000003"}) {
    documents.push_back(a.send_letter(serial, std::string("附件 ") + serial));
  }
  for (const std::string& document : documents) {
    EXPECT_EQ(final_states_of(a, document), (std::map<std::string, int>{{"received", 2}}));
  }
  EXPECT_EQ(b.inbox().size(), documents.size());
  const Json books = accounting_of(lab);
  EXPECT_TRUE(books.at("balanced").get<bool>()) << books.dump();
  EXPECT_EQ(books.at("finals"), 6) << books.dump();
  EXPECT_FALSE(std::filesystem::exists(lab.root() / "a/keys/sign.key"));
}

}  // namespace
}  // namespace yizhan
