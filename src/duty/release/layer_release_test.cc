#include "duty/release/layer_release.h"

#include <gtest/gtest.h>

#include "duty/release/release_cases_test.h"
#include "tests/support/temporary_folder.h"

namespace yizhan {
namespace {

TEST(Release, ComesBackAsWritten) {
  Release release = release_of("1.4.0");
  release.minimum = ReleaseMinimum{version("1.2.0"), day("2026-12-31")};
  const Release read = Release::parse("releases/exchange/1.4.0.json", release.json()).value();
  EXPECT_EQ(read.describe(), release.describe());
  EXPECT_TRUE(Release::is_release(release.path(), Layer::kExchange));
  EXPECT_FALSE(Release::is_release(release.path(), Layer::kTerminal));
  EXPECT_FALSE(Release::is_release(release.packages[0].path, Layer::kExchange));
}

TEST(Release, IsWhatItsPathSays) {
  const Bytes content = release_of("1.4.0").json();
  for (const char* path : {"releases/exchange/1.4.1.json", "releases/terminal/1.4.0.json",
                           "releases/1.4.0.json"}) {
    EXPECT_EQ(Release::parse(path, content).reason(), Reason::kMalformed) << path;
  }
}

TEST(Release, LeavesNothingOut) {
  const Json whole = Json::parse(text_of(release_of("1.4.0").json()));
  const auto parsed = [](const Json& json) {
    return Release::parse("releases/exchange/1.4.0.json", bytes_of(json.dump()));
  };
  ASSERT_TRUE(parsed(whole));
  for (const auto& [name, value] : whole.items()) {
    Json less = whole;
    less.erase(name);
    EXPECT_EQ(parsed(less).reason(), Reason::kMalformed) << name;
  }
  const auto with = [&](const char* name, const Json& value) {
    Json other = whole;
    other[name] = value;
    return parsed(other).reason();
  };
  EXPECT_EQ(with("packages", Json::array()), Reason::kMalformed);
  EXPECT_EQ(with("notes", ""), Reason::kMalformed);
  EXPECT_EQ(with("version", "1.4"), Reason::kMalformed);
  EXPECT_EQ(with("format", "yizhan-release-2"), Reason::kUnknownFormat);
  EXPECT_EQ(with("minimum", {{"version", "1.5.0"}, {"grace", "2026-12-31"}}), Reason::kMalformed)
      << "newer than itself";
  Json elsewhere = whole;
  elsewhere["packages"][0]["path"] = "releases/terminal/yizhan.deb";
  EXPECT_EQ(parsed(elsewhere).reason(), Reason::kMalformed);
}

class ReleaseOfRepository : public ::testing::Test {
 protected:
  std::optional<Release> newest(Layer layer = Layer::kExchange) {
    std::optional<Release> found;
    EXPECT_TRUE(repository_.look(kTestNow, [&](TrustClient& client) -> Result<void> {
      found = YZ_TRY(find_newest(client, layer, [&](const std::string& path, const Refusal& why) {
        refused_.emplace_back(path, why.reason);
      }));
      return {};
    }));
    return found;
  }

  TemporaryFolder folder_;
  FollowedRepository repository_{folder_ / "repository"};
  std::vector<std::pair<std::string, Reason>> refused_;
};

TEST_F(ReleaseOfRepository, TheNewestOfTheLayerIsFound) {
  EXPECT_FALSE(newest());
  put(repository_, release_of("1.9.0"));
  put(repository_, release_of("1.10.0"));
  put(repository_, release_of("2.0.0", Layer::kTerminal));
  EXPECT_EQ(newest()->version, version("1.10.0"));
  EXPECT_EQ(newest(Layer::kTerminal)->version, version("2.0.0"));
  EXPECT_FALSE(newest(Layer::kManagement));
  EXPECT_TRUE(refused_.empty());
}

// 檢核碼: the package that two officers have signed is the one that the release names.
TEST_F(ReleaseOfRepository, APackageWithAnotherCheckCodeIsRefused) {
  CLAUSE("五(二)2");
  CLAUSE("五(三)3");
  put(repository_, release_of("1.9.0"));
  Release changed = release_of("1.10.0");
  put(repository_, changed);
  repository_.put(changed.packages[0].path, "another package");
  EXPECT_EQ(newest()->version, version("1.9.0")) << "the one that holds";
  ASSERT_EQ(refused_.size(), 1U);
  EXPECT_EQ(refused_[0], std::pair(changed.path(), Reason::kMetadataMismatch));
  repository_.withdraw(changed.packages[0].path);
  refused_.clear();
  EXPECT_EQ(newest()->version, version("1.9.0"));
  EXPECT_EQ(refused_.at(0).second, Reason::kNotFound);
}

// 派送之版本應以憑證簽章: one officer alone publishes none.
TEST_F(ReleaseOfRepository, OneOfficerAlonePublishesNone) {
  CLAUSE("五(一)3");
  SmallRepository& files = repository_.files();
  const Release release = release_of("1.10.0");
  const TargetChange change{release.path(), release.json()};
  ASSERT_TRUE(stage_target(files.repository, change, {}, kTestNow));
  files.sign_staged({&files.officers[0]});
  EXPECT_EQ(publish(files.repository, {}, files.online, kTestNow).reason(),
            Reason::kThresholdNotMet);
  EXPECT_FALSE(newest());
}

}  // namespace
}  // namespace yizhan
