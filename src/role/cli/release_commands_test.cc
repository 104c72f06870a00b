#include <gtest/gtest.h>

#include <sstream>

#include "duty/release/release.h"
#include "ground/files/files.h"
#include "role/cli/cli.h"
#include "role/cli/outside_command.h"
#include "tests/support/clamd.h"
#include "tests/support/clause.h"
#include "tests/support/small_repository.h"
#include "tests/support/temporary_folder.h"

namespace yizhan {
namespace {

struct Outcome {
  int exit;
  std::string out;
  std::string err;
};

// The officers' repository as it stands today, and a host that installs from a mirror of it.
class ReleaseCommands : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { clamd_ = std::make_unique<ClamdServer>(); }
  static void TearDownTestSuite() { clamd_.reset(); }
  void SetUp() override { repository_.found(); }
  Outcome yizhan_says(std::vector<std::string> arguments) {
    std::ostringstream out, err;
    const int code = run_cli(std::move(arguments), {out, err, false});
    return {code, out.str(), err.str()};
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }
  // A package of that version, which installs a file of that content.
  std::string make_package(const std::string& version, const std::string& content) {
    const std::string tree = path("tree");
    std::filesystem::remove_all(tree);
    for (const char* folder : {"/DEBIAN", "/usr/share/doc/yizhan-exchange"}) {
      std::filesystem::create_directories(tree + folder);
    }
    write_durably(tree + "/DEBIAN/control",
                  bytes_of("Package: yizhan-exchange\nVersion: " + version +
                           "\nArchitecture: amd64\nMaintainer: Yizhan <yizhan@example.invalid>\n"
                           "Description: a test\n"));
    write_durably(tree + "/usr/share/doc/yizhan-exchange/changes", bytes_of(content));
    const std::string package = path("yizhan-exchange_" + version + "_amd64.deb");
    EXPECT_TRUE(
        run_outside({"/usr/bin/dpkg-deb", "--root-owner-group", "--build", tree, package}).value());
    return package;
  }
  static Bytes content_of(const std::string& file) { return read_file(file, 1U << 20); }
  Outcome stage(const std::string& version, const std::string& package) {
    return yizhan_says({"release", "stage", path("repository"), version, "--layer", "exchange",
                        "--package", package, "--clamd", clamd_->socket_path(), "--notes",
                        "修正排程"});
  }
  // `release stage` of one package with that content, signed by two and published.
  Outcome hand_down(const std::string& version, const std::string& content) {
    const Outcome said = stage(version, make_package(version, content));
    if (said.exit == 0) repository_.publish_signed(repository_.two());
    return said;
  }
  Outcome verify(const char* how, std::vector<std::string> more) {
    std::vector<std::string> words{"release", how, path("repository"), "--root",
                                   path("repository/metadata/1.root.json"), "--state",
                                   path("host/seen.json"), "--layer", "exchange"};
    words.insert(words.end(), more.begin(), more.end());
    return yizhan_says(std::move(words));
  }

  static inline std::unique_ptr<ClamdServer> clamd_;
  TemporaryFolder folder_;
  SmallRepository repository_{folder_ / "repository", SystemClock().now()};
};

TEST_F(ReleaseCommands, WhatTwoHaveSignedIsFetchedByteForByte) {
  CLAUSE("五(一)3");
  CLAUSE("五(二)2");
  const Outcome staged = hand_down("9.4.0", "the package");
  ASSERT_EQ(staged.exit, 0) << staged.err;
  const Bytes package = content_of(path("yizhan-exchange_9.4.0_amd64.deb"));
  EXPECT_NE(staged.out.find("檢核碼 SHA-256 " + sha256(package).hex()), std::string::npos)
      << staged.out;
  const Outcome fetched = verify("fetch", {"--into", path("packages")});
  EXPECT_EQ(fetched.exit, 0) << fetched.err;
  EXPECT_NE(fetched.out.find("檢核碼相符"), std::string::npos);
  EXPECT_EQ(content_of(path("packages/yizhan-exchange_9.4.0_amd64.deb")), package);
}

// In whatever of it is packed how: the engine does not read Debian packages by itself.
TEST_F(ReleaseCommands, StageNoPackageWithMalwareInIt) {
  CLAUSE("五(一)1");
  const std::string package = make_package("9.4.0", "before " + own_test_pattern() + " after");
  const Outcome refused = stage("9.4.0", package);
  EXPECT_EQ(refused.exit, 1);
  EXPECT_NE(refused.err.find("infected"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find(package), std::string::npos) << refused.err;
  write_durably(path("other.deb"), bytes_of("no package"));
  EXPECT_NE(stage("9.4.0", path("other.deb")).err.find("malformed"), std::string::npos);
  EXPECT_TRUE(repository_.repository.staged_roles().empty());
  const Outcome without = yizhan_says({"release", "stage", path("repository"), "9.4.0", "--layer",
                                       "exchange", "--package", make_package("9.4.0", "clean"),
                                       "--clamd", path("nobody.sock"), "--notes", "x"});
  EXPECT_NE(without.err.find("scanner_unavailable"), std::string::npos) << without.err;
  EXPECT_TRUE(repository_.repository.staged_roles().empty());
}

// dpkg gets files that are as they were signed, and no others.
TEST_F(ReleaseCommands, InstallsNothingThatWasTamperedWith) {
  CLAUSE("五(二)2");
  ASSERT_EQ(hand_down("9.4.0", "the package").exit, 0);
  const std::string dpkg = path("dpkg");
  write_durably(dpkg, bytes_of("#!/bin/sh\ncat \"$2\" > \"$0.said\"\n"), 0755);
  const Outcome installed = verify("install", {"--dpkg", dpkg});
  EXPECT_EQ(installed.exit, 0) << installed.err;
  EXPECT_EQ(content_of(path("dpkg.said")), content_of(path("yizhan-exchange_9.4.0_amd64.deb")));
  std::filesystem::remove(path("dpkg.said"));

  ASSERT_EQ(hand_down("9.5.0", "the next one").exit, 0);
  const auto file = repository_.target_file("releases/exchange/yizhan-exchange_9.5.0_amd64.deb");
  Bytes other = content_of(file);
  other.back() ^= 1;
  write_durably(file, other);
  const Outcome refused = verify("install", {"--dpkg", dpkg});
  EXPECT_EQ(refused.exit, 1);
  EXPECT_NE(refused.err.find("metadata_mismatch"), std::string::npos) << refused.err;
  EXPECT_FALSE(std::filesystem::exists(path("dpkg.said")));
}

TEST_F(ReleaseCommands, SaysWhenDpkgFails) {
  ASSERT_EQ(hand_down("9.4.0", "the package").exit, 0);
  const Outcome failed = verify("install", {"--dpkg", "/bin/false"});
  EXPECT_EQ(failed.exit, 1);
  EXPECT_NE(failed.err.find("套件安裝失敗"), std::string::npos) << failed.err;
}

TEST_F(ReleaseCommands, GoesBackOnlyWhereThatIsAskedFor) {
  ASSERT_EQ(hand_down("0.0.1", "an old package").exit, 0);
  const Outcome refused = verify("fetch", {"--into", path("packages")});
  EXPECT_EQ(refused.exit, 1);
  EXPECT_NE(refused.err.find("metadata_rolled_back"), std::string::npos) << refused.err;
  EXPECT_EQ(verify("fetch", {"--into", path("packages"), "--downgrade"}).exit, 0);
}

TEST_F(ReleaseCommands, StageNothingThatNodesWouldRefuse) {
  const std::string package = make_package("9.4.0", "a package");
  const auto expect = [&](const char* code, std::vector<std::string> more) {
    std::vector<std::string> words{"release", "stage", path("repository")};
    words.insert(words.end(), more.begin(), more.end());
    words.insert(words.end(), {"--package", package, "--clamd", clamd_->socket_path()});
    const Outcome refused = yizhan_says(std::move(words));
    EXPECT_EQ(refused.exit, 1);
    EXPECT_NE(refused.err.find(code), std::string::npos) << code << "\n" << refused.err;
  };
  expect("bad_request", {"9.4", "--layer", "exchange", "--notes", "no version"});
  expect("bad_request", {"9.4.0", "--layer", "relay", "--notes", "no layer"});
  expect("malformed", {"9.4.0", "--layer", "exchange", "--notes", ""});
  expect("malformed", {"9.4.0", "--layer", "exchange", "--notes", "a minimum above it",
                       "--minimum", "9.5.0", "--grace", "2026-12-31"});
  expect("bad_request", {"9.4.0", "--layer", "exchange", "--notes", "no day of grace", "--minimum",
                         "9.0.0"});
  EXPECT_TRUE(repository_.repository.staged_roles().empty());
}

}  // namespace
}  // namespace yizhan
