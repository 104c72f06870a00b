#include "way/draft/draft.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

namespace {

struct TestFolder {
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "yizhan-draft-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path = name;
  }
  ~TestFolder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

class Drafts : public ::testing::Test {
 protected:
  Drafts() {
    migrate(database_, kMigrations, clock_.now());
    id_ = drafting_->begin().id;
    put("a.di", "<函/>");
    put("b.pdf", "pdf");
  }

  void put(const std::string& name, std::string_view content) {
    ASSERT_TRUE(drafting_->put(*id_, {name, 0, bytes_of(content)}).ok());
  }
  static SendingWish wish() {
    return {.key = "key", .person = "王小明", .unit = {}, .pairs = {{"a.di", "", {"b.pdf"}}}};
  }
  // As after a restart.
  void restart() {
    drafting_ = std::make_unique<Drafting>(
        Drafting::Parts{database_, objects_, clock_, [this] { ++wakes_; }});
  }

  TestFolder folder_;
  SystemClock clock_;
  Database database_{{.url = "sqlite:" + (folder_.path / "test.db").string()}};
  LocalObjectStore objects_{folder_.path / "objects"};
  int wakes_ = 0;
  std::unique_ptr<Drafting> drafting_ = std::make_unique<Drafting>(
      Drafting::Parts{database_, objects_, clock_, [this] { ++wakes_; }});
  std::optional<DraftId> id_;
};

TEST_F(Drafts, BecomeObjectsAndARowThatWakesTheSealing) {
  const auto composed = drafting_->compose(*id_, wish());
  ASSERT_TRUE(composed.ok());
  const Sending sending = drafting_->hand_in(*composed).value();
  const std::vector<Part>& files = sending.order.pairs.at(0).files;
  EXPECT_EQ(files.at(0).kind, PartKind::kDi);
  EXPECT_EQ(files.at(1).media_type, "application/pdf");
  EXPECT_EQ(objects_.read(files.at(1).sha256, 0, 10), copy_of(bytes_of("pdf")));
  EXPECT_EQ(wakes_, 1);
}

TEST_F(Drafts, KeepWhatEachFileIsSentAsAndShowTheDocumentsToTheJudge) {
  put("c.dm", "<文書訊息/>");
  put("d.pdf", "all in one");
  SendingWish resend = wish();
  resend.pairs[0].dm = "c.dm";
  resend.pairs[0].renditions = {"d.pdf"};
  const auto composed = drafting_->compose(*id_, resend);
  ASSERT_TRUE(composed.ok());
  const Pair& pair = composed->order.pairs.at(0);
  ASSERT_EQ(pair.files.size(), 4U);
  EXPECT_EQ(pair.files[1].kind, PartKind::kDm);
  EXPECT_EQ(pair.files[1].media_type, "application/xml");
  EXPECT_EQ(pair.files[3].kind, PartKind::kRendition);
  EXPECT_EQ(pair.files[3].media_type, "application/pdf");
  EXPECT_GT(drafting_->open_documents(*composed, pair)[1].size(), 0U);
}

TEST_F(Drafts, AreHandedInAgainAfterARestartAndStayTheSameSending) {
  const DocumentId first = drafting_->hand_in(drafting_->compose(*id_, wish()).value())->id;
  restart();
  EXPECT_EQ(drafting_->hand_in(drafting_->compose(*id_, wish()).value())->id, first);
}

TEST_F(Drafts, AreNotChangedWhileTheyAreHandedIn) {
  {
    const auto composed = drafting_->compose(*id_, wish());
    ASSERT_TRUE(composed.ok());
    EXPECT_EQ(drafting_->put(*id_, {"b.pdf", 0, bytes_of("other")}).reason(), Reason::kConflict);
    EXPECT_EQ(drafting_->compose(*id_, wish()).reason(), Reason::kConflict);
  }
  EXPECT_TRUE(drafting_->put(*id_, {"b.pdf", 0, bytes_of("other")}).ok());
}

TEST_F(Drafts, TakeAFileAnewAfterItWasHandedIn) {
  const Sending first = drafting_->hand_in(drafting_->compose(*id_, wish()).value()).value();
  put("b.pdf", "other");
  SendingWish second = wish();
  second.key = "key-2";
  const Sending next = drafting_->hand_in(drafting_->compose(*id_, second).value()).value();
  EXPECT_NE(next.order.pairs[0].files[1].sha256, first.order.pairs[0].files[1].sha256);
  EXPECT_TRUE(objects_.find_size(first.order.pairs[0].files[1].sha256).has_value());
}

TEST_F(Drafts, AskForAFileAgainThatTheDiskCouldNotKeep) {
  {
    const auto composed = drafting_->compose(*id_, wish());
    ASSERT_TRUE(composed.ok());
    // As after a failed sync.
    for (const auto& partial : objects_.partials()) objects_.discard_partial(partial.id);
    EXPECT_THROW(static_cast<void>(drafting_->hand_in(*composed)), FileError);
  }
  EXPECT_EQ(drafting_->compose(*id_, wish()).reason(), Reason::kAttachmentMissing);
  put("a.di", "<函/>");
  put("b.pdf", "pdf");
  EXPECT_TRUE(drafting_->hand_in(drafting_->compose(*id_, wish()).value()).ok());
}

TEST_F(Drafts, LeaveNothingBehindWhenNobodyFinishesThem) {
  drafting_->discard_before(clock_.now() + std::chrono::hours{1});
  EXPECT_EQ(drafting_->find(*id_).reason(), Reason::kNotFound);
  EXPECT_TRUE(objects_.partials().empty());
}

}  // namespace
}  // namespace yizhan
