#include "ground/config/config.h"

#include <gtest/gtest.h>

#include <fstream>

namespace yizhan {
namespace {

using namespace std::chrono_literals;
using enum ConfigKind;

constexpr ConfigKey kCaller[] = {
    {.key = "name", .kind = kText, .min = 1, .sentence = "呼叫者名稱"},
    {.key = "uses", .kind = kList, .standard = "sign", .max = 3, .sentence = "可用之用途"},
};

constexpr ConfigKey kTable[] = {
    {.key = "exchange.listen", .kind = kText, .standard = "0.0.0.0:8443", .sentence = "監聽位址"},
    {.key = "exchange.threads",
     .kind = kInteger,
     .standard = "4",
     .min = 1,
     .max = 64,
     .sentence = "執行緒數"},
    {.key = "exchange.retry",
     .kind = kDuration,
     .standard = "30s",
     .min = 1000,
     .max = 3'600'000,
     .sentence = "重試間隔"},
    {.key = "exchange.body_max",
     .kind = kBytes,
     .standard = "1GiB",
     .min = 1,
     .sentence = "大小上限"},
    {.key = "exchange.open", .kind = kFlag, .standard = "false", .sentence = "是否開放"},
    {.key = "exchange.peers", .kind = kList, .standard = "a,b", .sentence = "鄰站"},
    {.key = "exchange.pin", .kind = kPath, .standard = "", .sentence = "PIN 檔"},
    {.key = "centre", .kind = kText, .min = 1, .max = 10, .sentence = "中心名稱"},
    {.key = "exchange.caller", .kind = kTables, .max = 2, .sentence = "呼叫者", .table = kCaller},
};

class ConfigFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "yizhan-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path write(const std::string& name, const std::string& text) {
    std::ofstream(directory_ / name) << text;
    return directory_ / name;
  }

  Config load(const std::string& text) { return Config::load({write("a.toml", text)}, kTable); }

  std::vector<std::string> problems(const std::string& text) {
    try {
      load(text);
    } catch (const ConfigError& error) {
      return error.problems();
    }
    return {};
  }

  std::filesystem::path directory_;
};

TEST_F(ConfigFiles, WhatIsNotWrittenHasItsStandard) {
  const Config config = load("centre = 'C1'");
  EXPECT_EQ(config.text("centre"), "C1");
  EXPECT_EQ(config.text("exchange.listen"), "0.0.0.0:8443");
  EXPECT_EQ(config.integer("exchange.threads"), 4);
  EXPECT_EQ(config.duration("exchange.retry"), 30s);
  EXPECT_EQ(config.bytes("exchange.body_max"), std::int64_t{1} << 30);
  EXPECT_FALSE(config.flag("exchange.open"));
  EXPECT_EQ(config.list("exchange.peers"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(config.path("exchange.pin").empty());
  EXPECT_TRUE(config.tables("exchange.caller").empty());
}

TEST_F(ConfigFiles, EveryKindIsRead) {
  const Config config = load(R"(
      centre = "中心"
      [exchange]
      threads = 64
      retry = "1h"
      body_max = 4096
      open = true
      peers = []
      pin = "keys/pin"
      [[exchange.caller]]
      name = "terminal"
      uses = ["sign", "unwrap"]
      [[exchange.caller]]
      name = "scanner"
      )");
  EXPECT_EQ(config.text("centre"), "中心");
  EXPECT_EQ(config.integer("exchange.threads"), 64);
  EXPECT_EQ(config.duration("exchange.retry"), 1h);
  EXPECT_EQ(config.bytes("exchange.body_max"), 4096);
  EXPECT_TRUE(config.flag("exchange.open"));
  EXPECT_TRUE(config.list("exchange.peers").empty());
  EXPECT_EQ(config.path("exchange.pin"), directory_ / "keys/pin");
  const auto& callers = config.tables("exchange.caller");
  ASSERT_EQ(callers.size(), 2U);
  EXPECT_EQ(callers[0].list("uses"), (std::vector<std::string>{"sign", "unwrap"}));
  EXPECT_EQ(callers[1].text("name"), "scanner");
  EXPECT_EQ(callers[1].list("uses"), (std::vector<std::string>{"sign"}));
}

TEST_F(ConfigFiles, ALaterFileOverridesKeyByKey) {
  const auto first = write("1.toml", "centre = 'C1'\nexchange.threads = 8");
  const auto second = write("2.toml", "exchange.threads = 16");
  const Config config = Config::load({first, second}, kTable);
  EXPECT_EQ(config.text("centre"), "C1");
  EXPECT_EQ(config.integer("exchange.threads"), 16);
  EXPECT_NE(config.print().find("exchange.threads = 16  # " + second.string() + ":1"),
            std::string::npos);
}

TEST_F(ConfigFiles, AllProblemsAreToldAtOnceWithTheirLines) {
  const std::string file = (directory_ / "a.toml").string();
  EXPECT_EQ(
      problems("exchange.listn = 'x'\n"
               "exchange.threads = 65\n"
               "exchange.retry = 30\n"
               "exchange.body_max = '1 GB'\n"
               "exchange.open = 'yes'\n"
               "[[exchange.caller]]\n"
               "nam = 'x'\n"),
      (std::vector<std::string>{
          file + ":1：不認得的設定 exchange.listn；請刪除，或改用手冊所列之鍵。",
          file + ":2：exchange.threads 超出範圍；請改為 1 至 64。",
          file +
              ":3：exchange.retry 須為 時間長度（如 \"30s\"、\"10m\"），但寫成 整數 30；請修正。",
          file + ":4：exchange.body_max 須為 大小（如 4096、\"64KiB\"），但寫成 文字 「1 "
                 "GB」；請修正。",
          file + ":5：exchange.open 須為 true 或 false，但寫成 文字 「yes」；請修正。",
          file + ":7：不認得的設定 exchange.caller[].nam；請刪除，或改用手冊所列之鍵。",
          file + ":6：缺少 exchange.caller[].name（呼叫者名稱）；請補上。",
          file + "：缺少 centre（中心名稱）；請補上。",
      }));
}

TEST_F(ConfigFiles, LimitsHoldForLengthsCountsAndTimes) {
  EXPECT_EQ(problems("centre = ''").size(), 1U);
  EXPECT_EQ(problems("centre = '12345678901'").size(), 1U);
  EXPECT_EQ(problems("centre = 'C'\nexchange.retry = '999ms'").size(), 1U);
  EXPECT_EQ(problems("centre = 'C'\nexchange.retry = '61m'").size(), 1U);
  EXPECT_EQ(problems("centre = 'C'\nexchange.retry = '99999999999999999d'").size(), 1U);
  EXPECT_EQ(problems("centre = 'C'\nexchange.caller = 5").size(), 1U);
  EXPECT_EQ(problems("centre = 'C'\n[[exchange.caller]]\nname = 'a'\n[[exchange.caller]]\n"
                     "name = 'b'\n[[exchange.caller]]\nname = 'c'")
                .size(),
            1U);
  EXPECT_EQ(problems("centre = 'C'\n[[exchange.caller]]\nname = 'a'\nuses = [1]").size(), 1U);
}

TEST_F(ConfigFiles, BrokenTomlAndMissingFilesAreToldWithARemedy) {
  const auto broken = problems("centre = 'C'\nexchange = = 1");
  ASSERT_FALSE(broken.empty());
  EXPECT_NE(broken[0].find("a.toml:2："), std::string::npos) << broken[0];
  try {
    Config::load({directory_ / "absent.toml"}, kTable);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("absent.toml：無法讀取"), std::string::npos);
  }
}

TEST_F(ConfigFiles, WhatIsPrintedIsAConfigurationThatMeansTheSame) {
  const Config config = load(
      "centre = \"\\\"\\\\\\u0007x\"\nexchange.retry = '90s'\nexchange.body_max = '64KiB'\n"
      "exchange.pin = 'pin'\n[[exchange.caller]]\nname = 'a'");
  const std::string printed = config.print();
  EXPECT_NE(printed.find("exchange.listen = \"0.0.0.0:8443\"  # 預設\n"), std::string::npos);
  EXPECT_NE(printed.find("exchange.retry = \"90s\""), std::string::npos);
  const Config again = Config::load({write("b.toml", printed)}, kTable);
  EXPECT_EQ(again.text("centre"), config.text("centre"));
  EXPECT_EQ(again.duration("exchange.retry"), 90s);
  EXPECT_EQ(again.bytes("exchange.body_max"), 65536);
  EXPECT_EQ(again.path("exchange.pin"), config.path("exchange.pin"));
  EXPECT_EQ(again.tables("exchange.caller").at(0).text("name"), "a");
}

TEST_F(ConfigFiles, TheManualHasALineForEveryKey) {
  const std::string manual = config_manual(kTable);
  EXPECT_NE(manual.find("| `exchange.retry` | 時間長度（如 \"30s\"、\"10m\"） | `\"30s\"` |"
                        " 1s 至 1h | 重試間隔 |\n"),
            std::string::npos)
      << manual;
  EXPECT_NE(manual.find("| `centre` | 文字 | 必填 | 長度 1 至 10 | 中心名稱 |\n"),
            std::string::npos);
  EXPECT_NE(manual.find("| `exchange.caller[].name` |"), std::string::npos);
}

using ConfigDeathTest = ConfigFiles;

TEST_F(ConfigDeathTest, AskingForAnUnknownKeyOrAnotherKindIsABug) {
  const Config config = load("centre = 'C'");
  EXPECT_DEATH((void)config.text("absent"), "table_");
  EXPECT_DEATH((void)config.integer("centre"), "kind");
  EXPECT_DEATH((void)config.tables("absent"), "tables_");
}

TEST_F(ConfigDeathTest, ASecretInTheFileItselfIsABug) {
  static constexpr ConfigKey kSecret[] = {
      {.key = "store.password", .kind = kText, .standard = "", .sentence = "密碼"}};
  const auto file = write("s.toml", "");
  EXPECT_DEATH(Config::load({file}, kSecret), "secret");
}

}  // namespace
}  // namespace yizhan
