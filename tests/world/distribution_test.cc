#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "ground/files/files.h"
#include "tests/siege/outside_program.h"
#include "tests/support/temporary_folder.h"
#include "tests/world/clerk.h"
#include "tests/world/officers.h"

// Officers at their command line, a centre and three terminals: what two officers hand down comes
// into force at every node, and what one hands down at none.

namespace yizhan {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

class DistributionWorld : public ::testing::Test {
 protected:
  DistributionWorld() : lab_(folder_ / "lab", {.distribution = "folder = \"../repository\"\n"}) {
    officers_.run({"init", repository(), "--officer", officers_.file("chen.crt"), "--officer",
                   officers_.file("lin.crt"), "--officer", officers_.file("wang.crt"), "--online",
                   officers_.file("online.crt")});
    for (const char* officer : {"chen", "wang"}) sign({"root", "targets"}, officer);
    EXPECT_NE(publish().find("\"published\""), std::string::npos);
  }

  [[nodiscard]] std::string repository() const { return (lab_.root() / "repository").string(); }
  void sign(const std::vector<std::string>& roles, const std::string& officer) {
    std::vector<std::string> words{"sign"};
    for (const auto& role : roles) words.push_back(repository() + "/staged/" + role + ".json");
    EXPECT_NE(officers_.with_key(words, officer).find("\"signed\""), std::string::npos);
  }
  std::string publish() { return officers_.with_key({"publish", repository()}, "online"); }
  void stage_directory() {
    officers_.run(
        {"add", repository(), "directory/directory.p7m", (lab_.root() / "directory.p7m").string()});
  }

  Json ask(const std::string& socket, const std::string& path) const {
    Endpoint endpoint;
    endpoint.unix_path = lab_.socket_of(socket).string();
    const auto answer = Client(endpoint).send({.path_and_query = path}, std::chrono::seconds{10});
    return answer && answer->status == 200 ? Json::parse(text_of(answer->body)) : Json::object();
  }
  std::int64_t directory_at(const std::string& node) const {
    const std::string path = node == "centre" ? "/v1/operator/status" : "/api/v1/status";
    const Json status = ask(node, path);
    return status.contains("directory") ? status["directory"].value("version", 0) : 0;
  }
  // Until every node has it; how long that took.
  std::optional<Milliseconds> wait_for(std::int64_t version) const {
    const auto begin = Clock::now();
    while (Clock::now() - begin < std::chrono::seconds{60}) {
      bool all = true;
      for (const char* node : {"centre", "a", "b", "c"}) all = all && directory_at(node) == version;
      if (all) return std::chrono::duration_cast<Milliseconds>(Clock::now() - begin);
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    return std::nullopt;
  }

  TemporaryFolder folder_;
  OfficersAtWork officers_{folder_ / "officers"};
  Lab lab_;
};

TEST_F(DistributionWorld, WhatTwoOfficersSignReachesEveryTerminalAndWhatOneSignsNone) {
  World world(lab_, programs());
  world.start_all();
  lab_.set_standing(lab_.agencies()[1].code, Standing::kSuspended);  // version 2
  stage_directory();
  sign({"directory"}, "chen");
  EXPECT_NE(publish().find("threshold_not_met"), std::string::npos);
  EXPECT_EQ(directory_at("centre"), 1);

  sign({"directory"}, "lin");
  EXPECT_NE(publish().find("\"published\""), std::string::npos);
  const auto took = wait_for(2);
  ASSERT_TRUE(took) << "centre " << directory_at("centre") << ", a " << directory_at("a");
  std::cout << "from publication to a centre and three terminals: " << took->count() << " ms\n";
  RecordProperty("propagation_ms", static_cast<int>(took->count()));

  // A centre that was killed finds what it trusted, and its terminals go on.
  world.kill("exchange", SIGKILL);
  lab_.set_standing(lab_.agencies()[1].code, Standing::kActive);  // version 3
  stage_directory();
  for (const char* officer : {"lin", "wang"}) sign({"directory"}, officer);
  publish();
  world.start("exchange");
  world.wait_until_ready("exchange");
  ASSERT_TRUE(wait_for(3));

  // Each terminal has signed that it has it; the operator may keep that.
  const std::string reports = officers_.file("reports");
  const auto late = [&] {
    const Json shown = Json::parse(officers_.run(
        {"reports", "--socket", lab_.socket_of("centre").string(), "--into", reports}));
    return std::ranges::count_if(shown.at("items"),
                                 [](const Json& item) { return item.at("late").get<bool>(); });
  };
  for (int i = 0; i < 100 && late() > 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
  }
  EXPECT_EQ(late(), 0);
  EXPECT_EQ(list_files(reports).size(), 3U);

  // What rests on it works: a letter from a to b and c.
  Clerk a(lab_, "a");
  const std::string document = a.send_letter("0000001", "附件");
  const auto end = Clock::now() + std::chrono::minutes{2};
  while (a.states_of(document) != std::map<std::string, int>{{"received", 2}} &&
         Clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
  }
  EXPECT_EQ(a.states_of(document), (std::map<std::string, int>{{"received", 2}}));
}

TEST_F(DistributionWorld, AnOlderFolderChangesNothingAndTheOperatorIsTold) {
  World world(lab_, programs());
  world.start_all();
  const fs::path timestamp = fs::path(repository()) / "metadata/timestamp.json";
  const Bytes before = read_file(timestamp, 1U << 20);
  lab_.set_standing(lab_.agencies()[1].code, Standing::kSuspended);  // version 2
  stage_directory();
  for (const char* officer : {"lin", "wang"}) sign({"directory"}, officer);
  publish();
  ASSERT_TRUE(wait_for(2));
  const std::string well = output_of(
      {(programs() / "yizhan").string(), "--terminal", lab_.socket_of("a").string(), "doctor"});
  EXPECT_NE(well.find("正常  派送  第"), std::string::npos) << well;
  write_durably(timestamp, before);
  const auto told = [&] {
    const Json status = ask("centre", "/v1/operator/status").value("distribution", Json::object());
    return status.value("reason", Json::object()).value("code", "");
  };
  for (int i = 0; i < 300 && told() != "metadata_rolled_back"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
  EXPECT_EQ(told(), "metadata_rolled_back");
  const std::string shown = output_of({(programs() / "yizhan").string(), "centre", "--socket",
                                       lab_.socket_of("centre").string(), "status"});
  EXPECT_NE(shown.find("異常  派送第"), std::string::npos) << shown;
  for (const char* node : {"centre", "a", "b", "c"}) EXPECT_EQ(directory_at(node), 2) << node;
}

// Management's own signature is on it, but it did not come from two officers.
TEST_F(DistributionWorld, AFileWithOneSignatureChangesNoNode) {
  World world(lab_, programs());
  world.start_all();
  ASSERT_TRUE(wait_for(1));
  lab_.set_standing(lab_.agencies()[1].code, Standing::kSuspended);  // version 2
  for (const auto& [folder, program] : {std::pair("centre", "exchange"), {"a", "a-terminal"}}) {
    fs::copy_file(lab_.root() / "directory.p7m", lab_.root() / folder / "directory.p7m",
                  fs::copy_options::overwrite_existing);
    ASSERT_EQ(::kill(world.pid_of(program), SIGHUP), 0);
  }
  std::this_thread::sleep_for(std::chrono::seconds{5});
  EXPECT_EQ(directory_at("centre"), 1);
  EXPECT_EQ(directory_at("a"), 1);
}

TEST_F(DistributionWorld, OfficersSeeWhoSignedAndStrangersVerifyAFolder) {
  stage_directory();
  sign({"directory"}, "chen");
  const Json shown = Json::parse(officers_.run({"show", repository()}));
  const Json& last = shown.at("roles").back();
  EXPECT_EQ(last.at("role"), "directory");
  EXPECT_EQ(last.at("signed_by"), Json::array({"CN=chen,C=TW"}));
  EXPECT_EQ(last.at("missing"), Json::array({"CN=lin,C=TW", "CN=wang,C=TW"}));
  EXPECT_FALSE(last.at("enough").get<bool>());
  sign({"directory"}, "lin");
  publish();

  const std::string root = repository() + "/metadata/1.root.json";
  const auto verify = [&](const std::string& folder) {
    return officers_.run({"verify", folder, "--root", root, "--state", officers_.file("seen"),
                          "--target", "directory/directory.p7m", "--into",
                          officers_.file("taken.p7m")});
  };
  const std::string medium = (lab_.root() / "medium").string();
  fs::copy(repository(), medium, fs::copy_options::recursive);
  EXPECT_NE(verify(medium).find("directory/directory.p7m"), std::string::npos);
  EXPECT_EQ(read_file(officers_.file("taken.p7m"), 1u << 20),
            read_file(lab_.root() / "directory.p7m", 1u << 20));
  officers_.with_key({"freshen", repository()}, "online");
  EXPECT_NE(verify(repository()).find("\"timestamp\":3"), std::string::npos);
  EXPECT_NE(verify(medium).find("metadata_rolled_back"), std::string::npos) << "the older folder";

  // An officer leaves: what he has signed is signed anew by the two who stay.
  officers_.run({"rotate", repository(), "--remove", officers_.file("chen.crt"), "--add",
                 officers_.file("online.crt")});
  for (const char* officer : {"lin", "wang"}) sign({"root", "targets", "directory"}, officer);
  EXPECT_NE(publish().find("\"published\""), std::string::npos);
  EXPECT_NE(verify(repository()).find("\"root\":2"), std::string::npos);
  officers_.run({"withdraw", repository(), "directory/directory.p7m"});
  for (const char* officer : {"lin", "wang"}) sign({"directory"}, officer);
  publish();
  EXPECT_NE(verify(repository()).find("not_found"), std::string::npos);
}

TEST_F(DistributionWorld, AnExpiredTimestampHoldsNewDocuments) {
  World world(lab_, programs());
  world.start_all();
  ASSERT_TRUE(wait_for(1));
  // The online key can say how long it vouches; here four seconds.
  EXPECT_NE(officers_.with_key({"freshen", repository(), "--for", "4"}, "online").find("expires"),
            std::string::npos);
  Clerk a(lab_, "a");
  std::this_thread::sleep_for(std::chrono::seconds{6});
  const std::string document = a.send_letter("0000001", "附件");
  std::this_thread::sleep_for(std::chrono::seconds{4});
  EXPECT_FALSE(a.states_of(document).contains("received"));
  officers_.with_key({"freshen", repository()}, "online");
  const auto end = Clock::now() + std::chrono::minutes{2};
  while (a.states_of(document) != std::map<std::string, int>{{"received", 2}} &&
         Clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
  }
  EXPECT_EQ(a.states_of(document), (std::map<std::string, int>{{"received", 2}}));
}

}  // namespace
}  // namespace yizhan
