#include "ground/merkle/log.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <set>

#include "ground/merkle/merkle.h"
#include "tests/support/pki.h"

namespace yizhan {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOrigin = "log.example/north";

void overwrite(const fs::path& path, const Bytes& bytes) {
  std::ofstream(path, std::ios::binary) << text_of(bytes);
}

class Logs : public ::testing::Test {
 protected:
  Logs() {
    std::string pattern = (fs::temp_directory_path() / "yizhan-log-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    restart();
  }
  ~Logs() override { fs::remove_all(root_); }

  static Bytes entry(std::uint64_t index) {
    return copy_of(bytes_of("evidence " + std::to_string(index)));
  }

  // Appends the next `count` entries as one batch and keeps their hashes.
  void grow(std::uint64_t count) {
    std::vector<Bytes> batch;
    for (std::uint64_t i = 0; i < count; ++i) {
      batch.push_back(entry(leaves_.size()));
      leaves_.push_back(leaf_hash(batch.back()));
    }
    EXPECT_EQ(log_->append(batch), leaves_.size() - count);
  }

  void restart() { log_.emplace(directory(), kOrigin); }
  [[nodiscard]] fs::path directory() const { return root_ / "log"; }
  [[nodiscard]] Sha256 root_at(std::uint64_t size) const {
    return merkle_root(std::span(leaves_).first(size));
  }
  [[nodiscard]] std::set<std::string> files_beneath(const char* folder) const {
    std::set<std::string> found;
    for (const auto& file : fs::recursive_directory_iterator(directory() / folder)) {
      if (file.is_regular_file()) {
        found.insert(fs::relative(file.path(), directory() / folder).string());
      }
    }
    return found;
  }

  // The log directory as it was; brought back to play a crash or a fraud.
  void keep_copy() { fs::copy(directory(), root_ / "copy", fs::copy_options::recursive); }
  void restore(const char* name) {
    fs::remove_all(directory() / name);
    fs::copy(root_ / "copy" / name, directory() / name, fs::copy_options::recursive);
  }

  fs::path root_;
  std::optional<Log> log_;
  std::vector<Sha256> leaves_;
};

TEST_F(Logs, BeginEmpty) {
  EXPECT_EQ(log_->size(), 0U);
  EXPECT_EQ(log_->root(), merkle_root({}));
  EXPECT_EQ(log_->append({}), 0U);
  restart();
  EXPECT_EQ(log_->size(), 0U);
}

TEST_F(Logs, GrowByBatchesOfAnySizeOverRestarts) {
  for (const std::uint64_t count :
       std::initializer_list<std::uint64_t>{1, 2, 3, 249, 1, 1, 254, 1, 256, 257, 300, 1}) {
    grow(count);
    ASSERT_EQ(log_->root(), root_at(leaves_.size())) << leaves_.size();
    restart();
    ASSERT_EQ(log_->size(), leaves_.size());
    ASSERT_EQ(log_->root(), root_at(leaves_.size())) << leaves_.size();
  }
  for (std::uint64_t i = 0; i < leaves_.size(); ++i) ASSERT_EQ(log_->entry(i), entry(i));
}

TEST_F(Logs, TakeEmptyAndLargestEntries) {
  const std::vector<Bytes> batch = {Bytes(), Bytes(Log::kEntryMax, 'x'), Bytes()};
  log_->append(batch);
  restart();
  for (std::uint64_t i = 0; i < batch.size(); ++i) EXPECT_EQ(log_->entry(i), batch[i]);
}

TEST_F(Logs, ProveEveryEntryAndEveryGrowth) {
  grow(70);
  grow(500);
  for (const std::uint64_t size :
       std::initializer_list<std::uint64_t>{1, 2, 69, 70, 255, 256, 257, 511, 512, 513, 570}) {
    const TreeHead head{size, log_->root_at(size)};
    ASSERT_EQ(head.root, root_at(size)) << size;
    for (std::uint64_t index = 0; index < size; index += 7) {
      const auto path = log_->inclusion_proof({index, size});
      ASSERT_TRUE(verify_inclusion(leaves_[index], {index, size}, path, head.root).ok());
      const auto proof = log_->consistency_proof(index, size);
      ASSERT_TRUE(verify_consistency({index, root_at(index)}, head, proof).ok());
    }
  }
}

TEST_F(Logs, KeepTheTilesLayoutForFiveThousandEntries) {
  for (int i = 0; i < 10; ++i) grow(500);  // 5,000 = 19 · 256 + 136
  log_->settle();
  std::set<std::string> expected = {"0/019.p/136", "1/000.p/19", "entries/019.p/136"};
  for (int i = 0; i < 19; ++i) {
    const std::string name = std::to_string(1000 + i).substr(1);
    expected.insert({"0/" + name, "entries/" + name});
  }
  EXPECT_EQ(files_beneath("tile"), expected);
  const auto hash_at = [&](std::uint64_t index) {
    const Bytes tile = read_file(directory() / "tile/0/007", 8192);
    return *Sha256::from_bytes(ByteView(tile).subspan(index * 32, 32));
  };
  EXPECT_EQ(fs::file_size(directory() / "tile/0/007"), 8192U);
  EXPECT_EQ(hash_at(3), leaves_[7 * 256 + 3]);
  const Bytes above = read_file(directory() / "tile/1/000.p/19", 8192);
  EXPECT_EQ(*Sha256::from_bytes(ByteView(above).subspan(32 * 18)),
            merkle_root(std::span(leaves_).subspan(18 * 256, 256)));
  const Bytes bundle = read_file(directory() / "tile/entries/019.p/136", 1 << 20);
  EXPECT_EQ(text_of(ByteView(bundle).first(15)), std::string_view("\0\revidence 4864", 15));
  restart();
  EXPECT_EQ(log_->root(), root_at(5000));
  EXPECT_EQ(log_->entry(4999), entry(4999));
}

TEST_F(Logs, ServeTilesOfAnyWidthByTheirPaths) {
  grow(600);
  EXPECT_EQ(log_->find_tile("tile/0/001"), read_file(directory() / "tile/0/001", 8192));
  EXPECT_EQ(log_->find_tile("tile/0/001.p/7")->size(), 7U * 32) << "of a tile that is now full";
  EXPECT_EQ(log_->find_tile("tile/0/002.p/88")->size(), 88U * 32);
  EXPECT_EQ(log_->find_tile("tile/1/000.p/2")->size(), 64U);
  const auto bundle = log_->find_tile("tile/entries/002.p/1");
  EXPECT_EQ(text_of(*bundle), std::string_view("\0\014evidence 512", 14));
  for (const char* path : {"tile/0/002.p/89",
                           "tile/0/002",
                           "tile/0/003.p/1",
                           "tile/1/000",
                           "tile/1/000.p/3",
                           "tile/2/000.p/1",
                           "tile/8/000.p/1",
                           "tile/64/000",
                           "tile/00/001",
                           "tile/0/1",
                           "tile/0/0001",
                           "tile/0/x000/001",
                           "tile/0/001.p/0",
                           "tile/0/001.p/256",
                           "tile/0/001.p/07",
                           "tile/0/001.p",
                           "tile/0/../0/001",
                           "tile/entries",
                           "tile/-1/001",
                           "tile/data/001",
                           "/tile/0/001",
                           "tile/0/001/",
                           "",
                           "tile/",
                           "tile/0/x018/x446/x744/x073/x709/x551/616",
                           "tile/0/x001/234"}) {
    EXPECT_EQ(log_->find_tile(path), std::nullopt) << path;
  }
}

TEST_F(Logs, IgnoreATornTailAndWriteItAnew) {
  grow(250);
  log_->settle();
  keep_copy();
  grow(300);  // completes tiles, makes others
  log_->settle();
  const auto torn_leaves = std::exchange(leaves_, {leaves_.begin(), leaves_.begin() + 250});
  log_.reset();
  // The crash came before `head` was renamed, and what was appended is lost: tiles of 550 lie
  // beside those of 250.
  restore("head");
  restore("tail");
  for (const char* folder : {"tile/0", "tile/entries"}) {
    fs::copy(root_ / "copy" / folder, directory() / folder,
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  }
  write_durably(directory() / "tile/0/001", Bytes(100));  // and one of them is torn
  write_durably(directory() / "tile/0/000.p/251", Bytes(31));
  restart();
  EXPECT_EQ(log_->size(), 250U);
  EXPECT_EQ(log_->root(), root_at(250));
  const std::vector<Bytes> other = {copy_of(bytes_of("another 250th"))};
  log_->append(other);
  leaves_.push_back(leaf_hash(other[0]));
  grow(299);
  EXPECT_NE(leaves_, torn_leaves);
  restart();
  EXPECT_EQ(log_->root(), root_at(550));
  EXPECT_EQ(log_->entry(250), other[0]);
  EXPECT_EQ(log_->root_at(512), root_at(512));
  log_->settle();
  EXPECT_EQ(files_beneath("tile"),
            (std::set<std::string>{"0/000", "0/001", "0/002.p/38", "1/000.p/2", "entries/000",
                                   "entries/001", "entries/002.p/38"}));
}

TEST_F(Logs, SurviveAFullDisk) {
  grow(300);
  const auto former_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit former{};
  getrlimit(RLIMIT_FSIZE, &former);
  for (const rlim_t space : std::initializer_list<rlim_t>{0, 100, 3000}) {
    const rlimit limit{space, former.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    EXPECT_THROW(log_->append(std::vector<Bytes>(300, entry(0))), FileError) << space;
    EXPECT_THROW(log_->append(std::vector<Bytes>(1, entry(0))), FileError) << "only anew";
    setrlimit(RLIMIT_FSIZE, &former);
    restart();
    EXPECT_EQ(log_->root(), root_at(300));
  }
  std::signal(SIGXFSZ, former_handler);
  grow(300);
  restart();
  EXPECT_EQ(log_->root(), root_at(600));
}

TEST_F(Logs, KeepWhatCouldNotBecomeTiles) {
  const auto former_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit former{};
  getrlimit(RLIMIT_FSIZE, &former);
  const rlimit limit{8000, former.rlim_max};  // room for a record, not for a whole tile
  setrlimit(RLIMIT_FSIZE, &limit);
  for (std::uint64_t i = 0; i < 300; ++i) leaves_.push_back(leaf_hash(entry(i)));
  std::vector<Bytes> batch;
  for (std::uint64_t i = 0; i < 300; ++i) batch.push_back(entry(i));
  EXPECT_THROW(log_->append(batch), FileError);
  setrlimit(RLIMIT_FSIZE, &former);
  std::signal(SIGXFSZ, former_handler);
  restart();
  EXPECT_EQ(log_->root(), root_at(300));
}

TEST_F(Logs, AppendWithoutTouchingTheTilesThatTheirHeadNeeds) {
  grow(300);
  log_->settle();
  const auto settled = files_beneath("tile");
  grow(5);
  EXPECT_EQ(files_beneath("tile"), settled);
  keep_copy();  // as after a crash
  log_.reset();
  fs::rename(directory(), root_ / "lost");
  fs::rename(root_ / "copy", directory());
  restart();
  EXPECT_EQ(log_->root(), root_at(305));
  EXPECT_EQ(log_->entry(304), entry(304));
}

TEST_F(Logs, GoOnThroughManyTails) {
  // 300 entries of 60 KB: eighteen megabytes, so the tail of four is full again and again.
  std::vector<Bytes> batch(3, Bytes(60'000, 'x'));
  for (int i = 0; i < 100; ++i) {
    batch[0][0] = static_cast<std::uint8_t>(i);
    for (const Bytes& one : batch) leaves_.push_back(leaf_hash(one));
    log_->append(batch);
    if (i % 7 == 0) restart();
    ASSERT_EQ(log_->root(), root_at(leaves_.size())) << i;
  }
  const std::vector<Bytes> huge(100, Bytes(60'000, 'y'));  // larger than any tail
  for (const Bytes& one : huge) leaves_.push_back(leaf_hash(one));
  log_->append(huge);
  restart();
  EXPECT_EQ(log_->root(), root_at(400));
}

TEST_F(Logs, TakeATornRecordForNoneAndADamagedOneForWhatItIs) {
  grow(3);
  grow(4);
  grow(5);
  log_.reset();
  const fs::path path = directory() / "tail";
  const Bytes good = read_file(path, 8U << 20);
  const std::size_t record = 44 + 3 * 12, second = record, third = second + 44 + 4 * 12;
  for (const std::size_t at : {third, third + 4, third + 20, third + 50}) {
    Bytes torn = good;
    torn[at] ^= 1;
    overwrite(path, torn);
    log_.emplace(directory(), kOrigin);
    EXPECT_EQ(log_->size(), 7U) << at;
    log_.reset();
    fs::remove(directory() / "head");
    fs::remove_all(directory() / "tile");
  }
  Bytes damaged = good;
  damaged[second + 60] ^= 1;
  overwrite(path, damaged);
  EXPECT_THROW(restart(), LogBroken) << "another record follows";
  overwrite(path, good);
  restart();
  EXPECT_EQ(log_->root(), root_at(12));
}

TEST_F(Logs, AreBrokenWhenAByteOfTheirEdgeChanges) {
  grow(300);
  log_->settle();
  log_.reset();
  for (const char* name : {"tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44", "head"}) {
    const fs::path path = directory() / name;
    const Bytes good = read_file(path, 1 << 20);
    for (std::size_t i = 0; i < good.size(); i += 5) {
      Bytes bad = good;
      bad[i] ^= 1;
      overwrite(path, bad);
      EXPECT_THROW(restart(), LogBroken) << name << " byte " << i;
    }
    overwrite(path, good);
    fs::rename(path, root_ / "away");
    EXPECT_THROW(restart(), LogBroken) << name << " missing";
    fs::rename(root_ / "away", path);
  }
  restart();
}

TEST_F(Logs, DoNotAnswerAnEntryThatWasChanged) {
  grow(300);
  const fs::path path = directory() / "tile/entries/000";
  Bytes bundle = read_file(path, 1 << 20);
  bundle[5] ^= 1;
  write_durably(path, bundle);
  EXPECT_THROW(static_cast<void>(log_->entry(0)), LogBroken);
  EXPECT_EQ(log_->entry(1), entry(1));
  fs::remove(path);
  EXPECT_THROW(static_cast<void>(log_->entry(1)), LogBroken);
}

class PublishedLogs : public Logs {
 protected:
  TestAuthority authority_;
  SoftwareKey key_ = authority_.issue(
      {.subject = "log", .kind = KeyKind::kEd25519, .usage = CertificateUsage::kLog});
  NoteKey log_key_ = *NoteKey::of(kOrigin, key_.certificate());
};

TEST_F(PublishedLogs, CanBeCheckedByAnyoneWithTheKey) {
  grow(5);
  ASSERT_TRUE(log_->publish(key_).ok());
  const Bytes first = read_file(directory() / "checkpoint", 65536);
  grow(600);
  ASSERT_TRUE(log_->publish(key_).ok());
  const Bytes second = read_file(directory() / "checkpoint", 65536);
  const auto older = verify_checkpoint(first, log_key_);
  const auto newer = verify_checkpoint(second, log_key_);
  ASSERT_TRUE(older.ok() && newer.ok());
  EXPECT_EQ(newer->head, log_->head());
  EXPECT_TRUE(verify_consistency(older->head, newer->head, log_->consistency_proof(5, 605)).ok());
  EXPECT_TRUE(verify_inclusion(leaf_hash(entry(3)), {3, 605}, log_->inclusion_proof({3, 605}),
                               newer->head.root)
                  .ok());
}

TEST_F(PublishedLogs, ShowTheTilesThatACheckpointSpeaksOf) {
  grow(300);
  log_->settle();
  for (const std::uint64_t count : std::initializer_list<std::uint64_t>{5, 7, 199, 2}) {
    grow(count);
    ASSERT_TRUE(log_->publish(key_).ok());
    const std::string width = std::to_string(leaves_.size() % 256);
    const std::string name = leaves_.size() < 512 ? "001.p/" + width : "002.p/" + width;
    const Bytes tile = read_file(directory() / "tile/0" / name, 8192);
    EXPECT_EQ(*Sha256::from_bytes(ByteView(tile).last(32)), leaves_.back());
    EXPECT_TRUE(fs::exists(directory() / "tile/entries" / name));
    EXPECT_TRUE(fs::exists(directory() / "tile/0/001.p/44")) << "head needs it";
  }
  EXPECT_EQ(files_beneath("tile/0"), (std::set<std::string>{"000", "001", "001.p/44", "002.p/1"}));
}

TEST_F(PublishedLogs, NeverGoBackToAnOlderCheckpoint) {
  grow(5);
  const SignedNote slow = *sign_checkpoint({kOrigin, log_->head()}, key_);
  grow(1);
  ASSERT_TRUE(log_->publish(key_).ok());
  log_->save_checkpoint(slow);
  EXPECT_EQ(Checkpoint::parse(log_->find_checkpoint()->text())->head.size, 6U);
}

TEST_F(PublishedLogs, KeepWhatWitnessesHaveCosigned) {
  grow(5);
  SignedNote note = *log_->publish(key_);
  EXPECT_FALSE(log_->find_cosigned());
  ASSERT_TRUE(note.cosign("witness", key_, Time::from_ms(0)).ok());
  log_->save_cosigned(note);
  grow(5);
  restart();
  EXPECT_EQ(log_->find_cosigned()->bytes(), note.bytes());
  const auto survey = survey_log(directory(), [](auto, auto) {});
  EXPECT_EQ(survey->cosigned->bytes(), note.bytes());
  EXPECT_TRUE(survey->findings.empty());
}

TEST_F(PublishedLogs, RefuseToOpenWhenTheyContradictWhatWasCosigned) {
  grow(10);
  log_->save_cosigned(*log_->publish(key_));
  const Bytes cosigned = read_file(directory() / "cosigned", 65536);
  fs::remove_all(directory());
  restart();
  log_->append(std::vector<Bytes>(20, Bytes{1}));
  log_.reset();
  write_durably(directory() / "cosigned", cosigned);
  EXPECT_THROW(restart(), LogBroken);
}

TEST_F(PublishedLogs, RefuseToOpenFromAnOldBackup) {
  grow(10);
  ASSERT_TRUE(log_->publish(key_).ok());
  keep_copy();
  grow(10);
  ASSERT_TRUE(log_->publish(key_).ok());
  log_.reset();
  restore("tail");
  EXPECT_THROW(restart(), LogBroken);
}

TEST_F(PublishedLogs, RefuseToOpenWhenRewritten) {
  grow(10);
  ASSERT_TRUE(log_->publish(key_).ok());
  const Bytes published = read_file(directory() / "checkpoint", 65536);
  fs::remove_all(directory());
  restart();
  log_->append(std::vector<Bytes>(20, Bytes{1}));  // consistent in itself, but another history
  log_.reset();
  write_durably(directory() / "checkpoint", published);
  EXPECT_THROW(restart(), LogBroken);
}

TEST_F(PublishedLogs, RefuseToOpenUnderAnotherName) {
  grow(1);
  EXPECT_THROW(Log(directory(), "log.example/south"), LogBroken);
}

}  // namespace
}  // namespace yizhan
