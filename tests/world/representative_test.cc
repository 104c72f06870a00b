#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <sstream>
#include <thread>

#include "ground/files/files.h"
#include "role/cli/cli.h"
#include "tests/siege/outside_program.h"
#include "tests/support/temporary_folder.h"
#include "tests/world/clerk.h"

namespace yizhan {
namespace {

using States = std::map<std::string, int>;

// c has no terminal of its own: b receives for it.
class Represented : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.start_all();
    write_durably(lab_.root() / "run/c-terminal.down", {});
    world_.kill("c-terminal", SIGTERM);
  }
  void expect_states(const std::string& document, const States& states) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes{2};
    States now;
    while ((now = a_.states_of(document)) != states) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << Json(now).dump();
      world_.restart_ended();
      std::this_thread::sleep_for(std::chrono::milliseconds{200});
    }
  }
  // Until every terminal and the centre go by that version of the directory.
  void await_directory(int version) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    for (const std::string agency : {"a", "b"}) {
      while (directory_of(agency) != version) {
        ASSERT_LT(std::chrono::steady_clock::now(), end) << agency;
        std::this_thread::sleep_for(std::chrono::milliseconds{300});
      }
    }
  }
  int directory_of(const std::string& agency) {
    std::ostringstream out, err;
    run_cli({"--json", "--terminal", lab_.socket_of(agency), "status"}, {out, err, false});
    const Json status = Json::parse(out.str(), nullptr, false);
    return status.is_object() ? status.value("directory", Json::object()).value("version", 0) : 0;
  }
  std::vector<std::string> mails_of(const std::string& agency) {
    std::ostringstream out, err;
    run_cli({"--json", "--terminal", lab_.socket_of(agency), "inbox"}, {out, err, false});
    const Json inbox = Json::parse(out.str(), nullptr, false);
    std::vector<std::string> mails;
    for (const Json& mail : inbox.at("items")) mails.push_back(mail.at("id"));
    EXPECT_EQ(mails.size(), 2U);
    return mails;
  }
  void expect_verifies(const std::string& agency, const std::string& document) {
    std::ostringstream out, err;
    const auto into = folder_ / ("export-" + agency + "-" + document);
    const std::string trust = lab_.root() / "trust";
    ASSERT_EQ(run_cli({"--terminal", lab_.socket_of(agency), "export", document, "--into", into},
                      {out, err, false}),
              0)
        << err.str();
    int count = 0;
    for (const auto& folder : std::filesystem::directory_iterator(into)) {
      ++count;
      EXPECT_EQ(run_cli({"verify", folder.path(), "--trust", trust}, {out, err, false}), 0)
          << out.str() << err.str();
      const char* source = std::getenv("YIZHAN_SOURCE");
      const std::string script =
          std::string(source == nullptr ? "." : source) + "/tools/verify_export.py";
      const std::string second =
          output_of({"/usr/bin/python3", "-B", script, folder.path(), "--trust", trust, "--json"});
      EXPECT_EQ(Json::parse(second, nullptr, false).value("standing", ""), "valid") << second;
    }
    EXPECT_GE(count, 1);
  }

  TemporaryFolder folder_;
  Lab lab_{folder_ / "lab", {.terminal_settings = "directory_interval = \"1s\"\n"}};
  World world_{lab_, programs()};
  Clerk a_{lab_, "a"}, b_{lab_, "b"};
};

TEST_F(Represented, AnAgencyWithoutATerminalIsReceivedForAndTheEvidenceSaysByWhom) {
  lab_.represent("T38100000C", "T37600000B");
  await_directory(2);
  const std::string letter = a_.send_letter("0000001", "由他機關代收\n");
  expect_states(letter, {{"received", 2}});
  const auto inbox = b_.inbox();
  ASSERT_EQ(inbox.size(), 1U);
  EXPECT_EQ(inbox.begin()->second, 2) << "its own copy, and the other agency's";
  expect_verifies("a", letter);
  for (const std::string& mail : mails_of("b")) expect_verifies("b", mail);
}

}  // namespace
}  // namespace yizhan
