#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "ground/files/files.h"

namespace yizhan {
namespace {

namespace fs = std::filesystem;

Bytes text(std::string_view value) { return copy_of(bytes_of(value)); }

Sha256 named(std::uint8_t octet) { return *Sha256::from_bytes(Bytes(32, octet)); }

class SegmentedObjects : public ::testing::Test {
 protected:
  SegmentedObjects() {
    std::string pattern = (fs::temp_directory_path() / "yizhan-segments-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    restart();
  }
  ~SegmentedObjects() override { fs::remove_all(root_); }

  // What a new process finds.
  void restart(std::uint64_t segment_bytes = Segments::kSegmentBytes) {
    store_.reset();
    store_.emplace(root_, segment_bytes);
  }

  [[nodiscard]] std::vector<fs::path> segments() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(root_ / "segments")) files.push_back(entry);
    std::ranges::sort(files);
    return files;
  }

  fs::path root_;
  std::optional<SegmentedObjectStore> store_;
};

std::int64_t room_of(const fs::path& file) {
  struct stat status {};
  EXPECT_EQ(stat(file.c_str(), &status), 0);
  return status.st_blocks * 512;
}

TEST_F(SegmentedObjects, ComeBackWholeOrInRanges) {
  store_->put(named(1), text("0123456789"));
  store_->put(named(2), text("other"));
  EXPECT_EQ(store_->find_size(named(1)), 10U);
  for (int run = 0; run < 2; ++run) {
    EXPECT_EQ(store_->read(named(1), 0, 100), text("0123456789"));
    EXPECT_EQ(store_->read(named(1), 4, 3), text("456"));
    EXPECT_EQ(store_->read(named(1), 10, 3), Bytes());
    EXPECT_EQ(store_->read(named(1), 11, 3), Bytes());
    EXPECT_EQ(store_->open(named(1)).read_at(8, 100), text("89"));
    restart();
  }
  EXPECT_TRUE(store_->remove(named(1)));
  EXPECT_FALSE(store_->remove(named(1)));
  restart();
  EXPECT_THROW(static_cast<void>(store_->read(named(1), 0, 1)), FileError);
  EXPECT_THROW(static_cast<void>(store_->open(named(1))), FileError);
  EXPECT_EQ(store_->read(named(2), 0, 100), text("other"));
}

TEST_F(SegmentedObjects, ShowTheirReaderNoOther) {
  store_->put(named(1), text("mine"));
  store_->put(named(2), text("another's"));
  const FileHandle reader = store_->open(named(1));
  EXPECT_EQ(reader.size(), 4U);
  EXPECT_LT(write(reader.descriptor(), "x", 1), 0) << "sealed";
}

TEST_F(SegmentedObjects, AreOfOneProcessOnlyOnce) {
  store_->put(named(1), text("body"));
  const auto size = fs::file_size(segments().at(0));
  store_->put(named(1), text("body"));
  EXPECT_EQ(fs::file_size(segments().at(0)), size);
}

TEST_F(SegmentedObjects, ArePutAnewAfterAStartThatCanNotKnowWhetherTheyAreWhole) {
  store_->put(named(1), text("body"));
  restart();
  EXPECT_EQ(store_->find_size(named(1)), std::nullopt);
  store_->put(named(1), text("BODY"));
  EXPECT_EQ(store_->find_size(named(1)), 4U);
  EXPECT_EQ(store_->read(named(1), 0, 100), text("BODY"));
  restart();
  EXPECT_EQ(store_->read(named(1), 0, 100), text("BODY"));
  EXPECT_EQ(segments().size(), 1U) << "the first segment is empty, and gone";
}

TEST_F(SegmentedObjects, EndWhereACrashHasTornTheLastOne) {
  store_->put(named(1), Bytes(10'000, 7));
  store_->put(named(2), Bytes(10'000, 8));
  fs::resize_file(segments().at(0), 15'000);
  restart();
  EXPECT_EQ(store_->read(named(1), 0, 20'000), Bytes(10'000, 7));
  EXPECT_THROW(static_cast<void>(store_->read(named(2), 0, 1)), FileError);
  store_->put(named(2), Bytes(10'000, 9));
  EXPECT_EQ(segments().size(), 2U) << "nothing is written behind what is torn";
  restart();
  EXPECT_EQ(store_->read(named(2), 0, 20'000), Bytes(10'000, 9));
}

TEST_F(SegmentedObjects, CanNotPassForAHeadOfAnother) {
  store_->put(named(1), text("forged"));
  FileHandle segment = open_for_reading(segments().at(0));
  const Bytes record = segment.read_at(0, 518);
  // At every page that a reader of heads might look at, one that names another object.
  Bytes body(3584);
  for (int i = 0; i < 3; ++i) {
    append(body, record);
    body.resize(3584 + 4096U * (static_cast<unsigned>(i) + 1));
  }
  ASSERT_TRUE(store_->remove(named(1)));
  store_->put(named(2), body);
  restart();
  EXPECT_THROW(static_cast<void>(store_->read(named(1), 0, 1)), FileError);
  ASSERT_TRUE(store_->remove(named(2)));
  store_->put(named(3), text("later"));
  restart();
  EXPECT_THROW(static_cast<void>(store_->read(named(1), 0, 1)), FileError);
  EXPECT_EQ(store_->read(named(3), 0, 100), text("later"));
}

TEST_F(SegmentedObjects, GiveTheirRoomBack) {
  constexpr std::size_t kLarge = 256U << 10;
  restart(2 * kLarge);
  for (std::uint8_t i = 1; i <= 4; ++i) store_->put(named(i), Bytes(kLarge, i));
  const auto files = segments();
  ASSERT_EQ(files.size(), 2U);
  const std::int64_t before = room_of(files[0]);
  EXPECT_TRUE(store_->remove(named(1)));
  EXPECT_LT(room_of(files[0]), before - static_cast<std::int64_t>(kLarge) / 2);
  EXPECT_EQ(store_->read(named(2), 0, kLarge), Bytes(kLarge, 2));
  EXPECT_TRUE(store_->remove(named(2)));
  EXPECT_FALSE(fs::exists(files[0]));
  restart(2 * kLarge);
  EXPECT_EQ(store_->read(named(3), 0, kLarge), Bytes(kLarge, 3));
}

TEST_F(SegmentedObjects, AreWholeWhenManyComeAtOnce) {
  constexpr std::size_t kThreads = 8, kEach = 30;
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([this, t] {
        for (std::size_t i = 0; i < kEach; ++i) {
          const auto octet = static_cast<std::uint8_t>(t * kEach + i);
          store_->put(named(octet), Bytes(1000 + i, octet));
          if (i % 3 == 0) store_->remove(named(octet));
        }
      });
    }
  }
  restart();
  for (std::size_t i = 0; i < kThreads * kEach; ++i) {
    const auto octet = static_cast<std::uint8_t>(i);
    if (i % kEach % 3 == 0) {
      EXPECT_THROW(static_cast<void>(store_->read(named(octet), 0, 1)), FileError) << i;
    } else {
      EXPECT_EQ(store_->read(named(octet), 0, 5000), Bytes(1000 + i % kEach, octet)) << i;
    }
  }
}

// Large, so that something is likely to happen to one while it is read.
TEST_F(SegmentedObjects, AreReadWholeWhileTheyArePutAnewOrRemoved) {
  constexpr std::size_t kLength = 4U << 20;
  constexpr std::uint8_t kCount = 12;
  for (std::uint8_t i = 1; i <= kCount; ++i) store_->put(named(i), Bytes(kLength, i));
  restart();
  std::atomic<std::uint8_t> wanted = 1;
  std::jthread reader([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const std::uint8_t i = wanted;
      try {
        EXPECT_TRUE(store_->read(named(i), 0, kLength) == Bytes(kLength, i));
      } catch (const FileError& gone) {
        EXPECT_EQ(gone.error_number(), ENOENT);
      }
    }
  });
  for (std::uint8_t i = 1; i <= kCount; ++i) {
    wanted = i;
    store_->put(named(i), Bytes(kLength, i));
    store_->remove(named(i));
  }
}

TEST_F(SegmentedObjects, LeaveNothingWhereTheDiskIsFull) {
  store_->put(named(1), text("before"));
  rlimit former{};
  getrlimit(RLIMIT_FSIZE, &former);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = former;
  small.rlim_cur = 20'000;
  setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_THROW(store_->put(named(2), Bytes(50'000, 2)), FileError);
  setrlimit(RLIMIT_FSIZE, &former);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(store_->find_size(named(2)), std::nullopt);
  store_->put(named(3), text("after"));
  restart();
  EXPECT_EQ(store_->read(named(1), 0, 100), text("before"));
  EXPECT_THROW(static_cast<void>(store_->read(named(2), 0, 1)), FileError);
  EXPECT_EQ(store_->read(named(3), 0, 100), text("after"));
}

TEST_F(SegmentedObjects, StandBesideThoseThatCameInParts) {
  store_->write_partial("upload-1", 0, text("group0"));
  store_->finish_partial("upload-1", named(1));
  EXPECT_EQ(store_->find_size(named(1)), 6U);
  restart();
  EXPECT_EQ(store_->find_size(named(1)), 6U);
  EXPECT_EQ(store_->open(named(1)).read_at(0, 100), text("group0"));
  EXPECT_TRUE(store_->remove(named(1)));
  EXPECT_THROW(static_cast<void>(store_->read(named(1), 0, 1)), FileError);
}

}  // namespace
}  // namespace yizhan
