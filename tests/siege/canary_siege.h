#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/siege/canary_search.h"
#include "tests/siege/scene.h"

namespace yizhan {

struct Letter {
  std::string document;
  Canaries canaries;  // its attachment and its subject
};

class CanarySiege : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root may look into the memory of our programs";
  }

  // A letter that has gone all the way, of which every word worth hiding stands nowhere else.
  Letter send_letter() {
    const std::string serial = scene_.next_serial();
    const std::string text = "CANARY-" + sha256(bytes_of("canary " + serial)).hex();
    Letter letter{Clerk(scene_.lab(), "a").send_letter(serial, text),
                  {{"attachment", text}, {"subject", "裝置操作說明 " + serial}}};
    EXPECT_TRUE(becomes([&] {
      return fates_of(scene_.lab(), letter.document) == std::map<std::string, int>{{"received", 2}};
    })) << testing::PrintToString(fates_of(scene_.lab(), letter.document));
    return letter;
  }

  [[nodiscard]] std::filesystem::path root() const { return scene_.lab().root(); }

  Scene& scene_ = Scene::shared();
  const CanarySearch search_{scene_.lab(), scene_.world()};
  const std::set<std::string> none_;
};

}  // namespace yizhan
