#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include "ground/antivirus/antivirus.h"
#include "ground/files/files.h"
#include "tests/siege/impostor.h"
#include "tests/siege/scene.h"
#include "tests/support/clamd.h"

namespace yizhan {

using Fates = std::map<std::string, int>;

// Whatever becomes of the engine, nothing passes it unseen, the sender is told why, and all goes on
// by itself afterwards.
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
      EXPECT_TRUE(becomes([&] { return fates_of(scene_.lab(), document) == held; }))
          << testing::PrintToString(fates_of(scene_.lab(), document));
    }
    // Long enough for the scanner to have tried again.
    std::this_thread::sleep_for(std::chrono::milliseconds{1500});
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

  void expect_infected(const std::string& document) {
    const Fates infected{{"held (infected)", 2}};
    EXPECT_TRUE(becomes([&] { return fates_of(scene_.lab(), document) == infected; }))
        << testing::PrintToString(fates_of(scene_.lab(), document));
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

}  // namespace yizhan
