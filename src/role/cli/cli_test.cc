#include "role/cli/cli.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <sstream>
#include <thread>

#include "ground/net/net.h"
#include "tests/support/export_scene.h"

namespace yizhan {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  int exit;
  std::string out;
  std::string err;
};

Outcome yizhan_says(std::vector<std::string> arguments) {
  std::ostringstream out, err;
  const int code = run_cli(std::move(arguments), {out, err, false});
  return {code, out.str(), err.str()};
}

std::string fixture(const std::string& name) {
  const char* source = std::getenv("YIZHAN_SOURCE");
  return std::string(source == nullptr ? "." : source) + "/tests/fixtures/documents/" + name;
}

std::string text_of_file(const std::string& name) {
  std::ifstream file(name);
  return {std::istreambuf_iterator<char>(file), {}};
}

constexpr const char* kDraft = "01980000-0000-7000-8000-000000000001";

class CommandLine : public ::testing::Test {
 protected:
  CommandLine() {
    std::string name = (fs::temp_directory_path() / "yizhan-cli-XXXXXX").string();
    YZ_ASSERT(::mkdtemp(name.data()) != nullptr);
    root_ = name;
  }
  ~CommandLine() override { fs::remove_all(root_); }

  std::string path(const std::string& name) const { return (root_ / name).string(); }
  // letter.di with the roster and the attachment that it declares.
  void put_letter() const {
    fs::copy_file(fixture("valid/104_utf8/split.di"), path("letter.di"));
    fs::copy_file(fixture("valid/104_utf8/split.sw"), path("1150001240.sw"));
    std::ofstream(path("1150001240-ATTCH1.pdf")) << "an enclosure";
  }

  fs::path root_;
};

const std::vector<std::vector<std::string>> kCommands = {{"send"},
                                                         {"outbox"},
                                                         {"inbox"},
                                                         {"receive"},
                                                         {"confirm"},
                                                         {"return"},
                                                         {"status"},
                                                         {"history"},
                                                         {"recipients"},
                                                         {"withdraw"},
                                                         {"unconfirmed"},
                                                         {"export"},
                                                         {"verify"},
                                                         {"audit-log"},
                                                         {"account"},
                                                         {"unproven"},
                                                         {"address-book"},
                                                         {"validate"},
                                                         {"render"},
                                                         {"limits"},
                                                         {"events"},
                                                         {"doctor"},
                                                         {"check"},
                                                         {"centre", "status"},
                                                         {"centre", "held"},
                                                         {"centre", "accounting"},
                                                         {"centre", "release"},
                                                         {"centre", "stop"},
                                                         {"centre", "decide"}};

TEST_F(CommandLine, ExplainsEveryCommandInChinese) {
  for (std::vector<std::string> command : kCommands) {
    command.emplace_back("--help");
    const Outcome help = yizhan_says(command);
    EXPECT_EQ(help.exit, 0) << command[0];
    EXPECT_NE(help.out.find("用法"), std::string::npos) << help.out;
  }
  EXPECT_NE(yizhan_says({"--help"}).out.find("範例"), std::string::npos);
}

TEST_F(CommandLine, AnswersTwoForWrongUse) {
  EXPECT_EQ(yizhan_says({}).exit, 2);
  EXPECT_EQ(yizhan_says({"fly"}).exit, 2);
  EXPECT_EQ(yizhan_says({"receive", "0198"}).exit, 2);  // --into is missing
  EXPECT_EQ(yizhan_says({"return", "0198", "--kind", "bored"}).exit, 2);
  EXPECT_EQ(yizhan_says({"verify", path("absent"), "--trust", path("absent")}).exit, 2);
}

TEST_F(CommandLine, TellsMachinesOfWrongUseAndOfAccidentsInJson) {
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"--json"}, {"fly", "--json"}, {"receive", "0198", "--json"}}) {
    const Outcome outcome = yizhan_says(wrong);
    EXPECT_EQ(outcome.exit, 2);
    const Json problem = Json::parse(outcome.out);
    EXPECT_EQ(problem.at("code"), "bad_request");
    EXPECT_NE(problem.at("detail").get<std::string>().find("--help"), std::string::npos);
    EXPECT_EQ(outcome.err, "");
  }
  EXPECT_EQ(yizhan_says({"--json", "--help"}).exit, 0);
}

TEST_F(CommandLine, AnswersThreeWhenNobodyListens) {
  const Outcome outcome = yizhan_says({"--terminal", path("none.sock"), "inbox"});
  EXPECT_EQ(outcome.exit, 3);
  EXPECT_NE(outcome.err.find(path("none.sock")), std::string::npos) << outcome.err;
  EXPECT_EQ(yizhan_says({"centre", "--socket", path("none.sock"), "held"}).exit, 3);
}

TEST_F(CommandLine, RefusesAnIdThatIsNoneWithoutAsking) {
  const Outcome outcome = yizhan_says({"--terminal", path("none.sock"), "status", "../x"});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_NE(outcome.err.find("bad_request"), std::string::npos) << outcome.err;
}

// A terminal's words, by the real server.
class AnsweringTerminal : public CommandLine {
 protected:
  void answer(Method method, const std::string& pattern, Response response) {
    router_.add(method, pattern, {}, [response](const Request&) { return response; });
  }
  Outcome ask(std::vector<std::string> arguments) {
    ListenerConfig listener;
    listener.unix_path = path("t.sock");
    ServerConfig config;
    config.access_log = [](const AccessRecord&) {};
    Server server({listener}, router_, config);
    server.start();
    arguments.insert(arguments.begin(), {"--terminal", listener.unix_path});
    Outcome outcome = yizhan_says(std::move(arguments));
    server.stop();
    return outcome;
  }

  Router router_;
};

TEST_F(AnsweringTerminal, IsQuotedWithReasonRemedyAndCode) {
  answer(Method::kGet, "/api/v1/documents/{id}", Response::problem({Reason::kNotFound, {}}));
  answer(Method::kGet, "/api/v1/inbox/{id}",
         Response::problem({Reason::kAgencySuspended, "澤林縣政府"}));
  const std::string id = Uuid::generate(SystemClock().now()).text();
  const Outcome outcome = ask({"status", id});
  EXPECT_EQ(outcome.exit, 1);
  for (const char* words : {"agency_suspended", "澤林縣政府", "處理："}) {
    EXPECT_NE(outcome.err.find(words), std::string::npos) << outcome.err;
  }
}

TEST_F(AnsweringTerminal, IsPassedOnAsItIsForMachines) {
  const Json page = {{"items", {{{"id", "x"}, {"subject", "主旨\x1b"}}}}};
  answer(Method::kGet, "/api/v1/inbox", Response::json(200, page));
  const Outcome outcome = ask({"inbox", "--json"});
  EXPECT_EQ(outcome.exit, 0);
  EXPECT_EQ(Json::parse(outcome.out), page);
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 1);
}

TEST_F(AnsweringTerminal, IsACentreForItsOperators) {
  answer(Method::kGet, "/v1/operator/status",
         Response::json(200, {{"centre", "CENTRE-1"},
                              {"packages", {{"held", 3}, {"done", 12}}},
                              {"recipients", {{"held", {{"count", 6}, {"oldest", ""}}}}},
                              {"accounting",
                               {{"accepted", 18},
                                {"taken_over", 3},
                                {"finals", 12},
                                {"passed_on", 3},
                                {"pending", 6},
                                {"balanced", true}}},
                              {"queues", {{{"centre", "CENTRE-2"}, {"count", 4}, {"oldest", ""}}}},
                              {"directory", {{"version", 7}}}}));
  const Outcome outcome = ask({"centre", "--socket", path("t.sock"), "status"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("受理 18 + 接管 3 = 完結 12 + 移交 3 + 待辦 6：相符"),
            std::string::npos)
      << outcome.out;
  EXPECT_NE(outcome.out.find("待移交 CENTRE-2：4 件"), std::string::npos) << outcome.out;
  for (const char* words : {"CENTRE-1", "第 7 版", "done         12", "受文者 held  6"}) {
    EXPECT_NE(outcome.out.find(words), std::string::npos) << outcome.out;
  }
}

TEST_F(AnsweringTerminal, TellsOperatorsWhoWitnessesTheLogAndWhoDoesNot) {
  const Json why = {{"code", "proof_mismatch"}, {"detail", "日誌分叉"}};
  answer(Method::kGet, "/v1/operator/status",
         Response::json(
             200, {{"log",
                    {{"size", 41},
                     {"required", 2},
                     {"cosigned_size", 40},
                     {"standing",
                      {{"shown", true}, {"held", true}, {"uncosigned_since", ""}, {"why", why}}},
                     {"witnesses",
                      {{{"centre", "CENTRE-2"}, {"disagrees", true}, {"why", why}},
                       {{"centre", "CENTRE-3"}, {"disagrees", false}}}},
                     {"timestamps", {{{"authority", "tsa-1"}, {"size", 39}}}}}}}));
  const Outcome outcome = ask({"centre", "--socket", path("t.sock"), "status"});
  for (const char* words : {"日誌 41 筆，經見證者共同簽署 40 筆；每一檢查點須 2 個見證者",
                            "暫不受理新件", "見證者所見之歷史不同", "CENTRE-2：日誌分叉",
                            "時戳機構 tsa-1 核發至 39 筆"}) {
    EXPECT_NE(outcome.out.find(words), std::string::npos) << words << "\n" << outcome.out;
  }
  EXPECT_EQ(outcome.out.find("CENTRE-3"), std::string::npos) << outcome.out;
}

TEST_F(AnsweringTerminal, GivesTheSignedEvidenceThatItsCentreHasNotProven) {
  const std::string name = sha256(bytes_of("evidence")).hex();
  answer(Method::kGet, "/api/v1/unproven",
         Response::json(200, {{"items",
                               {{{"evidence", name},
                                 {"kind", "A.1"},
                                 {"message_id", "0198"},
                                 {"since", "2026-11-22T06:00:00Z"},
                                 {"cms", to_base64(bytes_of("signed"))}}}}}));
  const Outcome outcome = ask({"unproven", "--into", path("owed")});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_NE(outcome.out.find(name), std::string::npos) << outcome.out;
  EXPECT_EQ(text_of_file(path("owed/" + name + ".p7m")), "signed");
}

TEST_F(AnsweringTerminal, GivesPartsOnlyWithTheirOwnContent) {
  const std::string id = Uuid::generate(SystemClock().now()).text();
  const auto part = [](const std::string& name, const std::string& content) {
    return Json{{"name", name}, {"length", 5}, {"sha256", sha256(bytes_of(content)).hex()}};
  };
  answer(Method::kGet, "/api/v1/inbox/{id}",
         Response::json(200, {{"parts", {part("a.di", "right"), part("b.odt", "other")}}}));
  Response piece;
  piece.content_type = "application/octet-stream";
  piece.body = copy_of(bytes_of("right"));
  answer(Method::kGet, "/api/v1/inbox/{id}/parts/{n}", piece);
  const Outcome outcome = ask({"receive", id, "--into", path("in/deep")});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_NE(outcome.err.find("b.odt"), std::string::npos) << outcome.err;
  EXPECT_TRUE(fs::exists(root_ / "in/deep/a.di"));
  EXPECT_FALSE(fs::exists(root_ / "in/deep/b.odt"));
}

TEST_F(CommandLine, LooksForDeclaredFilesBesideTheLetterOnly) {
  put_letter();
  std::string di = text_of_file(path("letter.di"));
  const std::string declared = "\"1150001240.sw\"";
  di.replace(di.find(declared), declared.size(), "\"../1150001240.sw\"");
  std::ofstream(path("letter.di")) << di;
  for (const char* command : {"validate", "send"}) {
    const Outcome outcome = yizhan_says({"--terminal", path("none.sock"), command,
                                         path("letter.di")});
    EXPECT_EQ(outcome.exit, 1);
    EXPECT_NE(outcome.err.find("attachment_name"), std::string::npos) << outcome.err;
  }
}

TEST_F(AnsweringTerminal, GetsTheMessageAndTheRenditionsToo) {
  put_letter();
  fs::copy_file(fixture("valid/104_utf8/resent.di"), path("again.di"));
  fs::copy_file(fixture("valid/104_utf8/message.dm"), path("1150001240.dm"));
  std::string sw = text_of_file(path("1150001240.sw"));
  const std::string end = "</交換表單>";
  sw.insert(sw.find(end), "<內含本文與附件之可攜式文件檔名>all.pdf</內含本文與附件之可攜式文件檔名>");
  std::ofstream(path("1150001240.sw")) << sw;
  EXPECT_EQ(yizhan_says({"validate", path("again.di")}).exit, 1) << "all.pdf is missing";
  std::ofstream(path("all.pdf")) << "all in one";
  const Outcome valid = yizhan_says({"validate", path("again.di")});
  EXPECT_EQ(valid.exit, 0) << valid.err;
  answer(Method::kPost, "/api/v1/drafts", Response::json(201, {{"draft", kDraft}}));
  answer(Method::kGet, "/api/v1/drafts/{draft}",
         Response::json(200, {{"draft", kDraft}, {"files", Json::array()}}));
  answer(Method::kPut, "/api/v1/drafts/{draft}/files/{name}", Response::json(200, Json::object()));
  Json order;
  router_.add(Method::kPost, "/api/v1/drafts/{draft}/sending", {}, [&](const Request& request) {
    order = Json::parse(text_of(request.body));
    return Response::problem(Refusal{Reason::kForbidden, ""});
  });
  ask({"send", path("again.di")});
  const Json pair = order.at("pairs").at(0);
  EXPECT_EQ(pair.at("dm"), "1150001240.dm");
  EXPECT_EQ(pair.at("renditions"), Json({"all.pdf"}));
  EXPECT_EQ(pair.at("files"), Json({"1150001240-ATTCH1.pdf"}));
}

TEST_F(AnsweringTerminal, GetsOnlyWhatIsMissingOfAnInterruptedUpload) {
  put_letter();
  const std::string draft = Uuid::generate(SystemClock().now()).text();
  const Json there = {{{"name", "another.di"}, {"size", 100}},
                      {{"name", "1150001240-ATTCH1.pdf"}, {"size", 12}}};
  answer(Method::kGet, "/api/v1/drafts/{draft}",
         Response::json(200, {{"draft", draft}, {"files", there}}));
  std::map<std::string, std::string> uploads;
  router_.add(Method::kPut, "/api/v1/drafts/{draft}/files/{name}", {.body_bytes_max = 1U << 20},
              [&](const Request& request) {
                uploads[request.parameters.at("name")] = request.query.at("offset");
                return Response::json(200, Json::object());
              });
  Json order;
  std::string key;
  router_.add(Method::kPost, "/api/v1/drafts/{draft}/sending", {}, [&](const Request& request) {
    order = Json::parse(text_of(request.body));
    key = std::string(request.header("Idempotency-Key").value_or(""));
    return Response::json(202, {{"id", draft}, {"state", "drafted"}});
  });
  const Outcome outcome = ask({"--json", "send", path("letter.di"), "--draft", draft});
  ASSERT_EQ(outcome.exit, 0) << outcome.err << outcome.out;
  EXPECT_EQ(uploads,
            (std::map<std::string, std::string>{{"letter.di", "0"}, {"1150001240.sw", "0"}}));
  EXPECT_EQ(order.at("pairs")[0].at("di"), "letter.di");
  EXPECT_EQ(order.at("pairs")[0].at("sw"), "1150001240.sw");
  EXPECT_EQ(order.at("pairs")[0].at("files")[0], "1150001240-ATTCH1.pdf");
  EXPECT_EQ(order.at("digests").at("1150001240-ATTCH1.pdf"),
            sha256(bytes_of("an enclosure")).hex());
  EXPECT_TRUE(key.starts_with("cli-"));
}

TEST_F(AnsweringTerminal, IsNotToBlameForAnAccidentWhichMachinesReadInJson) {
  const std::string id = Uuid::generate(SystemClock().now()).text();
  answer(Method::kGet, "/api/v1/inbox/{id}",
         Response::json(200, {{"id", id},
                              {"parts", {{{"name", "a.di"},
                                          {"length", 1},
                                          {"sha256", sha256({}).hex()}}}}}));
  std::ofstream(path("file")) << "not a folder";
  const Outcome accident = ask({"--json", "receive", id, "--into", path("file/below")});
  EXPECT_EQ(accident.exit, 1);
  EXPECT_EQ(Json::parse(accident.out).at("code"), "internal");
  EXPECT_EQ(accident.err, "");
}

class WaitingForALetter : public AnsweringTerminal {
 protected:
  // What `send --wait=1` says when its recipients stay in these states.
  Outcome sent(const std::vector<std::string>& states) {
    put_letter();
    const std::string id = Uuid::generate(SystemClock().now()).text();
    Json recipients = Json::array();
    for (const std::string& state : states) recipients.push_back({{"state", state}});
    const Json document = {{"id", id},
                           {"state", "sealed"},
                           {"packages", Json::array({{{"recipients", recipients}}})}};
    answer(Method::kPost, "/api/v1/drafts", Response::json(201, {{"draft", id}}));
    answer(Method::kGet, "/api/v1/drafts/{draft}",
           Response::json(200, {{"draft", id}, {"files", Json::array()}}));
    answer(Method::kPut, "/api/v1/drafts/{draft}/files/{name}",
           Response::json(200, Json::object()));
    answer(Method::kPost, "/api/v1/drafts/{draft}/sending", Response::json(202, document));
    answer(Method::kGet, "/api/v1/documents/{id}", Response::json(200, document));
    router_.add(Method::kGet, "/api/v1/events", {}, [](const Request&) {
      std::this_thread::sleep_for(std::chrono::milliseconds{300});
      return Response::json(200, {{"next", 1}});
    });
    return ask({"send", path("letter.di"), "--wait=1"});
  }
};

TEST_F(WaitingForALetter, IsDoneOnlyWhenEveryoneHasReceivedIt) {
  EXPECT_EQ(sent({"received", "confirmed"}).exit, 0);
}

TEST_F(WaitingForALetter, EndsWithOneWhenItWasStoppedForSomeone) {
  const Outcome outcome = sent({"received", "stopped"});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_EQ(outcome.err.find("等候已逾"), std::string::npos);
}

TEST_F(WaitingForALetter, DoesNotWaitForADecisionAboutWhatIsHeld) {
  const Outcome outcome = sent({"received", "held"});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_EQ(outcome.err.find("等候已逾"), std::string::npos);
}

TEST_F(WaitingForALetter, IsNotDoneWhenTheTimeIsOver) {
  const Outcome outcome = sent({"received", "consigned"});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_NE(outcome.err.find("等候已逾 1 秒"), std::string::npos) << outcome.err;
}

TEST_F(AnsweringTerminal, TellsWhatOfAWithdrawalWasRefused) {
  const Json reason = {{"code", "step_not_allowed"},
                       {"title", "目前狀態不允許此動作"},
                       {"detail", "請待中心受理"},
                       {"remedy", "請重新查詢公文狀態。"}};
  answer(Method::kPost, "/api/v1/documents/{id}/withdrawal",
         Response::json(200, {{"document", Json::object()},
                              {"recipients", Json::array()},
                              {"refused", {{{"message_id", "0198"}, {"reason", reason}}}}}));
  const std::string id = Uuid::generate(SystemClock().now()).text();
  const Outcome outcome = ask({"withdraw", id, "--reason", "誤植"});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_NE(outcome.err.find("請待中心受理"), std::string::npos) << outcome.err;
}

TEST_F(AnsweringTerminal, IsNotAskedToSendALetterWhoseAttachmentIsAbsent) {
  put_letter();
  fs::remove(path("1150001240-ATTCH1.pdf"));
  const Outcome outcome = ask({"send", path("letter.di")});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_NE(outcome.err.find("attachment_missing"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("1150001240-ATTCH1.pdf"), std::string::npos);
}

TEST_F(CommandLine, ValidatesALetterWithoutATerminal) {
  put_letter();
  const Outcome valid = yizhan_says({"validate", path("letter.di")});
  EXPECT_EQ(valid.exit, 0) << valid.err;
  fs::remove(path("1150001240-ATTCH1.pdf"));
  const Outcome incomplete = yizhan_says({"--json", "validate", path("letter.di")});
  EXPECT_EQ(incomplete.exit, 1);
  EXPECT_EQ(Json::parse(incomplete.out).at("issues")[0].at("code"), "attachment_missing");
}

TEST_F(CommandLine, NamesTheLineAndTheRemedyOfAnInvalidLetter) {
  const Outcome outcome = yizhan_says({"validate", fixture("trap/impossible_date.di")});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_NE(outcome.err.find("第 "), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("→"), std::string::npos);
}

TEST_F(CommandLine, RendersALetterWithoutATerminal) {
  const Outcome outcome = yizhan_says({"render", fixture("valid/104_utf8/letter.di")});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("主旨："), std::string::npos) << outcome.out;
  EXPECT_EQ(yizhan_says({"render", fixture("trap/doctype_dropped.di")}).exit, 1);
}

TEST_F(CommandLine, VerifiesAnExportWithoutATerminal) {
  ExportScene scene(root_);
  scene.write(root_ / "export");
  scene.write_trust(root_ / "trust");
  const std::vector<std::string> wish = {"verify", path("export"), "--trust", path("trust")};
  const Outcome valid = yizhan_says(wish);
  EXPECT_EQ(valid.exit, 0) << valid.err;
  for (const char* words : {"有效", "測試部（T01000000A）", "發文時間 115-10-02 10:00:00",
                            "澤林縣政府", "收文確認", "unwitnessed"}) {
    EXPECT_NE(valid.out.find(words), std::string::npos) << words << "\n" << valid.out;
  }

  const SoftwareKey other = scene.authority.issue({.subject = "other"});
  std::ofstream(root_ / "trust/directory/management.pem") << other.certificate().pem();
  const Outcome unknown = yizhan_says(wish);
  EXPECT_EQ(unknown.exit, 2);
  EXPECT_NE(unknown.out.find(scene.management.certificate().sha256().hex()), std::string::npos);

  // Nothing of it is told by a folder without anchors.
  fs::create_directory(root_ / "nothing");
  const Outcome anchorless = yizhan_says({"verify", path("export"), "--trust", path("nothing")});
  EXPECT_EQ(anchorless.exit, 2);
  EXPECT_NE(anchorless.err.find("請放入"), std::string::npos) << anchorless.err;

  std::ofstream(root_ / "export/more.txt") << "x";
  const Outcome broken = yizhan_says(wish);
  EXPECT_EQ(broken.exit, 1);
  EXPECT_NE(broken.err.find("more.txt"), std::string::npos) << broken.err;
}

TEST_F(CommandLine, AuditsALogAndSettlesItsAccountsWithoutACentre) {
  ExportScene scene(root_);
  scene.write(root_ / "export");
  std::ofstream(root_ / "log.crt") << scene.log_key.certificate().pem();
  const std::vector<std::string> wish = {"audit-log", path("log"),  "--certificate",
                                         path("log.crt"), "--kept",
                                         path("export/packages/01/proofs/01.json")};
  const Outcome sound = yizhan_says(wish);
  EXPECT_EQ(sound.exit, 0) << sound.err;
  EXPECT_NE(sound.out.find("未發現任何變更"), std::string::npos) << sound.out;
  const Outcome books = yizhan_says({"account", path("log")});
  EXPECT_EQ(books.exit, 0) << books.err;
  EXPECT_NE(books.out.find("受理（A.1）2 + 接管（B.1）0 = 完結 2"), std::string::npos) << books.out;
  EXPECT_EQ(Json::parse(yizhan_says({"account", path("log"), "--json"}).out).at("balanced"), true);
  EXPECT_EQ(yizhan_says({"account", path("log"), "--at", "soon"}).exit, 2);

  std::ofstream(root_ / "log/checkpoint") << "something else";
  const Outcome edited = yizhan_says(wish);
  EXPECT_EQ(edited.exit, 1);
  EXPECT_NE(edited.err.find("checkpoint"), std::string::npos) << edited.err;
  EXPECT_EQ(yizhan_says({"audit-log", path("log"), "--certificate", path("log.crt"), "--database",
                         path("absent.db")})
                .exit,
            2);
}

}  // namespace
}  // namespace yizhan
