#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <sstream>

#include "role/load/load.h"
#include "tests/support/key_folder.h"
#include "tests/world/clerk.h"

// yizhan-load against a real centre: what it counts is what happened, and it notices what did not.

namespace yizhan {
namespace {

constexpr int kAgencies = 16;
constexpr int kWaiting = 30;

struct LoadAnswer {
  int code;
  Json report;
  std::string progress;
};

class LoadTest : public testing::Test {
 protected:
  LoadTest()
      : lab_(folder_ / "lab", {.stores = {}, .simulated = kAgencies, .waiting = kWaiting}),
        world_(lab_, programs(), WorldPart::kCentre) {
    world_.start_all();
  }

  LoadAnswer load(const std::vector<std::string>& wishes) {
    std::vector<std::string> arguments = {
        "--senders",     "4",
        "--receivers",   "12",
        "--threads",     "6",
        "--connections", "8"};  // fewer than receivers: some are closed and opened again
    arguments.insert(arguments.end(), wishes.begin(), wishes.end());
    std::ostringstream out, err;
    const int code = run(arguments, {out, err});
    return {code, Json::parse(out.str(), nullptr, false), err.str()};
  }
  // Terminals that wait: a line a phase.
  std::pair<int, std::map<std::string, Json>> wait_with(const std::vector<std::string>& wishes) {
    std::vector<std::string> arguments = {
        "--waiting", std::to_string(kWaiting), "--waiting-key",
        (lab_.root() / "load/waiting.pem").string(), "--rest", "0.5"};
    arguments.insert(arguments.end(), wishes.begin(), wishes.end());
    std::stringstream out, err;
    const int code = run(arguments, {out, err});
    std::map<std::string, Json> phases;
    for (std::string line; std::getline(out, line);) {
      const Json phase = Json::parse(line);
      phases[phase.at("phase").get<std::string>()] = phase;
    }
    return {code, phases};
  }

  int run(std::vector<std::string> arguments, const LoadStreams& streams) {
    const auto root = lab_.root();
    const std::vector<std::string> all = {
        "--directory",         (root / "directory.p7m").string(),
        "--directory-anchors", (root / "trust/directory-anchors.pem").string(),
        "--trust",             (root / "trust").string(),
        "--agencies",          (root / "load").string(),
        "--json"};
    arguments.insert(arguments.end(), all.begin(), all.end());
    return run_load(arguments, streams);
  }

  TemporaryFolder folder_;
  const Lab lab_;
  World world_;
};

// Exactly these faults, and no others.
std::map<std::string, int> faults_of(const Json& report) {
  std::map<std::string, int> faults;
  for (const auto& [code, count] : report.at("faults").items()) {
    if (count != 0) faults[code] = count.get<int>();
  }
  return faults;
}

TEST_F(LoadTest, CarriesDocumentsOfAllSizesToOneAndToTenAndFindsEachWhereItBelongs) {
  const LoadAnswer closed = load({"--mix", "realistic", "--recipients", "1:4,10:1", "--documents",
                                  "50", "--window", "8", "--clamd",
                                  (lab_.root() / "clamd/clamd.sock").string()});
  ASSERT_TRUE(closed.report.is_object()) << closed.progress;
  EXPECT_EQ(closed.code, 0) << closed.report.dump(1);
  EXPECT_EQ(closed.report.at("sent"), 50);
  EXPECT_EQ(closed.report.at("accepted"), 50);
  const int recipients = closed.report.at("recipients").get<int>();
  EXPECT_GT(recipients, 100);
  for (const char* what : {"received", "finals", "confirmed"}) {
    EXPECT_EQ(closed.report.at(what), recipients) << what;
  }
  EXPECT_EQ(faults_of(closed.report), (std::map<std::string, int>{}));
  const Json& latency = closed.report.at("latency_ms");
  EXPECT_EQ(latency.at("A.1").at("count"), 50);
  EXPECT_EQ(latency.at("F").at("count"), recipients);
  EXPECT_LT(latency.at("A.1").at("p50"), latency.at("D.1").at("p50"));
  EXPECT_LT(latency.at("D.1").at("p50"), latency.at("E.1").at("p50"));
  // The centre's own books agree.
  const Json books = accounting_of(lab_);
  EXPECT_TRUE(books.at("balanced").get<bool>()) << books.dump();
  EXPECT_EQ(books.at("finals"), recipients);
  EXPECT_EQ(books.at("pending"), 0);
}

TEST_F(LoadTest, TerminalsThatWaitAreWokenOnceEachByWhatIsForThem) {
  const auto [code, phases] = wait_with({"--wakes", "5", "--fan-out", "25", "--size", "10KB"});
  ASSERT_EQ(phases.size(), 4u);
  EXPECT_EQ(code, 0) << phases.at("woken") << phases.at("fanned_out");
  EXPECT_EQ(phases.at("waiting").at("terminals"), kWaiting);
  EXPECT_EQ(phases.at("rested").at("answers"), 0);
  EXPECT_EQ(phases.at("rested").at("lost"), 0);
  EXPECT_EQ(phases.at("woken").at("from_consignment_ms").at("count"), 5);
  EXPECT_EQ(phases.at("fanned_out").at("from_consignment_ms").at("count"), 25);
  // What they were told before is told them again, and is not counted as theirs.
  EXPECT_EQ(wait_with({"--wakes", "3"}).first, 0);
  EXPECT_TRUE(accounting_of(lab_).at("balanced").get<bool>());
}

TEST_F(LoadTest, SaysHowManyThatWaitedWereNotWoken) {
  world_.kill("scanner", SIGKILL);
  const auto [code, phases] = wait_with({"--wakes", "2", "--drain", "1"});
  EXPECT_EQ(code, 1);
  EXPECT_EQ(phases.at("woken").at("missing"), 2);
}

TEST_F(LoadTest, KeepsToTheRateThatItWasGiven) {
  const LoadAnswer open = load({"--mix", "small", "--rate", "10", "--seconds", "3"});
  ASSERT_TRUE(open.report.is_object()) << open.progress;
  EXPECT_EQ(open.code, 0) << open.report.dump(1);
  EXPECT_EQ(open.report.at("sent"), 30);
}

TEST_F(LoadTest, SaysWhatIsMissingWhileNothingIsScannedAndIsRightAgainAfterwards) {
  world_.kill("scanner", SIGKILL);
  const std::vector<std::string> few = {"--mix", "small", "--documents", "3", "--drain", "2"};
  const LoadAnswer without = load(few);
  ASSERT_TRUE(without.report.is_object()) << without.progress;
  EXPECT_EQ(without.code, 1);
  EXPECT_EQ(without.report.at("accepted"), 3);
  EXPECT_EQ(faults_of(without.report), (std::map<std::string, int>{{"lost", 3}, {"no_final", 3}}));
  EXPECT_FALSE(without.report.at("right").get<bool>());

  world_.restart_ended();
  world_.wait_until_ready("scanner");
  // What was left behind comes now, and belongs to nobody's count.
  const LoadAnswer again =
      load({"--mix", "small", "--documents", "20", "--drain", "30", "--window", "4"});
  EXPECT_EQ(again.code, 0) << again.report.dump(1);
  EXPECT_EQ(again.report.at("received"), 20);
}

TEST_F(LoadTest, EndsWhenThereIsNoCentre) {
  world_.kill("exchange", SIGKILL);
  const LoadAnswer none = load({"--mix", "small", "--documents", "3"});
  EXPECT_EQ(none.code, 1);
  EXPECT_TRUE(none.report.is_discarded());
  EXPECT_NE(none.progress.find("發生意外"), std::string::npos) << none.progress;
}

TEST_F(LoadTest, RefusesAPlanThatCanNotBeKept) {
  EXPECT_EQ(load({"--recipients", "13"}).code, 2);
  EXPECT_EQ(load({"--recipients", "none"}).code, 2);
  EXPECT_EQ(load({"--rate", "5", "--window", "3"}).code, 2);
  EXPECT_EQ(load({"--waiting", "3"}).code, 2) << "whose key?";
  EXPECT_EQ(wait_with({"--fan-out", "31"}).first, 2);
}

}  // namespace
}  // namespace yizhan
