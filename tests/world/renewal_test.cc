#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

#include "ground/files/files.h"
#include "role/cli/cli.h"
#include "tests/support/temporary_folder.h"
#include "tests/world/clerk.h"
#include "tests/world/renewing.h"

namespace yizhan {
namespace {

constexpr auto kPatience = std::chrono::minutes{2};
constexpr std::size_t kFileMax = 1U << 20;

// One agency and its centre get new keys, by the commands that an operator gives.
class Renewal : public ::testing::Test {
 protected:
  void SetUp() override { world_.start_all(); }

  // The program supervised: what ends by itself is started again.
  void expect_soon(const std::string& what, const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < end) {
      world_.restart_ended();
      if (holds()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds{200});
    }
    FAIL() << what;
  }
  void expect_received(const std::string& document) {
    expect_soon("received: " + document, [&] {
      return a_.states_of(document) == std::map<std::string, int>{{"received", 2}};
    });
  }
  // Not again at once: a program that starts does not listen yet.
  void ask_to_look(const std::vector<std::string>& programs) {
    const auto now = std::chrono::steady_clock::now();
    if (now - asked_ < std::chrono::seconds{5}) return;
    asked_ = now;
    for (const std::string& program : programs) {
      if (world_.is_running(program)) ::kill(world_.pid_of(program), SIGHUP);
    }
  }

  static Json yizhan(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "--json");
    std::ostringstream out, err;
    EXPECT_EQ(run_cli(std::move(arguments), {out, err, false}), 0) << err.str();
    return Json::parse(out.str(), nullptr, false);
  }
  // Which version of the directory that terminal goes by; 0 while it is away.
  int directory_of(const std::string& agency) {
    std::ostringstream out, err;
    const std::string socket = lab_.socket_of(agency);
    run_cli({"--json", "--terminal", socket, "status"}, {out, err, false});
    const Json status = Json::parse(out.str(), nullptr, false);
    return status.is_object() ? status.value("directory", Json::object()).value("version", 0) : 0;
  }
  Json worklist_certificates(const std::string& agency) {
    const Json answer = yizhan({"--terminal", lab_.socket_of(agency), "worklist"});
    return answer.at("certificates");
  }

  RegisteredCertificate renew(const std::string& holder, const std::string& key, Purpose purpose) {
    return renew_key({lab_, folder_ / "requests"}, holder, key, purpose);
  }
  // How often the keyholder has used that key.
  int uses_of(const std::string& holder, const std::string& key) {
    int uses = 0;
    const auto folder = lab_.root() / holder / "key-uses";
    for (const std::string& name : list_files(folder)) {
      std::ifstream lines(folder / name);
      for (std::string line; std::getline(lines, line);) {
        const Json use = Json::parse(line, nullptr, false);
        if (!use.is_object() || use.value("key", "") != key) continue;
        const std::string operation = use.value("operation", "");
        if (operation != "prepare" && operation != "install") ++uses;
      }
    }
    return uses;
  }

  TemporaryFolder folder_;
  Lab lab_{folder_ / "lab", {.terminal_settings = "directory_interval = \"1s\"\n"
                                                  "certificate_warning = \"365d\"\n"}};
  World world_{lab_, programs()};
  Clerk a_{lab_, "a"};
  std::chrono::steady_clock::time_point asked_{};
};

TEST_F(Renewal, LosesNoMailAndUsesTheNewKeysFromTheirDayOn) {
  EXPECT_EQ(worklist_certificates("b").size(), 3) << "they end within the year";
  expect_received(a_.send_letter("0000001", "以舊鑰\n"));

  const RegisteredCertificate encrypt = renew("b", "encrypt", Purpose::kEncrypt);
  const RegisteredCertificate sign = renew("b", "sign", Purpose::kSign);
  const RegisteredCertificate tls = renew("b", "tls", Purpose::kTls);
  // Not registered yet: nobody uses them. This letter is sealed to the old key, and b is away.
  const auto down = lab_.root() / "run/b-terminal.down";
  write_durably(down, {});
  world_.kill("b-terminal", SIGTERM);
  const std::string old = a_.send_letter("0000002", "封給舊鑰，收取時已換發\n");
  expect_soon("it waits for b", [&] {
    return a_.states_of(old) == std::map<std::string, int>{{"consigned", 1}, {"received", 1}};
  });
  EXPECT_EQ(uses_of("b", "sign@2") + uses_of("b", "tls@2") + uses_of("b", "encrypt@2"), 0);

  // The overlap; of the encryption keys, the old one is not even registered any more.
  lab_.add_certificates("T37600000B", {sign, tls});
  lab_.add_certificates("T37600000B", {encrypt}, true);
  std::filesystem::remove(down);
  expect_received(old);
  expect_soon("the new line", [&] {
    ask_to_look({"b-terminal"});
    return uses_of("b", "tls@2") > 0;
  });
  expect_received(a_.send_letter("0000003", "以新鑰\n"));
  EXPECT_GT(uses_of("b", "sign@2"), 0);
  EXPECT_GT(uses_of("b", "encrypt@2"), 0);
  EXPECT_EQ(worklist_certificates("b").size(), 0);

  // The old ones end.
  lab_.add_certificates("T37600000B", {sign, tls}, true);
  expect_received(a_.send_letter("0000004", "只餘新鑰\n"));
}

// Registered for a day to come: by then its terminals have heard of it, over the old line.
TEST_F(Renewal, OfACentreIsFollowedByItsTerminals) {
  RegisteredCertificate evidence = renew("centre", "evidence", Purpose::kEvidence);
  RegisteredCertificate line = renew("centre", "tls", Purpose::kTls);
  RegisteredCertificate scanner = renew("centre", "scanner", Purpose::kScanner);
  const Time day = SystemClock().now() + std::chrono::seconds{40};
  for (RegisteredCertificate* one : {&evidence, &line, &scanner}) one->from = day;
  lab_.add_certificates("CENTRE-1", {evidence, line, scanner});
  expect_soon("all terminals have heard of it", [&] {
    ask_to_look({"a-terminal", "b-terminal", "c-terminal"});
    return directory_of("a") == 2 && directory_of("b") == 2 && directory_of("c") == 2;
  });
  EXPECT_EQ(uses_of("centre", "tls@2") + uses_of("centre", "evidence@2"), 0);
  expect_received(a_.send_letter("0000001", "其日之前\n"));
  expect_soon("the centre's new line", [&] { return uses_of("centre", "tls@2") > 0; });
  expect_received(a_.send_letter("0000002", "中心亦已換發\n"));
  EXPECT_GT(uses_of("centre", "evidence@2"), 0);
  EXPECT_GT(uses_of("centre", "scanner@2"), 0);
}

}  // namespace
}  // namespace yizhan
