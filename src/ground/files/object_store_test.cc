#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>

#include "ground/files/files.h"

namespace yizhan {
namespace {

namespace fs = std::filesystem;

class LocalObjects : public ::testing::Test {
 protected:
  LocalObjects() {
    std::string pattern = (fs::temp_directory_path() / "yizhan-objects-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    store_.emplace(root_);
    name_ = *Sha256::from_hex("abcd" + std::string(60, '0'));
    path_ = root_ / "objects/ab" / ("cd" + std::string(60, '0'));
  }
  ~LocalObjects() override { fs::remove_all(root_); }

  // What a new process finds.
  void restart() { store_.emplace(root_); }

  fs::path root_;
  std::optional<LocalObjectStore> store_;
  Sha256 name_;
  fs::path path_;
};

Bytes text(std::string_view value) { return copy_of(bytes_of(value)); }

template <class Action>
int error_of(Action action) {
  try {
    action();
  } catch (const FileError& error) {
    return error.error_number();
  }
  return 0;
}

TEST_F(LocalObjects, AreFilesNamedByTheirDigestForTheirOwnerOnly) {
  store_->put(name_, text("body"));
  struct stat file {};
  struct stat folder {};
  ASSERT_EQ(stat(path_.c_str(), &file), 0);
  ASSERT_EQ(stat(path_.parent_path().c_str(), &folder), 0);
  EXPECT_EQ(file.st_mode & 07777, 0600U);
  EXPECT_EQ(folder.st_mode & 07777, 0700U);
}

TEST_F(LocalObjects, ComeBackWholeOrInRanges) {
  EXPECT_EQ(store_->find_size(name_), std::nullopt);
  store_->put(name_, text("0123456789"));
  restart();
  EXPECT_EQ(store_->find_size(name_), 10U);
  EXPECT_EQ(store_->read(name_, 0, 100), text("0123456789"));
  EXPECT_EQ(store_->read(name_, 4, 3), text("456"));
  EXPECT_EQ(store_->open(name_).read_at(8, 100), text("89"));
  EXPECT_TRUE(store_->remove(name_));
  EXPECT_FALSE(store_->remove(name_));
  EXPECT_EQ(store_->find_size(name_), std::nullopt);
  EXPECT_EQ(error_of([&] { static_cast<void>(store_->read(name_, 0, 1)); }), ENOENT);
  EXPECT_EQ(error_of([&] { static_cast<void>(store_->open(name_)); }), ENOENT);
}

TEST_F(LocalObjects, MayBePutAgain) {
  store_->put(name_, text("body"));
  const auto first_written = fs::last_write_time(path_);
  store_->put(name_, text("body"));
  EXPECT_EQ(fs::last_write_time(path_), first_written);
  EXPECT_EQ(store_->read(name_, 0, 100), text("body"));
  EXPECT_TRUE(store_->partials().empty());
}

TEST_F(LocalObjects, AreRepairedByAPutWhenCutShort) {
  store_->put(name_, text("body"));
  fs::resize_file(path_, 2);
  store_->put(name_, text("body"));
  EXPECT_EQ(store_->read(name_, 0, 100), text("body"));
}

TEST_F(LocalObjects, ArriveInPartsOverRestarts) {
  EXPECT_EQ(store_->partial_size("upload-1"), 0U);
  store_->write_partial("upload-1", 0, text("group0"));
  store_->write_partial("upload-1", 6, text("gr"));
  restart();
  EXPECT_EQ(store_->partial_size("upload-1"), 8U);
  EXPECT_EQ(store_->read_partial("upload-1", 0, 6), text("group0"));
  EXPECT_EQ(store_->find_size(name_), std::nullopt) << "not visible before it is finished";
  store_->write_partial("upload-1", 6, text("group1"));
  store_->finish_partial("upload-1", name_);
  restart();
  EXPECT_EQ(store_->read(name_, 0, 100), text("group0group1"));
  EXPECT_EQ(store_->partial_size("upload-1"), 0U);
}

TEST_F(LocalObjects, MayBeFinishedAgainAfterACrash) {
  store_->write_partial("upload-1", 0, text("body"));
  store_->finish_partial("upload-1", name_);
  restart();
  EXPECT_EQ(error_of([&] { store_->finish_partial("upload-1", name_); }), 0);
  EXPECT_EQ(store_->read(name_, 0, 100), text("body"));
  const Sha256 never;
  EXPECT_EQ(error_of([&] { store_->finish_partial("upload-1", never); }), ENOENT);
}

TEST_F(LocalObjects, MayArriveTwiceAtOnce) {
  store_->write_partial("upload-1", 0, text("body"));
  store_->write_partial("upload-2", 0, text("body"));
  store_->finish_partial("upload-1", name_);
  const FileHandle reader = store_->open(name_);
  store_->finish_partial("upload-2", name_);
  EXPECT_EQ(reader.read_at(0, 100), text("body"));
  EXPECT_EQ(store_->read(name_, 0, 100), text("body"));
}

TEST_F(LocalObjects, NeverHaveGaps) {
  EXPECT_EQ(error_of([&] { store_->write_partial("upload-1", 1, text("x")); }), EINVAL);
  store_->write_partial("upload-1", 0, text("x"));
  EXPECT_EQ(error_of([&] { store_->write_partial("upload-1", 2, text("x")); }), EINVAL);
}

TEST_F(LocalObjects, UnfinishedOnesAreListedOldestFirstAndDiscarded) {
  store_->write_partial("young", 0, text("12"));
  store_->write_partial("old", 0, text("1"));
  const timespec long_ago[2] = {{.tv_sec = 1000, .tv_nsec = 0}, {.tv_sec = 1000, .tv_nsec = 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, (root_ / "partial/old").c_str(), long_ago, 0), 0);
  const auto partials = store_->partials();
  ASSERT_EQ(partials.size(), 2U);
  EXPECT_EQ(partials[0].id, "old");
  EXPECT_EQ(partials[0].changed, Time::from_ms(1'000'000));
  EXPECT_EQ(partials[1].size, 2U);
  EXPECT_TRUE(store_->discard_partial("old"));
  EXPECT_FALSE(store_->discard_partial("old"));
  EXPECT_EQ(store_->partials().size(), 1U);
}

TEST_F(LocalObjects, OnAFullDiskNothingIsHalfVisible) {
  store_->write_partial("upload-1", 0, Bytes(1000));
  const auto former_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit former{};
  getrlimit(RLIMIT_FSIZE, &former);
  const rlimit limit{1500, former.rlim_max};
  setrlimit(RLIMIT_FSIZE, &limit);
  EXPECT_EQ(error_of([&] { store_->put(name_, Bytes(2000)); }), EFBIG);
  EXPECT_EQ(error_of([&] { store_->write_partial("upload-1", 1000, Bytes(1000)); }), EFBIG);
  setrlimit(RLIMIT_FSIZE, &former);
  std::signal(SIGXFSZ, former_handler);
  EXPECT_EQ(store_->find_size(name_), std::nullopt);
  EXPECT_EQ(store_->partial_size("upload-1"), 1000U);
  EXPECT_EQ(store_->partials().size(), 1U);
  store_->write_partial("upload-1", 1000, Bytes(1000));
  store_->finish_partial("upload-1", name_);
  EXPECT_EQ(store_->find_size(name_), 2000U);
}

TEST_F(LocalObjects, DoNotFollowPlantedLinks) {
  const fs::path secret = root_ / "secret";
  write_durably(secret, text("secret"));
  fs::create_symlink(secret, path_);
  EXPECT_EQ(error_of([&] { static_cast<void>(store_->read(name_, 0, 100)); }), ELOOP);
  fs::create_symlink("../secret", root_ / "partial/upload-1");
  EXPECT_EQ(error_of([&] { store_->write_partial("upload-1", 0, text("evil")); }), ELOOP);
  fs::remove_all(root_ / "objects/ee");
  fs::create_directory_symlink(root_, root_ / "objects/ee");
  const Sha256 through_folder = *Sha256::from_hex("ee" + std::string(62, '0'));
  EXPECT_EQ(error_of([&] { store_->put(through_folder, text("evil")); }), ELOOP);
  EXPECT_EQ(read_file(secret, 10), text("secret"));
}

using LocalObjectsDeathTest = LocalObjects;

TEST_F(LocalObjectsDeathTest, PartialIdsAreNeverPaths) {
  for (const char* id : {"", "../x", "a/b", "A", ".x"}) {
    EXPECT_DEATH(store_->write_partial(id, 0, {}), "") << id;
  }
}

}  // namespace
}  // namespace yizhan
