#include "role/cli/management_commands.h"

#include <gtest/gtest.h>

#include <sstream>

#include "ground/files/files.h"
#include "tests/support/temporary_folder.h"

namespace yizhan {
namespace {

class ManagementCommandLine : public ::testing::Test {
 protected:
  int run(std::vector<std::string> words) {
    words.insert(words.begin(), "management");
    out_.str("");
    err_.str("");
    return run_cli(words, {out_, err_, false});
  }
  std::string path(const char* name) { return (folder_ / name).string(); }

  TemporaryFolder folder_;
  std::ostringstream out_, err_;
};

TEST_F(ManagementCommandLine, ExplainsEveryCommandInChinese) {
  for (const char* name : {"status", "board", "staged", "fetch", "submit", "login", "logout",
                           "whoami", "password", "recover", "supervision"}) {
    EXPECT_EQ(run({name, "--help"}), 0) << name;
    EXPECT_NE(out_.str().find("用法"), std::string::npos) << out_.str();
  }
  for (const char* name : {"list", "open", "roles", "close", "recovery", "certificate"}) {
    EXPECT_EQ(run({"account", name, "--help"}), 0) << name;
    EXPECT_NE(out_.str().find("用法"), std::string::npos) << out_.str();
  }
}

TEST_F(ManagementCommandLine, AnswersThreeWhenNobodyListens) {
  EXPECT_EQ(run({"--socket", path("none.sock"), "board"}), 3);
  EXPECT_NE(err_.str().find(path("none.sock")), std::string::npos) << err_.str();
}

TEST_F(ManagementCommandLine, DialsNobodyWhomItCouldNotVerify) {
  EXPECT_EQ(run({"--server", "127.0.0.1:1", "board"}), 1);
  EXPECT_NE(err_.str().find("--anchors"), std::string::npos) << err_.str();
  for (const char* server : {"127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:99999"}) {
    EXPECT_EQ(run({"--server", server, "--anchors", path("none"), "board"}), 1) << server;
    EXPECT_NE(err_.str().find("--server"), std::string::npos) << err_.str();
  }
}

TEST_F(ManagementCommandLine, LogsInOnlyWhereTheTokenCanBeKept) {
  write_durably(folder_ / "pass", bytes_of("Correct-horse-8\n"));
  EXPECT_EQ(run({"login", "chen", "--password-file", path("pass"), "--code", "123456"}), 1);
  EXPECT_NE(err_.str().find("--token-file"), std::string::npos) << err_.str();
  EXPECT_EQ(run({"--token-file", path("token"), "login", "chen"}), 1);
  EXPECT_NE(err_.str().find("--code"), std::string::npos) << err_.str();
}

TEST_F(ManagementCommandLine, ASecretEndsBeforeTheEndOfItsLine) {
  write_durably(folder_ / "pass", bytes_of("Correct horse \r\n"));
  EXPECT_EQ(text_of(read_secret(path("pass")).view()), "Correct horse ");
}

}  // namespace
}  // namespace yizhan
