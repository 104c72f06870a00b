#include <gtest/gtest.h>

#include "duty/suspension/order_cases_test.h"
#include "tests/support/clause.h"
#include "tests/support/small_repository.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_database.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

namespace {

constexpr auto kHour = std::chrono::hours{1};
constexpr auto kDay = std::chrono::hours{24};

class RecordingAlarm final : public OrderAlarm {
 public:
  void received(const KeptOrder& kept) override { told.push_back("received " + kept.name.text()); }
  void turned(const KeptOrder& kept, const OrderStanding& standing) override {
    told.push_back(std::string(text_of(standing.state)) + " " + kept.name.text());
  }
  void refused(const std::string& path, const Refusal& why) override {
    told.push_back("refused " + path + " " + std::string(code_of(why.reason)));
  }

  std::vector<std::string> told;
};

// Management's officers and those of the first centre, their repository, and a node that follows.
class FollowedOrders : public ::testing::Test {
 protected:
  using Told = std::vector<std::string>;

  void SetUp() override {
    write_durably(folder_ / "directory.p7m", signed_version(1));
    const auto officer = [&](std::size_t i) { return repository_.officers[i].certificate(); };
    const Founding founding{{officer(0), officer(1), officer(2)},
                            2,
                            repository_.online.certificate(),
                            {{"orders-emergency", {"orders/emergency/*"}, 1},
                             {"orders", {"orders/*", "orders/*/*"}, 2},
                             {"directory", {"directory/*"}, 2}}};
    ASSERT_TRUE(stage_founding(repository_.repository, founding, {}, kTestNow));
    const RolePart part{{"orders/CENTRE-1", {"orders/CENTRE-1/*"}, 2}, {officer(2), officer(3)}};
    ASSERT_TRUE(stage_part(repository_.repository, part, {}, kTestNow));
    repository_.publish_signed(repository_.two());
    TrustedState::Content content;
    content.root = repository_.bytes_at(metadata_location(kRootRole, 1));
    state_.save(std::move(content));
    start();
  }

  Bytes signed_version(std::int64_t version) {
    return sign_directory(exchange_.directory(version), exchange_.management, kTestNow).value();
  }
  // Also as after a restart.
  void start() {
    orders_.reset();
    directory_.emplace(folder_ / "directory.p7m", std::vector{exchange_.management.certificate()});
    orders_.emplace(StandingOrders::Parts{folder_ / "orders.json", *directory_, clock_});
  }
  void put(const std::string& path, const Bytes& content, const SmallRepository::Signers& signers) {
    ASSERT_TRUE(stage_target(repository_.repository, {path, content}, {}, kTestNow));
    repository_.publish_signed(signers);
  }
  void two_orders(const std::string& path, const Order& order) {
    put(path, order.json(), repository_.two());
  }
  void one_orders(const std::string& path, const Order& order) {
    put(path, order.json(), {&repository_.officers[1]});
  }
  void centre_orders(const std::string& path, const Order& order) {
    put(path, order.json(), {&repository_.officers[2], &repository_.officers[3]});
  }
  void withdraw(const std::string& path, const SmallRepository::Signers& signers) {
    ASSERT_TRUE(stage_target(repository_.repository, {path, std::nullopt}, {}, kTestNow));
    repository_.publish_signed(signers);
  }

  Result<void> take() {
    TrustClient client(state_, source_);
    const Result<bool> fresh = client.refresh(clock_.now());
    EXPECT_TRUE(fresh);
    return orders_->take(client, alarm_);
  }
  void pass(Milliseconds time) {
    clock_.pass(time);
    orders_->tend(alarm_);
  }
  Told take_told() { return std::exchange(alarm_.told, {}); }
  [[nodiscard]] Standing standing(const TestAgency& agency) const {
    return directory_->current()->find(agency.code)->standing;
  }
  [[nodiscard]] bool is_suspended() const { return standing(exchange_.b) == Standing::kSuspended; }

  SmallExchange exchange_;
  TestClock clock_;
  TemporaryFolder folder_;
  SmallRepository repository_{folder_ / "repository", kTestNow};
  FolderSource source_{folder_ / "repository"};
  TrustedState state_{{}, Bytes()};
  RecordingAlarm alarm_;
  std::optional<DirectorySource> directory_;
  std::optional<StandingOrders> orders_;
};

TEST_F(FollowedOrders, WhatTwoOfficersOrderIsInForceAtOnceAndTheNextEndsIt) {
  CLAUSE("十三");
  two_orders("orders/1.json", suspend_b());
  ASSERT_TRUE(take());
  EXPECT_TRUE(is_suspended());
  EXPECT_EQ(take_told(), (Told{"received orders/1", "in_force orders/1"}));
  EXPECT_NE(directory_->current()->find(exchange_.b.code)->suspended_by.find(
                "命令 orders/1，依十三(一)"),
            std::string::npos);
  ASSERT_TRUE(take());
  EXPECT_EQ(take_told(), Told{}) << "told once";
  two_orders("orders/2.json", resume_b("orders/1.json"));
  ASSERT_TRUE(take());
  EXPECT_FALSE(is_suspended());
  EXPECT_EQ(take_told(), (Told{"ended orders/1", "received orders/2", "in_force orders/2"}));
}

TEST_F(FollowedOrders, ArePutInForceBeforeAnythingElseIsReadAfterARestart) {
  CLAUSE("十三");
  two_orders("orders/1.json", suspend_b());
  ASSERT_TRUE(take());
  take_told();
  start();
  EXPECT_TRUE(is_suspended()) << "without management, and without a look";
  orders_->tend(alarm_);
  EXPECT_EQ(take_told(), Told{}) << "that has been told";
}

TEST_F(FollowedOrders, ANewerDirectoryTakesNoOrderAway) {
  two_orders("orders/1.json", suspend_b());
  ASSERT_TRUE(take());
  ASSERT_TRUE(directory_->adopt(signed_version(2)).value());
  EXPECT_EQ(directory_->current()->version(), 2);
  EXPECT_TRUE(is_suspended());
}

// Who withdraws a target, alone or by two, resumes nobody: a resumption is an order.
TEST_F(FollowedOrders, AWithdrawnTargetTakesNoOrderAway) {
  CLAUSE("十三");
  one_orders("orders/emergency/1.json", suspend_b());
  two_orders("orders/1.json", suspend_b());
  ASSERT_TRUE(take());
  take_told();
  withdraw("orders/emergency/1.json", {&repository_.officers[0]});
  withdraw("orders/1.json", repository_.two());
  ASSERT_TRUE(take());
  EXPECT_TRUE(is_suspended());
  EXPECT_EQ(take_told(), Told{});
}

TEST_F(FollowedOrders, ANumberIsUsedOnce) {
  CLAUSE("十三");
  one_orders("orders/emergency/1.json", suspend_b());
  ASSERT_TRUE(take());
  take_told();
  // The same officer, a harmless order under the same number.
  one_orders("orders/emergency/1.json",
             order_of(OrderKind::kSuspend, exchange_.c.code, kTestNow + kDay * 9));
  ASSERT_TRUE(take());
  EXPECT_TRUE(is_suspended());
  EXPECT_EQ(take_told(), Told{"refused orders/emergency/1.json conflict"});
  ASSERT_TRUE(take());
  EXPECT_EQ(take_told(), Told{}) << "told once";
  EXPECT_EQ(orders_->counts().refused, 1);
}

TEST_F(FollowedOrders, WhatOneOfficerOrdersLapsesByItselfAfterADay) {
  CLAUSE("十三");
  one_orders("orders/emergency/1.json", suspend_b());
  ASSERT_TRUE(take());
  EXPECT_TRUE(is_suspended());
  take_told();
  pass(kDay - Milliseconds{1});
  EXPECT_TRUE(is_suspended());
  EXPECT_EQ(take_told(), Told{});
  pass(Milliseconds{1});
  EXPECT_FALSE(is_suspended()) << "without management";
  EXPECT_EQ(take_told(), Told{"lapsed orders/emergency/1"});
}

TEST_F(FollowedOrders, ARestartMakesAnEmergencyNoYounger) {
  one_orders("orders/emergency/1.json", suspend_b());
  ASSERT_TRUE(take());
  clock_.pass(kDay);
  start();
  EXPECT_FALSE(is_suspended());
}

TEST_F(FollowedOrders, WhatTwoConfirmInTimeGoesOn) {
  CLAUSE("十三");
  one_orders("orders/emergency/1.json", suspend_b());
  Order confirmed = suspend_b(kTestNow + kHour);
  confirmed.supersedes = {name_of("orders/emergency/1.json")};
  two_orders("orders/1.json", confirmed);
  ASSERT_TRUE(take());
  take_told();
  pass(kHour);
  EXPECT_EQ(take_told(), (Told{"in_force orders/1", "ended orders/emergency/1"}));
  pass(kDay * 30);
  EXPECT_TRUE(is_suspended());
}

// One officer's own attempts to widen, each by what he can sign.
TEST_F(FollowedOrders, OneOfficerResumesNothingByWhateverTarget) {
  CLAUSE("十三");
  two_orders("orders/1.json", suspend_b());
  ASSERT_TRUE(take());
  take_told();
  one_orders("orders/emergency/1.json", resume_b("orders/1.json"));
  Order other = suspend_b(kTestNow + kDay * 999);
  other.supersedes = {name_of("orders/1.json")};
  one_orders("orders/emergency/2.json", other);
  ASSERT_TRUE(take());
  EXPECT_TRUE(is_suspended());
  EXPECT_EQ(take_told(), (Told{"refused orders/emergency/1.json forbidden",
                               "refused orders/emergency/2.json forbidden"}));
}

// What stands in another role's list, signed by that role's officers, is nothing.
TEST_F(FollowedOrders, OneOfficerListsNothingOutsideTheEmergencyFolder) {
  CLAUSE("十三");
  two_orders("orders/1.json", suspend_b());
  one_orders("orders/emergency/1.json", suspend_b());
  ASSERT_TRUE(take());
  take_told();
  const Bytes resume = resume_b("orders/1.json").json();
  for (const char* path : {"orders/2.json", "orders/CENTRE-1/1.json"}) {
    repository_.repository.put_target(path, resume);
    repository_.forge(
        "orders-emergency",
        [&](Json& json) {
          json["version"] = json["version"].get<int>() + 1;
          json["targets"][path] = {{"length", resume.size()},
                                   {"hashes", {{"sha256", sha256(resume).hex()}}}};
        },
        {&repository_.officers[1]});
    repository_.list("orders-emergency",
                     repository_.newest("orders-emergency").content().at("version").get<int>() + 1);
    ASSERT_TRUE(take());
    EXPECT_TRUE(is_suspended()) << path;
    EXPECT_EQ(take_told(), Told{}) << path;
  }
}

TEST_F(FollowedOrders, ACentresOfficersOrderForTheirAgenciesAlone) {
  CLAUSE("十三");
  centre_orders("orders/CENTRE-1/1.json", suspend_b());
  centre_orders("orders/CENTRE-1/2.json", order_of(OrderKind::kSuspend, exchange_.d.code));
  ASSERT_TRUE(take());
  EXPECT_TRUE(is_suspended());
  EXPECT_EQ(standing(exchange_.d), Standing::kActive);
  EXPECT_EQ(take_told(), (Told{"received orders/CENTRE-1/1", "in_force orders/CENTRE-1/1",
                               "received orders/CENTRE-1/2", "idle orders/CENTRE-1/2"}));
  centre_orders("orders/CENTRE-1/3.json", resume_b("orders/CENTRE-1/1.json"));
  ASSERT_TRUE(take());
  EXPECT_FALSE(is_suspended());
}

TEST_F(FollowedOrders, ACentresOfficersDoNotResumeWhomManagementSuspended) {
  CLAUSE("十三");
  two_orders("orders/1.json", suspend_b());
  centre_orders("orders/CENTRE-1/1.json", resume_b("orders/1.json"));
  ASSERT_TRUE(take());
  EXPECT_TRUE(is_suspended());
  const Told told = take_told();
  EXPECT_EQ(std::ranges::count(told, "refused orders/CENTRE-1/1.json forbidden"), 1);
}

TEST_F(FollowedOrders, WhatIsNoOrderKeepsNoOtherFromComingIntoForce) {
  put("orders/1.json", copy_of(bytes_of("{}")), repository_.two());
  put("orders/readme.txt", copy_of(bytes_of("x")), repository_.two());
  put("orders/2.json", Bytes(Order::kBytesMax + 1, 'x'), repository_.two());
  two_orders("orders/3.json", suspend_b());
  ASSERT_TRUE(take());
  EXPECT_TRUE(is_suspended());
  EXPECT_EQ(take_told(), (Told{"refused orders/1.json malformed", "refused orders/2.json too_large",
                               "refused orders/readme.txt malformed", "received orders/3",
                               "in_force orders/3"}));
}

// The list came, its file not yet: the next look has it.
TEST_F(FollowedOrders, WhatDidNotComeIsAskedForAgain) {
  two_orders("orders/1.json", suspend_b());
  two_orders("orders/2.json", order_of(OrderKind::kSuspend, exchange_.c.code));
  const auto file = repository_.repository.folder() /
                    target_location("orders/1.json", sha256(suspend_b().json()));
  const Bytes bytes = read_file(file, 1U << 20);
  std::filesystem::remove(file);
  EXPECT_EQ(take().reason(), Reason::kNotFound);
  EXPECT_FALSE(is_suspended());
  EXPECT_EQ(standing(exchange_.c), Standing::kSuspended) << "what came is in force";
  write_durably(file, bytes);
  EXPECT_TRUE(take());
  EXPECT_TRUE(is_suspended());
}

TEST_F(FollowedOrders, AnOrderComesIntoForceOnItsDayWithoutManagement) {
  CLAUSE("十三");
  two_orders("orders/1.json", suspend_b(kTestNow + kDay * 5));
  ASSERT_TRUE(take());
  EXPECT_FALSE(is_suspended());
  EXPECT_EQ(take_told(), Told{"received orders/1"});
  EXPECT_EQ(orders_->counts().waiting, 1);
  pass(kDay * 5);
  EXPECT_TRUE(is_suspended());
  EXPECT_EQ(take_told(), Told{"in_force orders/1"});
}

// A clock that was set back undoes what it had done too early.
TEST_F(FollowedOrders, AreJudgedByTheTimeThatItIs) {
  two_orders("orders/1.json", suspend_b(kTestNow + kDay));
  ASSERT_TRUE(take());
  pass(kDay * 2);
  EXPECT_TRUE(is_suspended());
  pass(-kDay * 2);
  EXPECT_FALSE(is_suspended());
}

TEST_F(FollowedOrders, OfWhomComesOnlyWithANewerDirectoryAreInForceThen) {
  two_orders("orders/1.json",
            order_of(OrderKind::kSuspend, OrgCode::parse("E05000000E").value()));
  ASSERT_TRUE(take());
  EXPECT_EQ(take_told(), (Told{"received orders/1", "idle orders/1"}));
  Agency late = exchange_.registered(exchange_.c);
  late.code = OrgCode::parse("E05000000E").value();
  late.certificates.clear();
  exchange_.agencies.push_back(late);
  ASSERT_TRUE(directory_->adopt(signed_version(2)).value());
  EXPECT_EQ(directory_->current()->find(late.code)->standing, Standing::kSuspended);
  orders_->tend(alarm_);
  EXPECT_EQ(take_told(), Told{"in_force orders/1"});
}

TEST_F(FollowedOrders, ADamagedRecordLetsNothingStart) {
  write_durably(folder_ / "orders.json", bytes_of("{"));
  EXPECT_THROW(StandingOrders({folder_ / "orders.json", *directory_, clock_}), std::runtime_error);
}

TEST_F(FollowedOrders, ShowWhatIsInForceSinceWhenUntilWhenAndWhy) {
  one_orders("orders/emergency/1.json", suspend_b());
  two_orders("orders/1.json", order_of(OrderKind::kSuspend, exchange_.c.code));
  Order resume = order_of(OrderKind::kResume, exchange_.c.code);
  resume.supersedes = {name_of("orders/1.json")};
  two_orders("orders/2.json", resume);
  put("orders/3.json", copy_of(bytes_of("{}")), repository_.two());
  ASSERT_TRUE(take());
  const Json shown = orders_->describe();
  ASSERT_EQ(shown.at("items").size(), 1U) << shown.dump();
  const Json& item = shown.at("items")[0];
  EXPECT_EQ(item.at("order"), "orders/emergency/1");
  EXPECT_EQ(item.at("state"), "in_force");
  EXPECT_EQ(item.at("name"), "機關B02000000B");
  EXPECT_EQ(item.at("ground"), "十三(一)");
  EXPECT_EQ(item.at("effective"), kTestNow.text());
  EXPECT_EQ(item.at("until"), (kTestNow + kDay).text());
  EXPECT_EQ(shown.at("refused")[0].at("reason"), "malformed");
  EXPECT_EQ(orders_->describe(true).at("items").size(), 3U);
  EXPECT_EQ(orders_->counts().in_force.at(OrderKind::kSuspend), 1);
}

// What people are told stands in the journal, with the clause.
TEST_F(FollowedOrders, AreJournalled) {
  CLAUSE("十三");
  TestDatabase place(Engine::kSqlite);
  Database database(place.config());
  migrate(database, kMigrations, kTestNow);
  const Journal journal("CENTRE-1");
  OrderJournal kept({database, journal, clock_});
  one_orders("orders/emergency/1.json", suspend_b());
  one_orders("orders/emergency/2.json", resume_b("orders/1.json"));
  two_orders("orders/1.json", order_of(OrderKind::kSuspend, exchange_.c.code));
  Order resume = order_of(OrderKind::kResume, exchange_.c.code);
  resume.supersedes = {name_of("orders/1.json")};
  two_orders("orders/2.json", resume);
  TrustClient client(state_, source_);
  ASSERT_TRUE(client.refresh(clock_.now()));
  ASSERT_TRUE(orders_->take(client, kept));
  clock_.pass(kDay);
  orders_->tend(kept);
  std::vector<std::string> events;
  database.read([&](Transaction& tx) {
    for (const JournalEntry& entry : JournalStore(tx).unsealed(100)) {
      events.push_back(entry.event);
      EXPECT_EQ(entry.event.substr(0, 6), "order_");
    }
    return 0;
  });
  std::ranges::sort(events);
  EXPECT_EQ(events, (Told{"order_ended", "order_in_force", "order_in_force", "order_lapsed",
                          "order_received", "order_received", "order_received", "order_refused"}));
}

}  // namespace
}  // namespace yizhan
