#include "model/audit/log_audit.h"

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "ground/files/files.h"
#include "tests/support/clause.h"
#include "tests/support/evidence_maker.h"
#include "tests/support/openssl_command.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

namespace {

namespace fs = std::filesystem;

constexpr int kSettled = 280;  // entries in tiles: one whole, one of 24
constexpr int kInTail = 6;     // an evidence and a journal entry, three times

// The program that an intruder would use.
void sqlite3(const std::string& database, const std::string& sql) {
  std::vector<std::string> words = {"sqlite3", database, sql};
  std::vector<char*> raw;
  for (std::string& word : words) raw.push_back(word.data());
  raw.push_back(nullptr);
  pid_t child = 0;
  ASSERT_EQ(::posix_spawnp(&child, "sqlite3", nullptr, nullptr, raw.data(), environ), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0) << sql;
}

Bytes content_of(const fs::path& file) { return read_file(file, 64U << 20); }

void put(const fs::path& file, ByteView bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text_of(bytes);
}

void flip(const fs::path& file, std::size_t offset) {
  Bytes bytes = content_of(file);
  ASSERT_LT(offset, bytes.size()) << file;
  bytes[offset] ^= 1;
  put(file, bytes);
}

// A centre's log and database, made once by the parts that make them in service.
class Centre {
 public:
  Centre() {
    std::string name = (fs::temp_directory_path() / "yizhan-audit-XXXXXX").string();
    YZ_ASSERT(::mkdtemp(name.data()) != nullptr);
    root = name;
    Database database({.url = "sqlite:" + (root / "exchange.db").string(), .connections = 2});
    migrate(database, kMigrations, kTestNow);
    state(database, kSettled);
    kept = EvidenceLog(root / "log", "CENTRE-1").find_checkpoint()->bytes();  // settles
    state(database, kInTail / 2);
  }
  ~Centre() { fs::remove_all(root); }

  fs::path root;
  SmallExchange exchange;
  Bytes kept;  // the checkpoint over the first entries, kept by somebody else

 private:
  void state(Database& database, int count) {
    EvidenceLog log(root / "log", "CENTRE-1");
    // Under the first tiles, all in batches.
    const bool with_journal = count < kSettled;
    EvidenceDesk desk({database, exchange.first.evidence, &log, [](auto&, const auto&) {},
                       {with_journal ? BatchSigning::kOff : BatchSigning::kOn}});
    for (int i = 0; i < count; ++i) {
      Statement statement = statement_by(exchange.first, EvidenceType::kHeld, package_);
      statement.detail = std::to_string(number_++);
      database.transact([&](Transaction& tx) { EvidenceStore().add(tx, statement); });
      if (!with_journal) continue;
      EXPECT_EQ(desk.work(1).value(), 1);
      record(database, log);
    }
    while (desk.work(64).value() > 0) continue;
    log.publish(exchange.first.log).value();
  }
  static void record(Database& database, EvidenceLog& log) {
    database.transact([&](Transaction& tx) {
      Journal("CENTRE-1").record(tx, Event::kScannerUp,
                                 {{"scanner", "CENTRE-1"}, {"detail", ""}}, kTestNow);
    });
    const auto entries =
        database.read([](Transaction& tx) { return JournalStore(tx).unsealed(1); });
    const Bytes bytes[] = {copy_of(bytes_of(entries.at(0).entry))};
    const auto index = static_cast<std::int64_t>(log.append(bytes));
    database.transact([&](Transaction& tx) { JournalStore(tx).seal(entries[0].id, index); });
  }

  TestPackage package_ = make_package(exchange);
  int number_ = 0;
};

class LogAuditTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { centre_ = new Centre; }
  static void TearDownTestSuite() {
    delete centre_;
    centre_ = nullptr;
  }
  LogAuditTest() {
    std::string name = (fs::temp_directory_path() / "yizhan-audit-XXXXXX").string();
    YZ_ASSERT(::mkdtemp(name.data()) != nullptr);
    root_ = name;
    fs::copy(centre_->root, root_, fs::copy_options::recursive);
  }
  ~LogAuditTest() override { fs::remove_all(root_); }

  LogAudit audited(bool with_database = true, std::vector<KeptCheckpoint> kept = {}) const {
    std::optional<Database> database;
    if (with_database) database.emplace(StoreConfig{.url = "sqlite:" + db(), .connections = 1});
    return audit_log({root_ / "log", centre_->exchange.first.log.certificate(),
                      database ? &*database : nullptr, std::move(kept)})
        .value();
  }
  // The only finding names this.
  void expect_found(const std::string& where, bool with_database = true,
                    std::vector<KeptCheckpoint> kept = {}) const {
    const LogAudit audit = audited(with_database, std::move(kept));
    ASSERT_FALSE(audit.findings.empty()) << where;
    for (const LogFinding& item : audit.findings) {
      EXPECT_NE(item.where.find(where), std::string::npos)
          << "expected " << where << ", found " << item.where << "：" << item.what;
    }
  }
  [[nodiscard]] std::string db() const { return (root_ / "exchange.db").string(); }
  [[nodiscard]] fs::path tile(const std::string& name) const { return root_ / "log/tile" / name; }
  // Everything of the log made anew from these entries, and signed by the log's own key.
  void rewrite(const std::vector<Bytes>& entries) const {
    fs::remove_all(root_ / "log");
    EvidenceLog log(root_ / "log", "CENTRE-1");
    log.append(entries);
    log.publish(centre_->exchange.first.log).value();
  }
  [[nodiscard]] std::vector<Bytes> entries() const {
    std::vector<Bytes> all;
    const auto survey = survey_log(root_ / "log", [&](std::uint64_t, ByteView entry) {
      all.push_back(copy_of(entry));
    });
    EXPECT_TRUE(survey.ok());
    return all;
  }

  static Centre* centre_;
  fs::path root_;
};

Centre* LogAuditTest::centre_ = nullptr;

TEST_F(LogAuditTest, FindsNothingInALogThatNobodyEdited) {
  const LogAudit audit = audited(true, {{"kept", centre_->kept}});
  for (const LogFinding& item : audit.findings) ADD_FAILURE() << item.where << item.what;
  EXPECT_EQ(audit.head.size, std::uint64_t{kSettled + kInTail});
  EXPECT_EQ(audit.evidence, std::uint64_t{kSettled + kInTail / 2});
  EXPECT_EQ(audit.journal, std::uint64_t{kInTail / 2});
  EXPECT_EQ(audit.rows, audit.head.size);
  EXPECT_EQ(audit.under_checkpoint, audit.head.size);
}

TEST_F(LogAuditTest, WritesNothing) {
  std::map<std::string, Bytes> before;
  for (const auto& item : fs::recursive_directory_iterator(root_ / "log")) {
    if (item.is_regular_file()) before[item.path()] = content_of(item.path());
  }
  audited();
  std::map<std::string, Bytes> after;
  for (const auto& item : fs::recursive_directory_iterator(root_ / "log")) {
    if (item.is_regular_file()) after[item.path()] = content_of(item.path());
  }
  EXPECT_EQ(before, after);
}

TEST_F(LogAuditTest, FindsAnEditedEntryInAWholeTileAndNamesIt) {
  CLAUSE("五(一)9");
  flip(tile("entries/000"), 1000);
  const LogAudit audit = audited(false);
  ASSERT_EQ(audit.findings.size(), 2U);  // its hash, and its signature
  EXPECT_EQ(audit.findings[1].where, "tile/entries/000");
  EXPECT_NE(audit.findings[1].what.find("該筆遭變更"), std::string::npos);
  EXPECT_NE(audit.findings[0].what.find("簽章不成立"), std::string::npos);
}

TEST_F(LogAuditTest, FindsAnEditedEntryInThePartialTile) {
  flip(tile("entries/001.p/24"), 1000);
  const LogAudit audit = audited(false);
  ASSERT_EQ(audit.findings.size(), 2U);
  EXPECT_EQ(audit.findings[1].where, "tile/entries/001.p/24");
}

TEST_F(LogAuditTest, FindsAnEditedHashInEveryKindOfTile) {
  for (const std::string& name : std::vector<std::string>{"0/000", "0/001.p/24", "1/000.p/1"}) {
    flip(tile(name), 20);
    expect_found("tile/" + name, false);
    flip(tile(name), 20);
  }
  EXPECT_TRUE(audited(false).findings.empty());
}

TEST_F(LogAuditTest, FindsTilesMissingCutAndAdded) {
  for (const std::string& name :
       std::vector<std::string>{"0/000", "0/001.p/24", "1/000.p/1", "entries/000"}) {
    const Bytes whole = content_of(tile(name));
    fs::remove(tile(name));
    expect_found("tile/" + name, false);
    put(tile(name), ByteView(whole).first(whole.size() - 1));
    expect_found("tile/" + name, false);
    put(tile(name), whole);
  }
  for (const std::string& name :
       std::vector<std::string>{"0/007", "0/more", "entries/009", "2/000.p/1"}) {
    fs::create_directories(tile(name).parent_path());
    put(tile(name), Bytes(32));
    expect_found("tile/" + name, false);
    fs::remove(tile(name));
  }
  fs::remove(tile("2/000.p"));
  fs::remove(tile("2"));
  EXPECT_TRUE(audited(false).findings.empty());
}

TEST_F(LogAuditTest, FindsAnEditedRecordOfTheTail) {
  flip(root_ / "log/tail", 200);  // in the first record, which others follow
  const LogAudit audit = audited(false);
  ASSERT_FALSE(audit.findings.empty());
  EXPECT_EQ(audit.findings[0].where, "tail");
}

TEST_F(LogAuditTest, FindsThatTheLastRecordOfTheTailIsGone) {
  Bytes tail = content_of(root_ / "log/tail");
  std::fill(tail.begin() + 200, tail.end(), std::uint8_t{0});
  put(root_ / "log/tail", tail);
  const auto found = audited(false).findings;
  EXPECT_TRUE(std::ranges::any_of(found, [](const LogFinding& item) {
    return item.where == "checkpoint" && item.what.find("截短") != std::string::npos;
  }));
}

TEST_F(LogAuditTest, FindsAnEditedHead) {
  Bytes head = content_of(root_ / "log/head");
  std::string text(text_of(head));
  const auto root = text.find('\n', text.find('\n') + 1) + 1;
  text[root] = text[root] == 'A' ? 'B' : 'A';
  put(root_ / "log/head", bytes_of(text));
  expect_found("head", false);
}

TEST_F(LogAuditTest, FindsACheckpointOfAnotherKey) {
  // Signed anew by the openssl program, under a key that is not the log's.
  const std::string text(text_of(content_of(root_ / "log/checkpoint")));
  const std::string body = text.substr(0, text.find("\n\n") + 1);
  OpensslCommand openssl;
  openssl.write("text", bytes_of(body));
  ASSERT_TRUE(openssl.run({"genpkey", "-algorithm", "ed25519", "-out", "key"}));
  ASSERT_TRUE(openssl.run({"pkeyutl", "-sign", "-rawin", "-inkey", "key", "-in", "text", "-out",
                           "signature"}));
  const auto note = SignedNote::parse(bytes_of(text)).value();
  Bytes line = from_base64(text.substr(text.rfind(' ') + 1, text.size() - text.rfind(' ') - 2))
                   .value();
  line.resize(4);  // the log's own key id
  append(line, openssl.read("signature"));
  put(root_ / "log/checkpoint",
      bytes_of(body + "\n— " + note.signatures().at(0).name + " " + to_base64(line) + "\n"));
  expect_found("checkpoint", false);
}

TEST_F(LogAuditTest, FindsAnEditedCheckpoint) {
  Bytes note = content_of(root_ / "log/checkpoint");
  std::string text(text_of(note));
  text.replace(text.find("286"), 3, "285");
  put(root_ / "log/checkpoint", bytes_of(text));
  expect_found("checkpoint", false);
  fs::remove(root_ / "log/checkpoint");
  expect_found("checkpoint", false);
}

TEST_F(LogAuditTest, FindsAWholeLogThatWasRewrittenAndSignedAgain) {
  // Who holds the log's key leaves an entry out. The files agree with each other.
  std::vector<Bytes> all = entries();
  all.erase(all.begin() + 10);
  rewrite(all);
  EXPECT_TRUE(audited(false).findings.empty());
  expect_found("kept", false, {{"kept", centre_->kept}});
  EXPECT_FALSE(audited(true).findings.empty());
}

TEST_F(LogAuditTest, FindsAForgedEntryInALogThatWasSignedAgain) {
  std::vector<Bytes> all = entries();
  all[10][all[10].size() / 2] ^= 1;
  rewrite(all);
  expect_found("第 10 筆", false);
}

TEST_F(LogAuditTest, FindsALogCutBackWithItsCheckpoint) {
  std::vector<Bytes> all = entries();
  all.resize(100);
  rewrite(all);
  expect_found("資料庫");
  expect_found("kept", false, {{"kept", centre_->kept}});
}

TEST_F(LogAuditTest, RefusesAKeptCheckpointThatIsNone) {
  expect_found("kept", false, {{"kept", copy_of(bytes_of("nothing"))}});
}

TEST_F(LogAuditTest, TakesTheCheckpointInAProof) {
  const LogProof proof{0, {}, centre_->kept};
  EXPECT_TRUE(audited(false, {{"proof", proof.json()}}).findings.empty());
}

TEST_F(LogAuditTest, FindsEveryEditedRow) {
  const char* source = std::getenv("YIZHAN_SOURCE");
  std::ifstream edits(std::string(source == nullptr ? "." : source) +
                      "/tests/fixtures/audit/edited_rows.txt");
  const Bytes fresh = content_of(db());
  int count = 0;
  for (std::string line; std::getline(edits, line);) {
    const auto tab = line.find('\t');
    if (tab == std::string::npos) continue;
    ++count;
    sqlite3(db(), line.substr(tab + 1));
    const std::vector<LogFinding> found = audited().findings;
    EXPECT_TRUE(std::ranges::any_of(found, [&](const LogFinding& item) {
      return item.where.find(line.substr(0, tab)) != std::string::npos;
    })) << line;
    for (const char* beside : {"-wal", "-shm"}) fs::remove(db() + beside);
    put(db(), fresh);
  }
  EXPECT_EQ(count, 20);
  EXPECT_TRUE(audited().findings.empty());
}

TEST_F(LogAuditTest, IsNotDisturbedByALogInUse) {
  EvidenceLog log(root_ / "log", "CENTRE-1");
  const std::vector<Bytes> more(300, copy_of(bytes_of(
      R"({"format":"yizhan-journal-1"})")));
  log.append(more);
  log.publish(centre_->exchange.first.log).value();
  log.append(more);
  for (const LogFinding& item : audited(false).findings) ADD_FAILURE() << item.where << item.what;
}

TEST_F(LogAuditTest, RefusesAFolderWithoutALog) {
  EXPECT_EQ(audit_log({root_, centre_->exchange.first.log.certificate(), nullptr, {}}).reason(),
            Reason::kNotFound);
}

}  // namespace
}  // namespace yizhan
