#include "ground/keys/use_journal.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <sstream>

#include "ground/json/json.h"
#include "tests/support/clause.h"
#include "tests/support/key_folder.h"

namespace yizhan {
namespace {

class SettableClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return now_; }
  void set(std::string_view text) { now_ = Time::parse(text).value(); }

 private:
  Time now_ = Time::parse("2026-11-22T03:04:05Z").value();
};

KeyUseRecord a_use() {
  return {.caller = "exchange",
          .key = "agency-sign",
          .description = {},
          .operation = KeyOperation::kSign,
          .use = KeyUse::kDocument,
          .input_sha256 = sha256(bytes_of("input")),
          .outcome = "done"};
}

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::istringstream text(read_file(file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

TEST(UseJournal, CountsAndChainsOverRestartsAndMonths) {
  const TemporaryFolder folder;
  SettableClock clock;
  {
    UseJournal journal(folder.path(), clock);
    ASSERT_TRUE(journal.append(a_use()));
    ASSERT_TRUE(journal.append(a_use()));
  }
  clock.set("2026-12-01T00:00:00Z");
  UseJournal journal(folder.path(), clock);
  EXPECT_EQ(journal.total(), 2);
  ASSERT_TRUE(journal.append(a_use()));
  const auto november = lines_of(folder / "uses-2026-11.jsonl");
  const auto december = lines_of(folder / "uses-2026-12.jsonl");
  ASSERT_EQ(november.size(), 2);
  ASSERT_EQ(december.size(), 1);
  const auto last = parse_json(bytes_of(december.front()));
  ASSERT_TRUE(last);
  EXPECT_EQ(last->at("count"), 3);
  EXPECT_EQ(last->at("previous"), sha256(bytes_of(november.back())).hex());
  EXPECT_EQ(last->at("input_sha256"), sha256(bytes_of("input")).hex());
  EXPECT_EQ(parse_json(bytes_of(november[1]))->at("previous"), sha256(bytes_of(november[0])).hex());
}

TEST(UseJournal, IsOneChainThoughTheClockStepsBackOverAMonth) {
  const TemporaryFolder folder;
  SettableClock clock;
  {
    UseJournal journal(folder.path(), clock);
    ASSERT_TRUE(journal.append(a_use()));
    clock.set("2026-10-31T23:59:59Z");
    ASSERT_TRUE(journal.append(a_use()));
  }
  UseJournal journal(folder.path(), clock);
  EXPECT_EQ(journal.total(), 2);
  ASSERT_TRUE(journal.append(a_use()));
  EXPECT_FALSE(std::filesystem::exists(folder / "uses-2026-10.jsonl"));
  const auto lines = lines_of(folder / "uses-2026-11.jsonl");
  ASSERT_EQ(lines.size(), 3);
  EXPECT_EQ(parse_json(bytes_of(lines[2]))->at("count"), 3);
  EXPECT_EQ(parse_json(bytes_of(lines[2]))->at("previous"), sha256(bytes_of(lines[1])).hex());
}

TEST(UseJournal, DropsALineThatACrashHasTorn) {
  const TemporaryFolder folder;
  const SettableClock clock;
  {
    UseJournal journal(folder.path(), clock);
    ASSERT_TRUE(journal.append(a_use()));
  }
  const auto file = folder / "uses-2026-11.jsonl";
  std::ofstream(file, std::ios::app) << R"({"count":2,"cal)";
  UseJournal journal(folder.path(), clock);
  EXPECT_EQ(journal.total(), 1);
  ASSERT_TRUE(journal.append(a_use()));
  ASSERT_EQ(lines_of(file).size(), 2);
  EXPECT_EQ(parse_json(bytes_of(lines_of(file).back()))->at("count"), 2);
}

TEST(UseJournal, DoesNotStartOnALineThatSomebodyChanged) {
  const TemporaryFolder folder;
  const SettableClock clock;
  write_private(folder / "uses-2026-11.jsonl", "{\"uses\":1}\n");
  EXPECT_THROW(UseJournal(folder.path(), clock), std::runtime_error);
}

TEST(UseJournal, BelongsToOneKeyholder) {
  const TemporaryFolder folder;
  const SettableClock clock;
  const UseJournal journal(folder.path(), clock);
  EXPECT_THROW(UseJournal(folder.path(), clock), std::system_error);
}

TEST(UseJournal, RefusesTheUseWhenTheDiskIsFullAndKeepsTheFileWhole) {
  const TemporaryFolder folder;
  const SettableClock clock;
  UseJournal journal(folder.path(), clock);
  ASSERT_TRUE(journal.append(a_use()));
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto signal_before = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit full{.rlim_cur = 400, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &full);
  const auto refused = journal.append(a_use());
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, signal_before);
  EXPECT_EQ(refused.reason(), Reason::kKeyholderUnavailable);
  EXPECT_EQ(journal.total(), 1);
  EXPECT_TRUE(journal.append(a_use()));
  EXPECT_EQ(lines_of(folder / "uses-2026-11.jsonl").size(), 2);
}

// What fdatasync refused may be gone although it was written: no line may follow it.
TEST(UseJournal, IsBrokenWhenItCanNotBeSynced) {
  const TemporaryFolder folder;
  SettableClock clock;
  UseJournal journal(folder.path(), clock);
  ASSERT_TRUE(journal.append(a_use()));
  EXPECT_FALSE(journal.broken());
  // A pipe takes lines and has no disk behind it.
  ASSERT_EQ(::mkfifo((folder / "uses-2026-12.jsonl").c_str(), 0600), 0);
  clock.set("2026-12-01T00:00:00Z");
  ASSERT_TRUE(journal.append(a_use()));
  for (int i = 0; i < 1000 && !journal.broken(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(journal.broken());
  EXPECT_EQ(journal.append(a_use()).reason(), Reason::kKeyholderUnavailable);
}

}  // namespace
}  // namespace yizhan
