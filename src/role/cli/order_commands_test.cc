#include <gtest/gtest.h>

#include <sstream>

#include "duty/suspension/suspension.h"
#include "ground/files/files.h"
#include "role/cli/cli.h"
#include "tests/support/pki.h"
#include "tests/support/temporary_folder.h"

namespace yizhan {
namespace {

struct Outcome {
  int exit;
  std::string out;
  std::string err;
};

class OrderCommands : public ::testing::Test {
 protected:
  Outcome yizhan_says(std::vector<std::string> arguments) {
    std::ostringstream out, err;
    const int code = run_cli(std::move(arguments), {out, err, false});
    return {code, out.str(), err.str()};
  }
  // `order draft …` into the file, with its reason.
  Outcome draft(std::vector<std::string> words) {
    words.insert(words.begin(), {"order", "draft"});
    words.insert(words.end(), {"--reason", "第三級資安事件", "--into", file()});
    return yizhan_says(std::move(words));
  }
  [[nodiscard]] std::string file() const { return (folder_ / "order.json").string(); }
  [[nodiscard]] bool is_written() const { return std::filesystem::exists(file()); }

  TemporaryFolder folder_;
};

TEST_F(OrderCommands, WriteWhatEveryNodeReadsAndSayWhatItWillDo) {
  const Outcome said = draft({"suspend", "--as", "orders/3.json", "--agency", "T37600000B",
                              "--ground", "一", "--noticed", "2026-11-30T00:00:00Z", "--effective",
                              "2026-12-01T00:00:00Z"});
  EXPECT_EQ(said.exit, 0) << said.err;
  for (const char* part :
       {"命令 orders/3", "中止對機關 T37600000B", "十三(一)：發生國家資通安全", "第三級資安事件",
        "通知 115-11-30 08:00:00", "生效 115-12-01 08:00:00", "承辦人員二人",
        "distribution add 派送資料夾 orders/3.json"}) {
    EXPECT_NE(said.out.find(part), std::string::npos) << part << "\n" << said.out;
  }
  const Bytes content = read_file(file(), Order::kBytesMax);
  EXPECT_TRUE(Order::parse(OrderName::parse("orders/3.json").value(), content));
  EXPECT_NE(said.out.find(sha256(content).hex()), std::string::npos);
  const Outcome shown = yizhan_says({"order", "show", file(), "--as", "orders/3.json"});
  EXPECT_EQ(said.out.find(shown.out), 0U) << "an officer sees the same before signing";
}

TEST_F(OrderCommands, SayHowLongAnEmergencyLasts) {
  const Outcome said = draft({"suspend", "--as", "orders/emergency/3.json", "--centre", "CENTRE-2",
                              "--ground", "十三(一)", "--noticed", "2026-11-30T00:00:00Z",
                              "--effective", "2026-12-01T00:00:00Z"});
  EXPECT_NE(said.out.find("失效 115-12-02 08:00:00"), std::string::npos) << said.out << said.err;
  EXPECT_NE(said.out.find("一人簽署"), std::string::npos);
}

TEST_F(OrderCommands, TakeACertificatesFileForItsName) {
  TestAuthority authority;
  const SoftwareKey key = authority.issue({.subject = "lost"});
  write_durably(folder_ / "lost.crt", bytes_of(key.certificate().pem()));
  const Outcome said = draft({"revoke", "--as", "orders/3.json", "--certificate",
                              (folder_ / "lost.crt").string(), "--ground", "二"});
  EXPECT_EQ(said.exit, 0) << said.err;
  EXPECT_NE(said.out.find(key.certificate().sha256().hex()), std::string::npos) << said.out;
}

TEST_F(OrderCommands, AreExplainedInChinese) {
  for (std::vector<std::string> command :
       {std::vector<std::string>{"order", "draft"}, {"order", "show"}, {"centre", "orders"},
        {"distribution", "delegate"}}) {
    command.emplace_back("--help");
    const Outcome help = yizhan_says(command);
    EXPECT_EQ(help.exit, 0) << command[1];
    EXPECT_NE(help.out.find("用法"), std::string::npos) << help.out;
  }
}

// What its signers may not say is not written for them to sign.
TEST_F(OrderCommands, WriteNothingThatNodesWouldRefuse) {
  const std::vector<std::string> resume{"resume",       "--agency",      "T37600000B",
                                        "--supersedes", "orders/3.json", "--as"};
  for (const char* path : {"orders/emergency/4.json", "orders/CENTRE-1/4.json"}) {
    std::vector<std::string> words = resume;
    words.emplace_back(path);
    const Outcome said = draft(words);
    EXPECT_EQ(said.exit, 1) << path;
    EXPECT_NE(said.err.find("forbidden"), std::string::npos) << said.err;
    EXPECT_FALSE(is_written()) << path;
  }
  EXPECT_EQ(draft({"suspend", "--as", "orders/4.json", "--agency", "T37600000B"}).exit, 1)
      << "without a ground";
  EXPECT_EQ(draft({"suspend", "--as", "orders/4.json", "--agency", "T37600000B", "--ground", "十"})
                .exit,
            1);
  EXPECT_EQ(draft({"suspend", "--as", "orders/x.json", "--agency", "T37600000B", "--ground", "一"})
                .exit,
            1);
  EXPECT_EQ(draft({"suspend", "--as", "orders/4.json", "--ground", "一"}).exit, 1) << "nobody";
  EXPECT_EQ(draft({"pardon", "--as", "orders/4.json", "--agency", "T37600000B"}).exit, 1);
  EXPECT_FALSE(is_written());
}

}  // namespace
}  // namespace yizhan
