#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <sstream>

#include "ground/json/json.h"
#include "ground/net/net.h"
#include "role/cli/cli.h"
#include "tests/support/temporary_folder.h"

namespace yizhan {

// A command and the real server that answers it, with what a test puts on `router_`.
class AnsweredCli : public ::testing::Test {
 protected:
  void SetUp() override {
    ListenerConfig listener;
    listener.unix_path = folder_ / "s.sock";
    ServerConfig config;
    config.access_log = [](const AccessRecord&) {};
    server_.emplace(std::vector{std::move(listener)}, router_, config);
    server_->start();
  }
  void TearDown() override { server_->stop(); }

  [[nodiscard]] std::string socket() const { return (folder_ / "s.sock").string(); }
  // Its exit; what it said is kept.
  int yizhan(std::vector<std::string> arguments) {
    std::ostringstream out, err;
    const int code = run_cli(std::move(arguments), {out, err, false});
    said_ = out.str() + err.str();
    return code;
  }
  void expect_said(const std::vector<std::string>& parts) {
    for (const std::string& part : parts) {
      EXPECT_NE(said_.find(part), std::string::npos) << part << "\n" << said_;
    }
  }

  TemporaryFolder folder_;
  Router router_;
  std::optional<Server> server_;
  std::string said_;
};

}  // namespace yizhan
