#include "tests/hostile/stage.h"

// N03: a letter that is handed in again, after a second, after a day, over restarts and after a
// restore.

namespace yizhan {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""h;

TEST(N03ReplayedRequest, IsRefusedAfterASecondADayAndARestart) {
  Stage stage;
  const TestPackage package = make_package(stage.exchange);
  ASSERT_EQ(stage.admitted(package.with_body()), "accepted");
  int application = 1;
  const auto again = [&] {
    Envelope envelope = package.with_body();
    envelope.application_id = "again-" + std::to_string(++application);
    return stage.admitted(envelope);
  };
  EXPECT_EQ(again(), "replayed");
  stage.pass(1s);
  EXPECT_EQ(again(), "replayed");
  stage.restart_admission();
  EXPECT_EQ(again(), "replayed");
  stage.pass(24h);
  stage.restart_admission();
  EXPECT_EQ(again(), "replayed");
  stage.pass(24h * 400);
  EXPECT_EQ(again(), "replayed") << "when nobody but the register remembers it";
  EXPECT_EQ(stage.centre.count_evidence(package, "A.1"), 1);
}

// A centre that has forgotten: the sender's signature is of another hour.
TEST(N03ReplayedRequest, IsTooOldForACentreThatHasForgotten) {
  Stage stage;
  const TestPackage package = make_package(stage.exchange);
  stage.pass(std::chrono::minutes{6});
  EXPECT_EQ(stage.admitted(package.with_body()), "rejected clock_skew");
}

// A centre whose database came back from a backup that knows nothing of the letter. Its log, which
// is not restored with it, refuses to open from an old backup of its own (S10).
TEST(N03ReplayedRequest, IsRefusedByARestoredCentreOnceItsSignatureIsOld) {
  Stage stage;
  const auto folder = stage.centre.place.directory();
  for (const std::string end : {"", "-wal", "-shm"}) {  // at rest: nobody writes
    std::filesystem::copy_file(folder / ("test.db" + end), folder / ("restored.db" + end));
  }
  const TestPackage package = make_package(stage.exchange);
  ASSERT_EQ(stage.admitted(package.with_body()), "accepted");
  Database restored({.url = "sqlite:" + (folder / "restored.db").string(), .connections = 2});
  Admission admission({restored, stage.centre.custody, stage.centre.objects,
                       stage.centre.directory, stage.centre.trust, stage.centre.journal,
                       stage.quota, [](StoredPackage) {}, [] {}});
  int application = 1;
  const auto again = [&] {
    Envelope envelope = package.with_body();
    envelope.application_id = "again-" + std::to_string(++application);
    const auto status = admission.submit({stage.exchange.a.code, "127.0.0.1"}, envelope);
    if (!status.ok()) return std::string(code_of(status.reason()));
    return status->reason ? std::string(code_of(*status->reason)) : "entered";
  };
  stage.pass(std::chrono::minutes{6});
  EXPECT_EQ(again(), "clock_skew");
  stage.pass(24h);
  EXPECT_EQ(again(), "replayed") << "its A.2 has used the message up";
  const auto finds = [&](Database& database) {
    return database.read([&](Transaction& tx) {
      return stage.centre.custody.journeys().find(tx, package.sealed.header.key()).has_value();
    });
  };
  EXPECT_FALSE(finds(restored)) << "it has forgotten the letter, and does not enter it again";
  EXPECT_TRUE(finds(stage.centre.database));
}

}  // namespace
}  // namespace yizhan
