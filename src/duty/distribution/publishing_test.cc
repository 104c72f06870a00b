#include "duty/distribution/publishing.h"

#include "tests/support/repository_cases.h"
#include "tests/support/small_exchange.h"
#include "tests/support/temporary_folder.h"

namespace yizhan {
namespace {

// The online key behind a keyholder that comes and goes.
class OnlineKey final : public SigningKey {
 public:
  explicit OnlineKey(SoftwareKey key) : key_(std::move(key)) {}
  [[nodiscard]] const Certificate& certificate() const override { return key_.certificate(); }
  [[nodiscard]] SignatureScheme scheme() const override { return key_.scheme(); }
  Result<Bytes> sign(ByteView input, KeyUse use) override {
    if (away) return Reason::kKeyholderUnavailable;
    return key_.sign(input, use);
  }

  bool away = false;

 private:
  SoftwareKey key_;
};

class RecordingBook final : public PublishRecord {
 public:
  explicit RecordingBook(const Repository& repository) : repository_(repository) {}
  void publishing(const std::vector<StagedRole>& roles) override {
    if (full) throw std::runtime_error("the journal is full");
    for (const StagedRole& role : roles) {
      told.push_back(role.role + " " + std::to_string(role.version));
      waiting_when_told = waiting_when_told && repository_.staged(role.role).ok();
    }
  }
  void refused(const std::string& role, const Refusal& why) override {
    told.push_back("refused " + role + " " + std::string(code_of(why.reason)));
  }

  std::vector<std::string> told;
  bool waiting_when_told = true;
  bool full = false;

 private:
  const Repository& repository_;
};

class PublishingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    repository_.found();
    key_ = std::make_shared<OnlineKey>(repository_.online);
    begin();
  }
  // Also as after a restart.
  void begin() {
    publishing_.emplace(Publishing::Parts{Repository(folder_ / "repository"), key_, book_, clock_});
  }
  void stage(const std::string& path, std::string_view text) {
    ASSERT_TRUE(
        stage_target(repository_.repository, {path, copy_of(bytes_of(text))}, {}, clock_.now()));
  }
  // What an officer brings back, who has signed somewhere else.
  Bytes signed_copy(const std::string& role, SoftwareKey& officer) {
    SignedMetadata copy(repository_.repository.staged(role).value().content());
    EXPECT_TRUE(copy.sign(officer));
    return copy.bytes();
  }
  Result<StagedRole> bring(const std::string& role, const Bytes& file) {
    return publishing_->add_signatures(role, file, [](const StagedRole&) {});
  }
  std::int64_t version_of(const std::string& role) {
    return repository_.newest(role).content().at("version").get<std::int64_t>();
  }
  std::vector<std::string> take_told() { return std::exchange(book_.told, {}); }
  using Told = std::vector<std::string>;

  TestClock clock_;
  TemporaryFolder folder_;
  SmallRepository repository_{folder_ / "repository", kTestNow};
  RecordingBook book_{repository_.repository};
  std::shared_ptr<OnlineKey> key_;
  std::optional<Publishing> publishing_;
};

TEST_F(PublishingTest, PublishesWhatTwoOfficersHaveSignedAndSaysSoBefore) {
  stage("directory/directory.p7m", "directory 2");
  EXPECT_FALSE(publishing_->work());
  repository_.sign_staged({&repository_.officers[0]});
  EXPECT_FALSE(publishing_->work()) << "one is not enough";
  EXPECT_EQ(take_told(), Told{}) << "who waits for signatures is no accident";
  EXPECT_FALSE(publishing_->standing().why);
  repository_.sign_staged({&repository_.officers[1]});
  EXPECT_TRUE(publishing_->work());
  EXPECT_EQ(take_told(), Told{"directory 2"});
  EXPECT_TRUE(book_.waiting_when_told);
  EXPECT_EQ(version_of("directory"), 2);
  EXPECT_TRUE(repository_.repository.staged_roles().empty());
  EXPECT_FALSE(publishing_->work()) << "nothing more";
}

TEST_F(PublishingTest, ARoleThatWaitsHoldsUpNoOther) {
  stage("addresses/C1.json", "{}");
  stage("directory/directory.p7m", "directory 2");
  ASSERT_TRUE(bring("directory", signed_copy("directory", repository_.officers[0])));
  ASSERT_TRUE(bring("directory", signed_copy("directory", repository_.officers[2])));
  EXPECT_TRUE(publishing_->work());
  EXPECT_EQ(version_of("directory"), 2);
  EXPECT_EQ(repository_.repository.staged_roles(), std::vector<std::string>{"addresses"});
}

TEST_F(PublishingTest, SaysEveryFiveMinutesThatNothingIsWithheld) {
  const std::int64_t before = publishing_->standing().version;
  EXPECT_FALSE(publishing_->work());
  clock_.pass(std::chrono::minutes{5});
  EXPECT_TRUE(publishing_->work());
  EXPECT_EQ(publishing_->standing().version, before + 1);
  EXPECT_EQ(publishing_->standing().expires, clock_.now() + std::chrono::hours{24 * 7});
  EXPECT_FALSE(publishing_->work());
  clock_.pass(std::chrono::minutes{4});
  begin();
  EXPECT_FALSE(publishing_->work()) << "a start alone is no reason";
  clock_.pass(std::chrono::minutes{1});
  EXPECT_TRUE(publishing_->work());
}

TEST_F(PublishingTest, TakesSignaturesOfThoseWhoMayOnly) {
  stage("directory/directory.p7m", "directory 2");
  EXPECT_EQ(bring("directory", signed_copy("directory", repository_.stranger)).reason(),
            Reason::kThresholdNotMet);
  EXPECT_EQ(bring("addresses", signed_copy("directory", repository_.officers[0])).reason(),
            Reason::kNotFound);
  const Bytes first = signed_copy("directory", repository_.officers[0]);
  const auto once = bring("directory", first);
  ASSERT_TRUE(once);
  EXPECT_EQ(once->signers.signed_by.size(), 1U);
  EXPECT_EQ(bring("directory", first).reason(), Reason::kThresholdNotMet) << "nothing new in it";
  const auto twice = bring("directory", signed_copy("directory", repository_.officers[1]));
  ASSERT_TRUE(twice);
  EXPECT_EQ(twice->signers.signed_by.size(), 2U) << "the first one's is kept";
  EXPECT_TRUE(publishing_->work());
}

TEST_F(PublishingTest, ASignatureOfAnotherContentIsNone) {
  stage("directory/directory.p7m", "directory 2");
  const Bytes before = signed_copy("directory", repository_.officers[0]);
  stage("directory/directory.p7m", "directory 3");
  EXPECT_EQ(bring("directory", before).reason(), Reason::kConflict);
  EXPECT_EQ(publishing_->staged("directory")->signers.signed_by.size(), 0U);
}

TEST_F(PublishingTest, OfARootThoseSignToWhomItTakesThePlaceOf) {
  ASSERT_TRUE(stage_rotation(repository_.repository,
                             {.removed = repository_.officers[1].certificate(),
                              .added = repository_.officers[3].certificate(),
                              .online = {}},
                             {}, clock_.now()));
  for (const std::string& role : repository_.repository.staged_roles()) {
    for (const std::size_t officer : {0U, 3U}) {
      EXPECT_TRUE(bring(role, signed_copy(role, repository_.officers[officer]))) << role;
    }
  }
  EXPECT_FALSE(publishing_->work()) << "one of those before has signed";
  ASSERT_TRUE(bring("root", signed_copy("root", repository_.officers[1])));
  EXPECT_TRUE(publishing_->work());
  EXPECT_EQ(version_of("root"), 2);
}

TEST_F(PublishingTest, ASilentKeyIsToldOnceAndWaitedFor) {
  key_->away = true;
  stage("directory/directory.p7m", "directory 2");
  repository_.sign_staged(repository_.two());
  EXPECT_FALSE(publishing_->work());
  EXPECT_FALSE(publishing_->work());
  EXPECT_EQ(take_told(), (Told{"directory 2", "refused directory keyholder_unavailable"}));
  EXPECT_EQ(publishing_->standing().why->reason, Reason::kKeyholderUnavailable);
  key_->away = false;
  EXPECT_TRUE(publishing_->work());
  EXPECT_EQ(take_told(), Told{}) << "that it is published, the journal knows";
  EXPECT_FALSE(publishing_->standing().why);
  EXPECT_EQ(version_of("directory"), 2);
}

TEST_F(PublishingTest, WhatTheJournalDoesNotTakeIsNotPublished) {
  stage("directory/directory.p7m", "directory 2");
  repository_.sign_staged(repository_.two());
  book_.full = true;
  EXPECT_THROW(publishing_->work(), std::runtime_error);
  EXPECT_EQ(version_of("directory"), 1);
  book_.full = false;
  EXPECT_TRUE(publishing_->work());
}

TEST_F(PublishingTest, TheFirstVersionIsPublishedLikeEveryOther) {
  SmallRepository fresh(folder_ / "fresh", kTestNow);
  RecordingBook book(fresh.repository);
  Publishing publishing(
      {Repository(folder_ / "fresh"), std::make_shared<SoftwareKey>(fresh.online), book, clock_});
  EXPECT_FALSE(publishing.work()) << "nothing is founded";
  const Founding founding{{fresh.officers[0].certificate(), fresh.officers[1].certificate()},
                          2,
                          fresh.online.certificate(),
                          {{"directory", {"directory/*"}, 2}}};
  ASSERT_TRUE(stage_founding(fresh.repository, founding, {}, kTestNow));
  EXPECT_FALSE(publishing.work());
  SignedMetadata root = fresh.repository.staged(std::string(kRootRole)).value();
  for (SoftwareKey* officer : fresh.two()) ASSERT_TRUE(root.sign(*officer));
  fresh.repository.stage(std::string(kRootRole), root);
  EXPECT_FALSE(publishing.work()) << "nobody could follow a root alone";
  EXPECT_TRUE(book.told.empty()) << "what waits for signatures is no accident";
  fresh.sign_staged(fresh.two());
  EXPECT_TRUE(publishing.work());
  EXPECT_EQ(publishing.standing().version, 1);
}

}  // namespace
}  // namespace yizhan
