#include <gtest/gtest.h>
#include <signal.h>
#include <time.h>

#include "ground/antivirus/antivirus.h"
#include "ground/files/files.h"
#include "tests/siege/impostor.h"
#include "tests/siege/scene.h"
#include "tests/support/clamd.h"
#include "tests/support/clause.h"

// V01, V03, V04, V05: whatever becomes of the engine, nothing passes it unseen, the sender is told
// why, and all goes on by itself afterwards.

namespace yizhan {
namespace {

using Fates = std::map<std::string, int>;
using std::chrono::milliseconds;
using std::chrono::seconds;

class EngineSiege : public testing::Test {
 protected:
  void TearDown() override { bring_engine_back(); }

  std::string send(const std::string& attachment = "附件") {
    return Clerk(scene_.lab(), "a").send_letter(scene_.next_serial(), attachment);
  }

  // The sender sees the letters held for want of an engine, and so they stay.
  void expect_nothing_passes(const std::vector<std::string>& documents) {
    const Fates held{{"held (scanner_unavailable)", 2}};
    for (const std::string& document : documents) {
      EXPECT_TRUE(becomes([&] { return fates_of(scene_.lab(), document) == held; }, seconds{20}))
          << testing::PrintToString(fates_of(scene_.lab(), document));
    }
    // Long enough for the scanner to have tried again.
    std::this_thread::sleep_for(milliseconds{1500});
    for (const std::string& document : documents) {
      EXPECT_EQ(fates_of(scene_.lab(), document), held);
    }
  }

  void expect_received(const std::string& document) {
    const Fates received{{"received", 2}};
    EXPECT_TRUE(becomes([&] { return fates_of(scene_.lab(), document) == received; }))
        << testing::PrintToString(fates_of(scene_.lab(), document));
  }

  void bring_engine_back() {
    scene_.world().start("clamd");
    scene_.world().wait_until_ready("clamd");
  }

  [[nodiscard]] std::filesystem::path socket() const {
    return scene_.lab().root() / "clamd/clamd.sock";
  }
  [[nodiscard]] std::string version() const {
    ClamdSettings settings;
    settings.socket_path = socket().string();
    return Clamd(settings).version().value().engine;
  }

  Scene& scene_ = Scene::shared();
};

TEST_F(EngineSiege, AKilledEngineHoldsLettersAndItsReturnFreesThem) {
  CLAUSE("五(二)6");
  scene_.world().kill("clamd", SIGKILL);
  const std::string document = send();
  expect_nothing_passes({document});
  bring_engine_back();
  expect_received(document);
}

TEST_F(EngineSiege, AStoppedEngineHoldsLettersAndGoesOnWhereItStopped) {
  const pid_t engine = scene_.world().pid_of("clamd");
  ASSERT_EQ(::kill(engine, SIGSTOP), 0);
  const std::string document = send();
  expect_nothing_passes({document});
  ASSERT_EQ(::kill(engine, SIGCONT), 0);
  expect_received(document);
}

TEST_F(EngineSiege, AnEngineThatNeverAnswersIsNoEngine) {
  scene_.world().kill("clamd", SIGKILL);
  std::string document;
  {
    const Impostor silent({.socket = socket(), .manner = Impostor::Manner::kSilent, .version = ""});
    document = send();
    expect_nothing_passes({document});
  }
  bring_engine_back();
  expect_received(document);
}

// It takes the place of an engine that has just been proven, and calls itself the same.
TEST_F(EngineSiege, AnImpostorThatCallsAllFilesCleanLetsNothingPass) {
  CLAUSE("五(二)7");
  expect_received(send());
  const std::string name = version();
  scene_.world().kill("clamd", SIGKILL);
  std::string harmless, infected;
  {
    const Impostor liar(
        {.socket = socket(), .manner = Impostor::Manner::kYesSayer, .version = name});
    infected = send(own_test_pattern());
    harmless = send();
    expect_nothing_passes({infected, harmless});
    EXPECT_GT(liar.files_seen(), 0);
  }
  bring_engine_back();
  expect_received(harmless);
  EXPECT_TRUE(becomes([&] {
    return fates_of(scene_.lab(), infected) == Fates{{"held (infected)", 2}};
  })) << testing::PrintToString(fates_of(scene_.lab(), infected));
}

// The pattern files are swapped for some that know nothing of what they should; the engine is the
// same otherwise.
TEST_F(EngineSiege, AnEngineWithoutItsSignaturesLetsNothingPass) {
  const auto file = scene_.lab().root() / "clamd/signatures/yizhan.ndb";
  const Bytes signatures = read_file(file, 1U << 20);
  expect_received(send());
  scene_.world().kill("clamd", SIGKILL);
  write_durably(file, bytes_of("Nothing:0:*:00112233445566778899aabbccddeeff\n"), 0644);
  bring_engine_back();
  const std::string infected = send(own_test_pattern());
  expect_nothing_passes({infected});
  scene_.world().kill("clamd", SIGKILL);
  write_durably(file, signatures, 0644);
  bring_engine_back();
  EXPECT_TRUE(becomes([&] {
    return fates_of(scene_.lab(), infected) == Fates{{"held (infected)", 2}};
  })) << testing::PrintToString(fates_of(scene_.lab(), infected));
}

// "ClamAV 1.4.6/27500/Thu Nov  5 09:28:03 2026": signatures of so many days ago.
std::string version_of_age(std::chrono::hours age) {
  const time_t then = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() - age);
  std::tm parts{};
  ::gmtime_r(&then, &parts);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%a %b %e %H:%M:%S %Y", &parts);
  return std::string("ClamAV 1.4.6/27500/") + text.data();
}

TEST_F(EngineSiege, StaleSignaturesHoldLettersUntilTheyAreRenewed) {
  CLAUSE("五(二)6");
  scene_.edit("centre/scanner.toml", "signatures_age = \"0s\"", "signatures_age = \"7d\"");
  const auto real = scene_.lab().root() / "clamd/engine.sock";
  std::filesystem::rename(socket(), real);  // the engine goes on listening under its new name
  std::string document;
  {
    const Impostor stale({.socket = socket(),
                          .manner = Impostor::Manner::kGoBetween,
                          .version = version_of_age(std::chrono::hours{8 * 24}),
                          .engine = real});
    scene_.restart("scanner");
    document = send();
    expect_nothing_passes({document});
    EXPECT_EQ(stale.files_seen(), 0);
  }
  {
    const Impostor renewed({.socket = socket(),
                            .manner = Impostor::Manner::kGoBetween,
                            .version = version_of_age(std::chrono::hours{6 * 24}),
                            .engine = real});
    expect_received(document);
  }
  std::filesystem::rename(real, socket());
  scene_.edit("centre/scanner.toml", "signatures_age = \"7d\"", "signatures_age = \"0s\"");
  scene_.restart("scanner");
}

}  // namespace
}  // namespace yizhan
