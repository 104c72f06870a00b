#include "duty/addresses/firewall.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "duty/addresses/list_cases_test.h"
#include "ground/files/files.h"
#include "tests/support/clause.h"
#include "tests/support/own_network.h"
#include "tests/support/small_repository.h"
#include "tests/support/temporary_folder.h"

// With the kernel's own filter, in a network of this process alone.

namespace yizhan {
namespace {

using std::chrono::hours;

constexpr int kPort = 7443;

// Whether a connection from that address to our port is let through.
bool comes_in(const std::string& from) {
  const auto address = [](const std::string& text, int port) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(static_cast<std::uint16_t>(port));
    inet_pton(AF_INET, text.c_str(), &in.sin_addr);
    return in;
  };
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{0, 300'000};
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const sockaddr_in own = address(from, 0), port = address("127.0.0.1", kPort);
  EXPECT_EQ(bind(socket, reinterpret_cast<const sockaddr*>(&own), sizeof own), 0);
  const bool in = connect(socket, reinterpret_cast<const sockaddr*>(&port), sizeof port) == 0;
  ::close(socket);
  return in;
}

class FirewallTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    alone_ = enter_own_network();
    if (!alone_) return;
    server_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in port{};
    port.sin_family = AF_INET;
    port.sin_port = htons(kPort);
    inet_pton(AF_INET, "127.0.0.1", &port.sin_addr);
    ASSERT_EQ(bind(server_, reinterpret_cast<const sockaddr*>(&port), sizeof port), 0);
    ASSERT_EQ(listen(server_, 64), 0);
  }
  static void TearDownTestSuite() { ::close(server_); }

  void SetUp() override {
    if (!alone_) GTEST_SKIP() << "only root may have a network of its own";
    repository_.found();
    root_ = repository_.bytes_at(metadata_location(kRootRole, 1));
    begin();
  }
  void begin() {
    firewall_.emplace(Firewall::Parts{
        CentreCode::parse("CENTRE-1").value(), folder_ / "firewall", root_, source_, nft_, "yizhan",
        {{PeerKind::kTerminal, kPort}}, clock_});
  }
  void hand_down(const AddressList& list) {
    repository_.put("addresses/CENTRE-1.json", text_of(list.json()));
  }
  FirewallStanding look() { return firewall_->work().value(); }
  Json nft_list() { return nft_.list("yizhan").value(); }

  static inline bool alone_ = false;
  static inline int server_ = -1;
  TestClock clock_;
  TemporaryFolder folder_;
  SmallRepository repository_{folder_ / "repository", kTestNow};
  FolderSource source_{folder_ / "repository"};
  Bytes root_;
  Nft nft_;
  std::optional<Firewall> firewall_;
};

TEST_F(FirewallTest, LetsInWhomTheSignedListNamesAndNobodyElse) {
  CLAUSE("五(二)4");
  EXPECT_EQ(look().why->reason, Reason::kNotFound);
  EXPECT_FALSE(comes_in("127.0.0.7")) << "nobody, before there is a list";
  hand_down(list_of({terminal("127.0.0.7"), terminal("127.0.0.64/27", "B02000000B", excepted()),
                     centre("127.0.0.2")}));
  const FirewallStanding standing = look();
  EXPECT_EQ(standing.elements, 2) << "this gate is for terminals";
  EXPECT_FALSE(standing.why);
  EXPECT_TRUE(comes_in("127.0.0.7"));
  EXPECT_TRUE(comes_in("127.0.0.66"));
  EXPECT_FALSE(comes_in("127.0.0.2"));
  EXPECT_FALSE(comes_in("127.0.0.8"));
  clock_.pass(hours{24});
  look();
  EXPECT_FALSE(comes_in("127.0.0.66")) << "the exception has lapsed";
  EXPECT_TRUE(comes_in("127.0.0.7"));
}

TEST_F(FirewallTest, AListThatDoesNotHoldLeavesTheOneInForce) {
  hand_down(list_of({terminal("127.0.0.7")}));
  look();
  // Signed by its officers and wrong all the same.
  repository_.put("addresses/CENTRE-1.json", R"({"format":"yizhan-addresses-1"})");
  EXPECT_EQ(look().why->reason, Reason::kMalformed);
  EXPECT_EQ(look().why->reason, Reason::kMalformed) << "until another one comes";
  hand_down(list_of({terminal("127.0.0.8")}, kTestNow, "CENTRE-2"));
  EXPECT_EQ(look().why->reason, Reason::kUnknownCentre);
  EXPECT_TRUE(comes_in("127.0.0.7"));
  EXPECT_FALSE(comes_in("127.0.0.8"));
  // By one officer alone.
  repository_.forge("addresses", [](Json& json) { json["version"] = 9; },
                    {&repository_.officers[0]});
  repository_.list("addresses", 9);
  EXPECT_EQ(look().why->reason, Reason::kThresholdNotMet);
  EXPECT_TRUE(comes_in("127.0.0.7"));
}

TEST_F(FirewallTest, ABadElementLeavesTheOldSetWhole) {
  hand_down(list_of({terminal("127.0.0.7")}));
  look();
  const AddressList wrong = list_of({terminal("127.0.0.8")});
  const std::vector<Gate> gates{{PeerKind::kTerminal, kPort}};
  Json transaction = nft_transaction("yizhan", &wrong, gates, kTestNow);
  for (Json& command : transaction["nftables"]) {
    if (command["add"].contains("element")) {
      command["add"]["element"]["elem"].push_back("127.0.0.999");
    }
  }
  EXPECT_EQ(nft_.apply(transaction).reason(), Reason::kUnavailable);
  EXPECT_TRUE(comes_in("127.0.0.7"));
  EXPECT_FALSE(comes_in("127.0.0.8"));
}

TEST_F(FirewallTest, WhatSomebodyElseChangesIsUndoneAndCounted) {
  hand_down(list_of({terminal("127.0.0.7")}));
  look();
  EXPECT_EQ(look().restored, 0);
  const Json chain = {{"family", "inet"}, {"table", "yizhan"}, {"name", "input"}};
  const Json flush = {{"flush", {{"chain", chain}}}};
  ASSERT_TRUE(nft_.apply({{"nftables", Json::array({flush})}}));
  EXPECT_TRUE(comes_in("127.0.0.99"));
  EXPECT_EQ(look().restored, 1);
  EXPECT_FALSE(comes_in("127.0.0.99"));
  EXPECT_EQ(look().restored, 1);
}

TEST_F(FirewallTest, AListComesIntoForceOnItsDayAndIsKept) {
  hand_down(list_of({terminal("127.0.0.7")}));
  look();
  hand_down(list_of({terminal("127.0.0.8")}, kTestNow + hours{2}));
  look();
  EXPECT_TRUE(comes_in("127.0.0.7"));
  begin();  // a restart before its day
  look();
  EXPECT_TRUE(comes_in("127.0.0.7"));
  clock_.pass(hours{2});
  look();
  EXPECT_TRUE(comes_in("127.0.0.8"));
  EXPECT_FALSE(comes_in("127.0.0.7"));
  EXPECT_EQ(kept_lists(folder_ / "firewall")->size(), 2U);
}

TEST_F(FirewallTest, AListThatIsTakenBackBeforeItsDayDoesNotCome) {
  const AddressList now = list_of({terminal("127.0.0.7")});
  hand_down(now);
  look();
  hand_down(list_of({terminal("127.0.0.8")}, kTestNow + hours{2}));
  look();
  hand_down(now);
  look();
  clock_.pass(hours{2});
  look();
  EXPECT_TRUE(comes_in("127.0.0.7"));
  EXPECT_FALSE(comes_in("127.0.0.8"));
}

// The mirror may be gone after a restart, and time may have gone by: what was in force is.
TEST_F(FirewallTest, AfterARestartWhatWasInForceIs) {
  hand_down(list_of({terminal("127.0.0.7")}));
  look();
  std::filesystem::remove_all(folder_ / "repository");
  begin();
  EXPECT_TRUE(look().why);
  EXPECT_TRUE(comes_in("127.0.0.7"));
  EXPECT_FALSE(comes_in("127.0.0.8"));
}

TEST_F(FirewallTest, TwelveThousandAddressesAreOneTransaction) {
  std::vector<AddressEntry> entries;
  for (int i = 0; i < 12'000; ++i) {
    const std::string number = std::to_string(10'000'000 + i);
    const std::string net = "10." + std::to_string(1 + i / 250) + ".0.";
    entries.push_back(terminal(net + std::to_string(i % 250), "A" + number + "A"));
  }
  entries.push_back(terminal("127.0.0.7"));
  hand_down(list_of(std::move(entries)));
  EXPECT_EQ(look().elements, 12'001);
  EXPECT_TRUE(comes_in("127.0.0.7"));
  EXPECT_FALSE(comes_in("127.0.0.8"));
  EXPECT_EQ(look().restored, 0);
}

TEST_F(FirewallTest, WithoutNftNothingIsSaidToBeInForce) {
  hand_down(list_of({terminal("127.0.0.7")}));
  const Nft missing("/nonexistent/nft");
  Firewall firewall({CentreCode::parse("CENTRE-1").value(), folder_ / "other", root_, source_,
                     missing, "yizhan", {{PeerKind::kTerminal, kPort}}, clock_});
  EXPECT_EQ(firewall.work().reason(), Reason::kUnavailable);
}

}  // namespace
}  // namespace yizhan
