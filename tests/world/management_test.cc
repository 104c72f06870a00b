#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "ground/session/session.h"
#include "model/calendar/calendar.h"
#include "tests/support/authenticator.h"
#include "tests/support/clause.h"
#include "tests/support/temporary_folder.h"
#include "tests/world/clerk.h"
#include "tests/world/node_views.h"
#include "tests/world/officers.h"

// Management, a centre and three terminals as programs of their own: people begin with nothing but
// the host's socket, and what two of them sign is run by every node and seen to be.

namespace yizhan {
namespace {

using namespace std::chrono_literals;

class ManagementWorld : public ::testing::Test {
 protected:
  [[nodiscard]] std::string repository() const { return (lab_.root() / "repository").string(); }
  std::string file(const std::string& name) const { return officers_.file(name); }

  // On the host, and over HTTPS in the session that was opened.
  Json on_host(std::vector<std::string> words) const {
    words.insert(words.begin(), {"--socket", lab_.socket_of("management").string()});
    return json_of(officers_.run(std::move(words), "management"));
  }
  Json over_https(std::vector<std::string> words, const std::string& who = "chen") const {
    words.insert(words.begin(), {"--server", "127.0.0.1:" + std::to_string(lab_.people_port()),
                                 "--anchors", (lab_.root() / "trust/anchors/root.pem").string(),
                                 "--token-file", file(who + ".token")});
    return json_of(officers_.run(std::move(words), "management"));
  }
  static Json json_of(const std::string& said) {
    Json json = Json::parse(said, nullptr, false);
    EXPECT_FALSE(json.is_discarded()) << said;
    return json;
  }

  void log_in(const std::string& who = "chen", const std::string& role = "management_officer",
              const std::string& scope = "") {
    write_durably(file("password"), bytes_of("Correct-horse-8\n"));
    const std::string recovery = file(who + ".recovery");
    std::vector<std::string> opening = {"account", "open", who,      "--person", "陳小明",
                                        "--role",  role,   "--into", recovery};
    if (!scope.empty()) opening.insert(opening.end(), {"--scope", scope});
    on_host(opening);
    const Json renewed = over_https(
        {"recover", "--recovery-file", recovery, "--new-file", file("password")}, who);
    const SecretBytes app = secret_in_uri(renewed.value("authenticator", ""));
    const std::string code = totp_code(app, totp_step_at(SystemClock().now()));
    const Json entered = over_https(
        {"login", who, "--password-file", file("password"), "--code", code}, who);
    ASSERT_EQ(entered.value("account", Json::object()).value("name", ""), who) << entered;
    ASSERT_EQ(over_https({"whoami"}, who).at("account").at("person"), "陳小明");
  }
  // Each takes a copy along, signs it elsewhere, and it is brought back.
  void sign(const std::string& role, const std::vector<std::string>& officers) {
    for (const std::string& officer : officers) {
      const std::string copy = file(officer + "." + role + ".json");
      const Json fetched = over_https({"fetch", role, "--into", copy});
      ASSERT_TRUE(fetched.contains("file")) << fetched;
      const std::string said = officers_.with_key({"sign", copy}, officer);
      ASSERT_NE(said.find("\"signed\""), std::string::npos) << said;
      const Json then = over_https({"submit", role, copy});
      ASSERT_TRUE(then.contains("signed_by")) << then;
    }
  }
  void found() {
    officers_.run({"init", repository(), "--officer", file("chen.crt"), "--officer",
                   file("lin.crt"), "--officer", file("wang.crt"), "--online",
                   (lab_.root() / "management/keys/online.crt").string()});
    for (const char* role : {"root", "targets"}) sign(role, {"chen", "lin"});
    ASSERT_TRUE(is_seen([this] { return published() > 0; }));
  }
  std::int64_t published() {
    return on_host({"status"}).value("published", Json::object()).value("version", 0);
  }
  void hand_down() { hand_down(lab_.root() / "directory.p7m"); }
  void hand_down(const std::filesystem::path& directory) {
    officers_.run({"add", repository(), "directory/directory.p7m", directory.string()});
    sign("directory", {"lin", "wang"});
  }
  // `yizhan …`, signed with that key of the lab.
  Json with_key(std::vector<std::string> words, const std::string& key) const {
    const std::string path = (lab_.root() / key).string();
    words.insert(words.end(), {"--key", path + ".key", "--certificate", path + ".crt",
                               "--passphrase-file", (lab_.root() / "passphrase").string()});
    return json_of(OfficersAtWork::yizhan(std::move(words)));
  }
  // From the agency's form to the case that two have approved; whose it is.
  std::string approve_name(const std::string& name) {
    const std::string today = text_of(day_of(SystemClock().now()));
    with_key({"enrol", "request", "--agency", lab_.agencies()[0].code, "--effective", today,
              "--reason", "組織改造", "--person", "王大明", "--phone", "02-2345-6789", "--name",
              name, "--into", file("request.p7m")},
             "a/keys/sign");
    with_key({"centre", "review", file("request.p7m"), "--centre", lab_.centres()[0].code,
              "--agreed", "--person", "林維運", "--handling", "已電話核對指紋", "--into",
              file("review.p7m")},
             "officers/chen");
    const Json brought = over_https({"request", "review", file("review.p7m")}, "operator");
    EXPECT_EQ(brought.value("state", ""), "reviewed") << brought;
    const std::string id = brought.value("case", "");
    const Json proposed = over_https({"request", "propose", id});
    const std::string digest = proposed.at("waiting").at(0).at("digest");
    EXPECT_EQ(over_https({"request", "approve", id, "--digest", digest}).value("code", ""),
              "same_person");
    const Json then = over_https({"request", "approve", id, "--digest", digest}, "lin");
    EXPECT_EQ(then.value("state", ""), "approved") << then;
    return id;
  }
  void draft_directory() {
    over_https({"approved", "--into", file("approved.json")});
    const Json drafted = json_of(OfficersAtWork::yizhan(
        {"directory", "draft", "--directory", (lab_.root() / "directory.p7m").string(),
         "--officer", (lab_.root() / "officers/directory.crt").string(), "--approved",
         file("approved.json"), "--into", file("directory.json")}));
    EXPECT_EQ(drafted.value("version", 0), 2) << drafted;
    with_key({"directory", "sign", file("directory.json"), "--into", file("next.p7m")},
             "officers/directory");
  }
  void begin() {
    for (const char* program : {"management-keyholder", "management"}) {
      world_.start(program);
      world_.wait_until_ready(program);
    }
    log_in();
    found();
    hand_down();
    world_.start_all();
  }
  // Whether that many nodes of the layer have signed that they run that directory.
  bool all_run(std::int64_t version) {
    const Json board = on_host({"board", "--all"});
    return board.at("items").size() == 4U &&
           std::ranges::all_of(board.at("items"), [&](const Json& line) {
             return line.value("directory", std::int64_t{0}) == version &&
                    line.at("state") == "current";
           });
  }

  TemporaryFolder folder_;
  OfficersAtWork officers_{folder_ / "officers"};
  Lab lab_{folder_ / "lab", {.management = true}};
  World world_{lab_, programs()};
};

TEST_F(ManagementWorld, WhatTwoOfficersBringOverHttpsIsRunByEveryNodeAndSeenOnTheBoard) {
  begin();
  EXPECT_TRUE(is_seen([this] { return all_run(1); })) << on_host({"board", "--all"});
  const Json certificates = on_host({"certificates", "--all"}).at("items");
  EXPECT_GT(certificates.size(), 12U) << "a centre's, its officers', three agencies'";
  for (const Json& line : certificates) EXPECT_EQ(line.at("state"), "valid") << line;
  EXPECT_TRUE(on_host({"certificates"}).at("items").empty()) << "none that ends soon";

  lab_.set_standing(lab_.agencies()[1].code, Standing::kSuspended);  // version 2
  hand_down();
  // Who is suspended is no active agency, so its line goes.
  EXPECT_TRUE(is_seen([this] {
    const Json board = on_host({"board"});
    return board.at("directory").at("version") == 2 && board.at("items").empty();
  })) << on_host({"board", "--all"});

  // Management that was killed goes on, and so does who follows it.
  world_.kill("management", SIGKILL);
  world_.start("management");
  world_.wait_until_ready("management");
  lab_.set_standing(lab_.agencies()[1].code, Standing::kActive);  // version 3
  hand_down();
  EXPECT_TRUE(is_seen([this] { return all_run(3); })) << on_host({"board", "--all"});
  EXPECT_EQ(over_https({"logout"}).value("logged_out", false), true);
}

TEST_F(ManagementWorld, WhatAnAgencyFilesIsTheDirectoryThatEveryNodeRuns) {
  CLAUSE("五(三)5");
  for (const char* program : {"management-keyholder", "management"}) {
    world_.start(program);
    world_.wait_until_ready(program);
  }
  log_in();
  log_in("lin");
  log_in("operator", "centre_operator", lab_.centres()[0].code);
  found();
  hand_down();
  world_.start_all();
  ASSERT_TRUE(is_seen([this] { return all_run(1); })) << on_host({"board", "--all"});
  const std::string id = approve_name("測試新部");
  draft_directory();
  hand_down(file("next.p7m"));
  EXPECT_TRUE(is_seen([this] { return all_run(2); })) << on_host({"board", "--all"});
  EXPECT_TRUE(is_seen([&] {
    return on_host({"request", "show", id}).value("state", "") == "in_effect";
  })) << on_host({"request", "show", id});
  const std::string found_by_b = OfficersAtWork::yizhan(
      {"--terminal", lab_.socket_of("b").string(), "address-book", "測試新部"});
  EXPECT_NE(found_by_b.find(lab_.agencies()[0].code), std::string::npos) << found_by_b;
}

// The sender's own scanner does not know it yet; the centre's does.
TEST_F(ManagementWorld, MalwareIsKnownToManagementAtOnceAndFollowedToItsControl) {
  CLAUSE("五(二)7");
  begin();
  Clerk clerk(lab_, "a");
  const std::string document =
      clerk.send_letter("0001005", "操作說明 YIZHAN-TEST-MALWARE-0001-NOT-REAL\n");
  const auto incidents = [this] { return on_host({"incidents"}).at("items"); };
  ASSERT_TRUE(is_seen([&] { return incidents().size() == 1U; }));
  const Json reported = incidents().at(0);
  EXPECT_EQ(reported.at("sender"), lab_.agencies()[0].code);
  EXPECT_EQ(reported.at("address"), lab_.agencies()[0].address);
  EXPECT_EQ(reported.at("state"), "reported");
  EXPECT_EQ(reported.at("stopped"), 2);
  EXPECT_EQ(reported.at("holding"), 0);
  EXPECT_TRUE(is_seen([&] { return clerk.reasons_of(document).size() == 2U; }));
  for (const auto& [agency, reason] : clerk.reasons_of(document)) {
    EXPECT_NE(reason.find("infected"), std::string::npos) << agency << ": " << reason;
  }

  const std::string centre = lab_.centres()[0].code;
  const std::string id = reported.at("incident").get<std::string>();
  officers_.run({"--socket", lab_.socket_of("centre").string(), "incident", id, "--control",
                 "已請來源機關停機清查", "--person", "林維運"},
                "centre");
  EXPECT_TRUE(is_seen([&] { return incidents().at(0).at("state") == "controlled"; }))
      << incidents();
  const Json reviewed =
      over_https({"incident", centre, id, "--confidentiality", "1", "--integrity", "2",
                  "--availability", "1", "--note", "受文者均未取得"});
  EXPECT_EQ(reviewed.value("level", 0), 2) << reviewed;
  EXPECT_TRUE(reviewed.at("late").empty()) << reviewed;
  EXPECT_TRUE(on_host({"grounds"}).at("items").empty());
  over_https({"incident", centre, id, "--confidentiality", "3", "--integrity", "2",
              "--availability", "1", "--note", "含個人資料"});
  const Json grounds = on_host({"grounds"}).at("items");
  ASSERT_EQ(grounds.size(), 1U) << grounds;
  EXPECT_EQ(grounds[0].at("code"), lab_.agencies()[0].code);
  EXPECT_EQ(grounds[0].at("ground"), "十三(一)");
}

}  // namespace
}  // namespace yizhan
