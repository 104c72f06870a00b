#include <gtest/gtest.h>

#include "tests/support/repository_cases.h"
#include "tests/support/temporary_folder.h"

namespace yizhan {
namespace {

const Time kNow = Time::parse("2026-11-30T04:00:00Z").value();

class StagingTest : public ::testing::Test {
 protected:
  Result<std::vector<std::string>> publish_now() {
    return publish(repository_.repository, {}, repository_.online, kNow);
  }
  void sign_by(std::size_t officer) { repository_.sign_staged({&repository_.officers[officer]}); }

  TemporaryFolder folder_;
  SmallRepository repository_{folder_ / "repository", kNow};
};

TEST_F(StagingTest, OneOfficerAlonePublishesNothing) {
  repository_.found();
  ASSERT_TRUE(stage_target(repository_.repository,
                           {SmallRepository::kDirectory, copy_of(bytes_of("directory 2"))}, {},
                           kNow));
  sign_by(0);
  const auto refused = publish_now();
  EXPECT_EQ(refused.reason(), Reason::kThresholdNotMet);
  EXPECT_NE(refused.refusal().detail.find("CN=lin"), std::string::npos) << refused.refusal().detail;
  sign_by(0);
  EXPECT_EQ(publish_now().reason(), Reason::kThresholdNotMet) << "the same officer again";
  sign_by(2);
  EXPECT_EQ(publish_now().value(), std::vector<std::string>{"directory"});
  EXPECT_TRUE(repository_.repository.staged_roles().empty());
}

TEST_F(StagingTest, AChangeDropsTheSignaturesThatItHad) {
  repository_.found();
  const auto change = [&](std::string_view text) {
    return stage_target(repository_.repository,
                        {SmallRepository::kDirectory, copy_of(bytes_of(text))}, {}, kNow);
  };
  ASSERT_TRUE(change("directory 2"));
  repository_.sign_staged(repository_.two());
  ASSERT_TRUE(change("directory 3"));
  EXPECT_EQ(publish_now().reason(), Reason::kThresholdNotMet);
}

TEST_F(StagingTest, AnotherKeyThanTheRootsCanNotPublish) {
  repository_.found();
  repository_.repository.stage(
      "directory",
      SignedMetadata(repository_.edited("directory", [](Json& json) { json["version"] = 2; })));
  repository_.sign_staged(repository_.two());
  const Bytes before = repository_.bytes_at(std::string(kTimestampLocation));
  EXPECT_EQ(publish(repository_.repository, {}, repository_.stranger, kNow).reason(),
            Reason::kForbidden);
  EXPECT_EQ(repository_.bytes_at(std::string(kTimestampLocation)), before);
}

TEST_F(StagingTest, WhoeverWasOvertakenBeginsAgain) {
  repository_.found();
  const auto staged = [&] {
    return repository_.edited("directory", [](Json& json) { json["version"] = 2; });
  };
  const Json first = staged();
  repository_.put(SmallRepository::kDirectory, "directory 2");
  repository_.repository.stage("directory", SignedMetadata(first));
  repository_.sign_staged(repository_.two());
  EXPECT_EQ(publish_now().reason(), Reason::kConflict);
}

TEST_F(StagingTest, AnOfficerIsReplacedAndWhatShouldHaveLapsedIsSignedAnew) {
  repository_.found();
  const auto staged = stage_rotation(repository_.repository,
                                     {.removed = repository_.officers[1].certificate(),
                                      .added = repository_.officers[3].certificate(),
                                      .online = {}},
                                     {}, kNow);
  EXPECT_EQ(staged.value(), (std::vector<std::string>{"root", "targets", "directory"}));
  sign_by(0);
  sign_by(2);
  EXPECT_TRUE(publish_now());
  EXPECT_EQ(repository_.repository.latest_root()->root.key_ids.size(), 3U);
}

TEST_F(StagingTest, ThreeOfficersCanNotBecomeFewerThanMustSign) {
  repository_.found();
  const auto remove = [&](std::size_t officer) {
    return stage_rotation(
        repository_.repository,
        {.removed = repository_.officers[officer].certificate(), .added = {}, .online = {}}, {},
        kNow);
  };
  ASSERT_TRUE(remove(2));
  EXPECT_EQ(remove(1).reason(), Reason::kBadRequest);
  EXPECT_EQ(remove(3).reason(), Reason::kNotFound) << "never was one";
}

TEST_F(StagingTest, FoundingWantsDifferentKeysAndNoRepositoryBefore) {
  const auto found = [&](const Certificate& third) {
    return stage_founding(
        repository_.repository,
        {{repository_.officers[0].certificate(), repository_.officers[1].certificate(), third},
         2,
         repository_.online.certificate(),
         {}},
        {}, kNow);
  };
  EXPECT_EQ(found(repository_.officers[0].certificate()).reason(), Reason::kBadRequest);
  EXPECT_EQ(found(repository_.certificate_again(0)).reason(), Reason::kBadRequest);
  repository_.found();
  EXPECT_EQ(found(repository_.officers[2].certificate()).reason(), Reason::kConflict);
}

TEST_F(StagingTest, TheTimestampIsSignedAnewAndTheSnapshotWhenItsTimeIsHalfOver) {
  repository_.found();
  const auto snapshot_version = [&] {
    return repository_.newest("snapshot").content().at("version").get<int>();
  };
  const int before = snapshot_version();
  ASSERT_TRUE(publish_timestamp(repository_.repository, repository_.online, {}, kNow));
  EXPECT_EQ(snapshot_version(), before);
  EXPECT_EQ(repository_.newest("timestamp").content().at("version"), 3);
  ASSERT_TRUE(publish_timestamp(repository_.repository, repository_.online, {},
                                kNow + std::chrono::hours{24 * 16}));
  EXPECT_EQ(snapshot_version(), before + 1);
}

TEST_F(StagingTest, AnActKilledBetweenRootAndTimestampIsFinished) {
  repository_.found();
  ASSERT_TRUE(stage_rotation(
      repository_.repository,
      {.removed = {}, .added = {}, .online = repository_.next_online.certificate()}, {}, kNow));
  repository_.sign_staged(repository_.two());
  const Bytes root = repository_.repository.staged("root")->bytes();
  repository_.put_bytes(metadata_location(kRootRole, 2), root);  // and then it was killed
  repository_.online = repository_.next_online;
  EXPECT_TRUE(publish_now());
}

TEST(CanonicalJson, EscapesTwoCharactersAndNoMore) {
  const Json json = {{"b", "\"\\\n\t文"}, {"a", {1, true, nullptr, Json::object()}}};
  EXPECT_EQ(text_of(tuf_canonical_json(json)), "{\"a\":[1,true,null,{}],\"b\":\"\\\"\\\\\n\t文\"}");
}

TEST(Names, OfRolesAndPaths) {
  EXPECT_TRUE(is_role_name("orders/CENTRE-1"));
  for (const char* bad : {"", "a/b/c", "../a", "a%2Fb", "角色", "/a", "a/"}) {
    EXPECT_FALSE(is_role_name(bad)) << bad;
  }
  EXPECT_TRUE(is_target_path("directory/directory.p7m"));
  for (const char* bad : {"", "/etc/passwd", "a/../b", "a//b", "a/", ".a", "a\\b", "a b",
                          "a/b/c/d/e"}) {
    EXPECT_FALSE(is_target_path(bad)) << bad;
  }
  EXPECT_FALSE(is_repository_location("staged/root.json"));
  EXPECT_TRUE(is_repository_location("metadata/1.orders%2FCENTRE-1.json"));
  EXPECT_FALSE(is_repository_location("metadata/../secret"));
}

TEST(Names, AStarStaysWithinItsPart) {
  EXPECT_TRUE(matches_path("orders/*", "orders/stop.json"));
  EXPECT_FALSE(matches_path("orders/*", "orders/C/stop.json"));
  EXPECT_FALSE(matches_path("orders/*", "orders"));
  EXPECT_TRUE(matches_path("o*s/?*.json", "orders/a.json"));
  EXPECT_FALSE(matches_path("o*s/?*.json", "orders/.json"));
  const std::string stars = "a*a*a*a*a*a*a*a*b", many(200, 'a');
  EXPECT_FALSE(matches_path(stars, many));
}

// A centre's officers sign below their part, and two officers say who they are.
TEST_F(StagingTest, APartOfARoleIsSignedByOfficersOfItsOwn) {
  repository_.found();
  const RolePart part{{"orders/C1", {"orders/C1/*"}, 2},
                  {repository_.officers[2].certificate(), repository_.officers[3].certificate()}};
  EXPECT_EQ(stage_part(repository_.repository, part, {}, kNow).value(),
            std::vector<std::string>{"orders"});
  repository_.publish_signed(repository_.two());
  const TargetChange order{"orders/C1/1.json", copy_of(bytes_of("an order"))};
  EXPECT_EQ(stage_target(repository_.repository, order, {}, kNow).value(), "orders/C1");
  repository_.sign_staged(repository_.two());
  EXPECT_EQ(publish_now().reason(), Reason::kThresholdNotMet) << "they are not the part's";
  sign_by(2);
  sign_by(3);
  EXPECT_EQ(publish_now().value(), std::vector<std::string>{"orders/C1"});
  EXPECT_EQ(role_for(repository_.repository, "orders/1.json").value(), "orders");
}

// Who comes signs what is there already, or nobody could follow it.
TEST_F(StagingTest, APartThatGetsOtherOfficersIsSignedAnew) {
  repository_.found();
  RolePart part{{"orders/C1", {"orders/C1/*"}, 1}, {repository_.officers[2].certificate()}};
  ASSERT_TRUE(stage_part(repository_.repository, part, {}, kNow));
  repository_.publish_signed(repository_.two());
  ASSERT_TRUE(stage_target(repository_.repository, {"orders/C1/1.json", copy_of(bytes_of("x"))}, {},
                           kNow));
  repository_.publish_signed({&repository_.officers[2]});
  part.officers = {repository_.officers[3].certificate()};
  EXPECT_EQ(stage_part(repository_.repository, part, {}, kNow).value(),
            (std::vector<std::string>{"orders", "orders/C1"}));
  repository_.sign_staged(repository_.two());
  EXPECT_EQ(publish_now().reason(), Reason::kThresholdNotMet);
  sign_by(3);
  EXPECT_TRUE(publish_now());
}

TEST_F(StagingTest, APartHasARoleAboveAndEnoughOfficers) {
  repository_.found();
  const auto reason = [&](const std::string& role, std::int64_t threshold) {
    const RolePart part{{role, {role + "/*"}, threshold}, {repository_.officers[2].certificate()}};
    return stage_part(repository_.repository, part, {}, kNow).reason();
  };
  EXPECT_EQ(reason("orders", 1), Reason::kBadRequest);
  EXPECT_EQ(reason("orders/C1/2", 1), Reason::kBadRequest);
  EXPECT_EQ(reason("nobody/C1", 1), Reason::kNotFound);
  EXPECT_EQ(reason("orders/C1", 2), Reason::kBadRequest);
}

}  // namespace
}  // namespace yizhan
