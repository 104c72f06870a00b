#include <gtest/gtest.h>

#include "tests/support/repository_cases.h"
#include "tests/support/temporary_folder.h"

namespace yizhan {
namespace {

const Time kNow = Time::parse("2026-11-30T04:00:00Z").value();

class MirrorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    repository_.found();
    first_root_ = repository_.bytes_at(metadata_location(kRootRole, 1));
    state_.emplace(folder_ / "centre.json", first_root_);
  }

  Result<void> mirror() {
    TrustClient client(*state_, source_);
    const Result<bool> fresh = client.refresh(kNow);
    if (!fresh) return fresh.refusal();
    return mirror_.follow(client, *state_, source_);
  }
  // One who has only the mirror, and begins at the first root.
  Result<Bytes> below() {
    TrustedState state(folder_ / "terminal.json", first_root_);
    FolderSource copy(mirror_.folder());
    TrustClient client(state, copy);
    const Result<bool> fresh = client.refresh(kNow);
    if (!fresh) return fresh.refusal();
    return client.fetch_target(SmallRepository::kDirectory);
  }
  [[nodiscard]] std::set<std::string> files() const {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(mirror_.folder())) {
      if (entry.is_regular_file()) found.insert(entry.path().filename().string());
    }
    return found;
  }

  TemporaryFolder folder_;
  SmallRepository repository_{folder_ / "repository", kNow};
  FolderSource source_{folder_ / "repository"};
  Bytes first_root_;
  std::optional<TrustedState> state_;
  Mirror mirror_{folder_ / "mirror"};
};

TEST_F(MirrorTest, IsVerifiedLikeTheOriginal) {
  ASSERT_TRUE(mirror());
  EXPECT_EQ(text_of(below().value()), "directory 1");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(mirror_.folder())) {
    if (!entry.is_regular_file()) continue;
    const auto name = std::filesystem::relative(entry.path(), mirror_.folder());
    EXPECT_EQ(read_file(entry.path(), 1u << 20),
              read_file(repository_.repository.folder() / name, 1u << 20))
        << name;
  }
}

TEST_F(MirrorTest, HasEveryRootForThoseWhoBeginAtTheFirst) {
  ASSERT_TRUE(mirror());
  cases::replace_officer(repository_);
  cases::rotate_online(repository_);
  ASSERT_TRUE(mirror());
  EXPECT_EQ(text_of(below().value()), "directory 1");
  EXPECT_TRUE(files().contains("2.root.json"));
}

TEST_F(MirrorTest, StaysWholeWhenTheOriginalIsNot) {
  ASSERT_TRUE(mirror());
  repository_.put(SmallRepository::kDirectory, "directory 2");
  std::filesystem::remove(repository_.target_file(SmallRepository::kDirectory));
  EXPECT_EQ(mirror().reason(), Reason::kNotFound);
  EXPECT_EQ(text_of(below().value()), "directory 1");
}

TEST_F(MirrorTest, KeepsThisStateAndTheOneBefore) {
  const auto name = [](std::string_view text) {
    return sha256(bytes_of(text)).hex() + ".directory.p7m";
  };
  ASSERT_TRUE(mirror());
  for (const char* text : {"directory 2", "directory 3"}) {
    repository_.put(SmallRepository::kDirectory, text);
    ASSERT_TRUE(mirror());
  }
  EXPECT_TRUE(files().contains(name("directory 3")));
  EXPECT_TRUE(files().contains(name("directory 2"))) << "somebody may be fetching it";
  EXPECT_FALSE(files().contains(name("directory 1")));
  EXPECT_EQ(text_of(below().value()), "directory 3");
}

TEST_F(MirrorTest, LeavesOutWhatNobodyInChargeHasSigned) {
  TargetsMetadata directory = repository_.repository.latest_targets("directory").value();
  directory.head.version = 2;
  repository_.repository.put_target("addresses/list.json", bytes_of("{}"));
  directory.targets["addresses/list.json"] = TargetFile::of(bytes_of("{}"));
  repository_.repository.stage("directory", SignedMetadata(directory.describe()));
  repository_.publish_signed(repository_.two());
  ASSERT_TRUE(mirror());
  EXPECT_FALSE(files().contains(sha256(bytes_of("{}")).hex() + ".list.json"));
}

}  // namespace
}  // namespace yizhan
