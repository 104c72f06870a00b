#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "duty/baseline/baseline.h"
#include "ground/files/files.h"
#include "role/cli/cli.h"
#include "tests/support/clause.h"
#include "tests/support/small_repository.h"
#include "tests/support/temporary_folder.h"

namespace yizhan {
namespace {

// The officers' repository as it stands today, and the files of a host that is looked at.
class BaselineCommands : public ::testing::Test {
 protected:
  void SetUp() override {
    repository_.found();
    put("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
    put("var/lib/dpkg/status",
        "Package: openssl\nStatus: install ok installed\nVersion: 3.0.15-1\n");
    put("proc/net/tcp", "head\n 0: 00000000:20FB 00000000:0000 0A 0\n");
    put("proc/net/udp", "head\n");
  }
  void put(const std::string& file, const std::string& text) {
    const std::filesystem::path path = folder_ / ("host/" + file);
    std::filesystem::create_directories(path.parent_path());
    write_durably(path, bytes_of(text));
  }
  int yizhan(std::vector<std::string> arguments) {
    std::ostringstream out, err;
    const int code = run_cli(std::move(arguments), {out, err, false});
    said_ = out.str() + err.str();
    return code;
  }
  int draft(std::vector<std::string> more = {}) {
    std::vector<std::string> words{"baseline", "draft",      "--layer", "exchange",
                                   "--host",   path("host"), "--into",  path("exchange.json")};
    words.insert(words.end(), more.begin(), more.end());
    return yizhan(std::move(words));
  }
  int hand_down() {
    const int code = yizhan({"baseline", "stage", path("repository"), path("exchange.json")});
    if (code == 0) repository_.publish_signed(repository_.two());
    return code;
  }
  int check() {
    return yizhan({"baseline", "check", path("repository"), "--root",
                   path("repository/metadata/1.root.json"), "--state", path("seen.json"),
                   "--layer", "exchange", "--node", "CENTRE-1", "--host", path("host"), "--into",
                   path("findings.json")});
  }
  [[nodiscard]] HostFindings findings() const {
    return HostFindings::parse(read_file(path("findings.json"), HostFindings::kBytesMax)).value();
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }

  TemporaryFolder folder_;
  SmallRepository repository_{folder_ / "repository", SystemClock().now()};
  std::string said_;
};

TEST_F(BaselineCommands, HoldAHostAgainstWhatTwoHaveSigned) {
  CLAUSE("五(一)4");
  CLAUSE("附錄四4交");
  ASSERT_EQ(draft({"--package", "openssl", "--forbid", "transmission*"}), 0) << said_;
  EXPECT_EQ(check(), 1) << "nothing is handed down yet";
  EXPECT_NE(said_.find("標準組態"), std::string::npos) << said_;
  ASSERT_EQ(hand_down(), 0) << said_;
  EXPECT_EQ(check(), 0) << said_;
  EXPECT_TRUE(findings().deviations.empty());

  put("proc/net/tcp", "head\n 0: 00000000:0016 00000000:0000 0A 0\n");
  EXPECT_EQ(check(), 1);
  EXPECT_NE(said_.find("port:tcp/22"), std::string::npos) << said_;
  ASSERT_EQ(findings().deviations.size(), 1U);
  EXPECT_EQ(findings().node, "CENTRE-1");
}

TEST_F(BaselineCommands, StageNothingThatNodesWouldRefuse) {
  ASSERT_EQ(draft(), 0) << said_;
  Json json = Json::parse(text_of(read_file(path("exchange.json"), 1 << 20)));
  json["ports"] = {"tcp/99999"};
  write_durably(path("exchange.json"), bytes_of(json.dump()));
  EXPECT_EQ(hand_down(), 1);
  EXPECT_NE(said_.find("tcp/99999"), std::string::npos) << said_;
  json["layer"] = "relay";
  write_durably(path("exchange.json"), bytes_of(json.dump()));
  EXPECT_NE(hand_down(), 0);
}

TEST_F(BaselineCommands, DraftOnlyWhatTheHostHas) {
  EXPECT_EQ(draft({"--package", "auditd"}), 1);
  EXPECT_NE(said_.find("auditd"), std::string::npos) << said_;
}

}  // namespace
}  // namespace yizhan
