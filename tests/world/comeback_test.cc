#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <functional>
#include <sstream>
#include <thread>

#include "ground/files/files.h"
#include "role/cli/cli.h"
#include "tests/support/clause.h"
#include "tests/support/temporary_folder.h"
#include "tests/world/clerk.h"
#include "tests/world/renewing.h"

namespace yizhan {
namespace {

namespace fs = std::filesystem;
constexpr auto kSettleTime = std::chrono::minutes{3};

using States = std::map<std::string, int>;

// Two centres, one of which comes back from an older copy of everything it kept.
class Comeback : public ::testing::Test {
 protected:
  void SetUp() override { world_.start_all(); }

  void expect_states(Clerk& clerk, const std::string& document, const States& states) {
    const auto end = std::chrono::steady_clock::now() + kSettleTime;
    States now;
    while ((now = clerk.states_of(document)) != states) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << Json(now).dump();
      world_.restart_ended();
      std::this_thread::sleep_for(std::chrono::milliseconds{200});
    }
  }
  void stay_down(const std::string& program) {
    write_durably(lab_.root() / ("run/" + program + ".down"), {});
    world_.kill(program, SIGTERM);
  }
  void come_up(const std::string& program) {
    fs::remove(lab_.root() / ("run/" + program + ".down"));
    world_.restart_ended();
  }
  // Stopped, copied, started.
  void copy_store(const std::string& program, const std::string& folder) {
    stay_down(program);
    fs::copy(lab_.root() / folder / "data", folder_ / folder, fs::copy_options::recursive);
    come_up(program);
    world_.wait_until_ready(program);
  }
  void bring_copy_back(const std::string& program, const std::string& folder) {
    write_durably(lab_.root() / ("run/" + program + ".down"), {});
    world_.kill(program, SIGKILL);
    fs::remove_all(lab_.root() / folder / "data");
    fs::copy(folder_ / folder, lab_.root() / folder / "data", fs::copy_options::recursive);
    come_up(program);
    world_.wait_until_ready(program);
  }
  void expect_each_once(const std::string& agency, std::size_t letters) {
    const auto inbox = Clerk(lab_, agency).inbox();
    EXPECT_EQ(inbox.size(), letters) << agency;
    for (const auto& [subject, count] : inbox) EXPECT_EQ(count, 1) << subject;
  }
  void expect_books_closed(const std::string& centre) {
    const auto end = std::chrono::steady_clock::now() + kSettleTime;
    Json books;
    const auto closed = [&] {
      books = accounting_of(lab_, centre);
      return books.at("balanced").get<bool>() && books.at("pending") == 0;
    };
    while (!closed() && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds{300});
    }
    EXPECT_TRUE(closed()) << centre << books.dump();
  }
  void expect_verifies(const std::string& agency, const std::string& document) {
    std::ostringstream out, err;
    const fs::path into = folder_ / ("export-" + document);
    ASSERT_EQ(run_cli({"--terminal", lab_.socket_of(agency), "export", document, "--into", into},
                      {out, err, false}),
              0)
        << err.str();
    for (const auto& folder : fs::directory_iterator(into)) {
      EXPECT_EQ(run_cli({"verify", folder.path(), "--trust", lab_.root() / "trust"},
                        {out, err, false}),
                0)
          << out.str() << err.str();
    }
  }
  Json status_of(const std::string& centre) {
    std::ostringstream out, err;
    run_cli({"--json", "centre", "--socket", lab_.socket_of(centre), "status"}, {out, err, false});
    return Json::parse(out.str(), nullptr, false);
  }

  TemporaryFolder folder_;
  Lab lab_{folder_ / "lab", {.centres = 2}};
  World world_{lab_, programs()};
  Clerk a_{lab_, "a"}, d_{lab_, "d"};
};

// The sender's centre: it has forgotten two acceptances, a receipt, a hand-over, and the body of a
// letter that nobody else has.
TEST_F(Comeback, OfTheSendersCentreLosesNothingThatWasAccepted) {
  CLAUSE("五(一)9");
  const std::string before = a_.send_letter("0000001", "備份之前\n");
  expect_states(a_, before, {{"received", 2}});
  copy_store("exchange", "centre");
  const std::string ended = a_.send_letter("0000002", "備份之後，均已收受\n");
  expect_states(a_, ended, {{"received", 2}});
  const std::string from_far = d_.send_letter("0000003", "他中心之機關所發\n");
  expect_states(d_, from_far, {{"received", 2}});
  stay_down("b-terminal");
  const std::string waiting = a_.send_letter("0000004", "收文機關離線\n");
  expect_states(a_, waiting, {{"consigned", 1}, {"received", 1}});
  bring_copy_back("exchange", "centre");
  come_up("b-terminal");
  expect_states(a_, waiting, {{"received", 2}});
  expect_states(a_, a_.send_letter("0000005", "還原之後\n"), {{"received", 2}});
  expect_each_once("b", 5);
  expect_each_once("c", 5);
  expect_books_closed("centre");
  expect_books_closed("centre-2");
  EXPECT_EQ(status_of("centre").at("comeback").at("count"), 1);
  expect_verifies("a", waiting);
  expect_verifies("a", ended);
}

// The recipients' centre: it has forgotten what it took over, and what was received of it.
TEST_F(Comeback, OfTheRecipientsCentreLosesNothingThatItTookOver) {
  CLAUSE("五(一)9");
  expect_states(a_, a_.send_letter("0000001", "備份之前\n"), {{"received", 2}});
  copy_store("exchange-2", "centre-2");
  const std::string ended = a_.send_letter("0000002", "備份之後，均已收受\n");
  expect_states(a_, ended, {{"received", 2}});
  stay_down("c-terminal");
  const std::string waiting = a_.send_letter("0000003", "收文機關離線\n");
  expect_states(a_, waiting, {{"consigned", 1}, {"received", 1}});
  bring_copy_back("exchange-2", "centre-2");
  come_up("c-terminal");
  expect_states(a_, waiting, {{"received", 2}});
  expect_each_once("b", 3);
  expect_each_once("c", 3);
  expect_books_closed("centre");
  expect_books_closed("centre-2");
  EXPECT_EQ(status_of("centre-2").at("comeback").at("count"), 1);
  expect_verifies("a", waiting);
}

// Its witness has signed another past than the copy has: under a new key, for which management
// vouches, the log begins anew.
TEST_F(Comeback, ItsLogBeginsAnewUnderANewKey) {
  const auto log_of = [&] { return status_of("centre").value("log", Json::object()); };
  using Holds = std::function<bool(const Json&)>;
  const auto await_log = [&](const std::string& what, const Holds& holds) {
    const auto end = std::chrono::steady_clock::now() + kSettleTime;
    while (!holds(log_of())) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << what << log_of().dump();
      world_.restart_ended();
      std::this_thread::sleep_for(std::chrono::milliseconds{300});
    }
  };
  const auto is_cosigned = [](const Json& log) {
    return log.value("size", 0) > 0 && log.value("cosigned_size", -1) == log.value("size", 0);
  };
  const auto is_contradicted = [](const Json& log) {
    const Json witnesses = log.value("witnesses", Json::array());
    return witnesses.size() == 1 && witnesses[0].value("disagrees", false);
  };
  await_log("co-signed", is_cosigned);
  copy_store("exchange", "centre");
  expect_states(a_, a_.send_letter("0000001", "備份之後\n"), {{"received", 2}});
  await_log("co-signed again", is_cosigned);
  bring_copy_back("exchange", "centre");
  await_log("contradicted", is_contradicted);
  const RegisteredCertificate renewed =
      renew_key({lab_, folder_ / "requests"}, "centre", "log", Purpose::kLog);
  lab_.add_certificates("CENTRE-1", {renewed}, true);
  for (const char* program : {"exchange", "exchange-2"}) {
    if (world_.is_running(program)) ::kill(world_.pid_of(program), SIGHUP);
  }
  await_log("co-signed under the new key", [&](const Json& log) {
    return is_cosigned(log) && !is_contradicted(log);
  });
}

}  // namespace
}  // namespace yizhan
