#include <gtest/gtest.h>

#include "tests/support/repository_cases.h"
#include "tests/support/temporary_folder.h"

namespace yizhan {
namespace {

const Time kNow = Time::parse("2026-11-30T04:00:00Z").value();

// A client beside its repository.
class ClientTest : public ::testing::Test {
 protected:
  void SetUp() override {
    repository_.found();
    state_.emplace(state_file(), repository_.bytes_at(metadata_location(kRootRole, 1)));
    client_.emplace(*state_, source_);
  }

  [[nodiscard]] std::filesystem::path state_file() const { return folder_ / "trusted.json"; }
  Result<Bytes> update(const std::string& target = SmallRepository::kDirectory) {
    const Result<bool> fresh = client_->refresh(kNow);
    if (!fresh) return fresh.refusal();
    return client_->fetch_target(target);
  }
  // As after a restart.
  void start_again() {
    client_.reset();
    state_.emplace(state_file(), Bytes());
    client_.emplace(*state_, source_);
  }

  TemporaryFolder folder_;
  SmallRepository repository_{folder_ / "repository", kNow};
  FolderSource source_{folder_ / "repository"};
  std::optional<TrustedState> state_;
  std::optional<TrustClient> client_;
};

class RepositoryCases : public ClientTest, public ::testing::WithParamInterface<RepositoryCase> {};

TEST_P(RepositoryCases, AreJudged) {
  const RepositoryCase& one = GetParam();
  if (one.before) one.before(repository_);
  ASSERT_TRUE(client_->refresh(kNow));
  one.happens(repository_);
  const Result<Bytes> taken = update(one.target);
  ASSERT_EQ(taken.ok(), !one.refused) << (taken ? "" : taken.refusal().detail);
  if (one.refused) {
    EXPECT_EQ(taken.reason(), *one.refused) << taken.refusal().detail;
  }
}

INSTANTIATE_TEST_SUITE_P(Tuf, RepositoryCases, ::testing::ValuesIn(all_repository_cases()),
                         [](const auto& given) { return given.param.name; });

TEST_F(ClientTest, TakesWhatTwoOfThreeOfficersHaveSigned) {
  EXPECT_TRUE(client_->refresh(kNow).value());
  EXPECT_EQ(text_of(client_->fetch_target(SmallRepository::kDirectory).value()), "directory 1");
  EXPECT_FALSE(client_->refresh(kNow).value()) << "nothing new";
}

TEST_F(ClientTest, KeepsWhatItTrustsOverARestart) {
  repository_.put(SmallRepository::kDirectory, "directory 2");
  ASSERT_TRUE(update());
  start_again();
  repository_.forge("timestamp", [](Json& json) { json["version"] = 1; }, {&repository_.online});
  EXPECT_EQ(update().reason(), Reason::kMetadataRolledBack);
}

TEST_F(ClientTest, ARefusedUpdateLeavesTheStateAsItWas) {
  ASSERT_TRUE(update());
  const Bytes before = read_file(state_file(), 1u << 20);
  repository_.forge("timestamp", [](Json& json) { json["version"] = 9; }, {});
  EXPECT_EQ(update().reason(), Reason::kThresholdNotMet);
  EXPECT_EQ(read_file(state_file(), 1u << 20), before);
}

TEST_F(ClientTest, ADamagedStateIsNotTakenForNone) {
  ASSERT_TRUE(update());
  write_durably(state_file(), bytes_of("{}"));
  EXPECT_THROW(start_again(), std::runtime_error);
}

// Whoever is in charge of a path below his own can not speak for a role of the same name elsewhere.
TEST_F(ClientTest, ARoleIsWhatItsOwnDelegatorSays) {
  TargetsMetadata orders;
  orders.head = {1, kNow + std::chrono::hours{24}};
  const TrustedKey own = TrustedKey::of(repository_.officers[3].certificate()).value();
  orders.keys.emplace(own.id, own);
  orders.delegations = {{"directory", {{own.id}, 1}, {"orders/*"}, false}};
  repository_.repository.stage("orders", SignedMetadata(orders.describe()));
  repository_.publish_signed(repository_.two());
  repository_.forge("directory",
                    [](Json& json) {
                      json["version"] = 2;
                      json["targets"]["orders/stop.json"] = {
                          {"length", 2}, {"hashes", {{"sha256", Sha256{}.hex()}}}};
                    },
                    {&repository_.officers[3]});
  repository_.list("directory", 2);
  ASSERT_TRUE(client_->refresh(kNow));
  EXPECT_TRUE(client_->find_target("orders/stop.json"));
  EXPECT_EQ(client_->find_target(SmallRepository::kDirectory).reason(), Reason::kThresholdNotMet);
}

TEST_F(ClientTest, ExpiresAtTheVerySecond) {
  const Time expires = kNow + Validity{}.timestamp;
  EXPECT_TRUE(client_->refresh(expires - Milliseconds{1}));
  EXPECT_EQ(client_->refresh(expires).reason(), Reason::kMetadataExpired);
}

TEST_F(ClientTest, AsksForNoMoreDelegationsThanItsLimit) {
  client_.emplace(*state_, source_, ClientLimits{.delegations = 0});
  ASSERT_TRUE(client_->refresh(kNow));
  EXPECT_EQ(client_->fetch_target(SmallRepository::kDirectory).reason(), Reason::kNotFound);
}

TEST_F(ClientTest, AFolderThatIsNotThereIsUnavailable) {
  FolderSource nowhere(folder_ / "nowhere");
  EXPECT_EQ(TrustClient(*state_, nowhere).refresh(kNow).reason(), Reason::kUnavailable);
}

TEST_F(ClientTest, ALinkInAFolderCarriedByHandLeadsNowhere) {
  write_durably(folder_ / "secret", bytes_of("secret"));
  const auto target = repository_.target_file(SmallRepository::kDirectory);
  std::filesystem::remove(target);
  std::filesystem::create_symlink(folder_ / "secret", target);
  EXPECT_EQ(update().reason(), Reason::kUnavailable);
}

}  // namespace
}  // namespace yizhan
