#include "role/terminal/routes_test.h"

#include "tests/support/clause.h"

namespace yizhan {
namespace {

struct LargestBody {
  Method method;
  std::string path;
  std::size_t bytes;
};

void expect_time_for_a_slow_line(const Router& router, const LargestBody& body) {
  const Route* route = router.find(body.method, body.path).route;
  ASSERT_NE(route, nullptr) << body.path;
  EXPECT_GE(route->limits.body_bytes_max, body.bytes) << body.path;
  const auto needed = std::chrono::milliseconds(route->limits.body_bytes_max / 125);  // 1 Mbit/s
  EXPECT_GE(route->limits.deadline, needed + needed / 2) << body.path;
}

TEST_F(TerminalApi, TakesAFilePieceByPieceAndGoesOnAfterABreak) {
  const std::string draft = new_draft();
  EXPECT_EQ(json_of(put(draft, "附件.txt", bytes_of("first "), 0)).at("size"), 6);
  const Response gap = put(draft, "附件.txt", bytes_of("third"), 12);
  EXPECT_EQ(gap.status, 409);
  EXPECT_EQ(json_of(gap).at("code"), "conflict");
  EXPECT_EQ(get("/drafts/" + draft).at("files"), Json({{{"name", "附件.txt"}, {"size", 6}}}));
  EXPECT_EQ(json_of(put(draft, "附件.txt", bytes_of("second"), 6)).at("size"), 12);
  // From the beginning again: what was longer is gone.
  EXPECT_EQ(json_of(put(draft, "附件.txt", bytes_of("new"), 0)).at("size"), 3);
  EXPECT_EQ(ask(Method::kDelete, "/api/v1/drafts/" + draft).status, 204);
  EXPECT_EQ(ask(Method::kGet, "/api/v1/drafts/" + draft).status, 404);
  EXPECT_EQ(put(draft, "附件.txt", bytes_of("late")).status, 404);
  const std::string other = new_draft();
  put(other, "附件.txt", bytes_of("wrong one"));
  const std::string file = "/api/v1/drafts/" + other + "/files/" + percent_encode("附件.txt");
  EXPECT_EQ(ask(Method::kDelete, file).status, 204);
  EXPECT_TRUE(get("/drafts/" + other).at("files").empty());
}

TEST_F(TerminalApi, GivesASlowLineTheTimeForTheLargestBody) {
  expect_time_for_a_slow_line(router_, {Method::kPut, "/api/v1/drafts/a/files/b", 1U << 20});
  expect_time_for_a_slow_line(router_, {Method::kPost, "/api/v1/drafts/a/sending", 4U << 20});
  expect_time_for_a_slow_line(router_,
                              {Method::kPost, "/api/v1/validation", 3 * (4U << 20) * 4 / 3});
}

TEST_F(TerminalApi, RefusesNamesThatAreNoFileNames) {
  const std::string draft = new_draft();
  EXPECT_EQ(json_of(put(draft, "a:b.txt", bytes_of("x"))).at("code"), "attachment_name");
}

TEST_F(TerminalApi, TakesALetterOnceHoweverOftenItIsHandedIn) {
  const std::string draft = letter_draft();
  const Response first = post("/drafts/" + draft + "/sending", letter_order(), "key-1");
  ASSERT_EQ(first.status, 202) << text_of(first.body);
  const Json document = json_of(first);
  EXPECT_EQ(document.at("state"), "drafted");
  EXPECT_EQ(document.at("person"), "王小明");
  EXPECT_EQ(document.at("files").at(0).size(), 4U);
  const Response again = post("/drafts/" + draft + "/sending", letter_order(), "key-1");
  EXPECT_EQ(json_of(again).at("id"), document.at("id"));
  EXPECT_EQ(get("/documents").at("items").size(), 1U);
  // The same key for other content.
  Json other = letter_order();
  other["pairs"][0]["files"] = {"1150001234-ATTCH2.pdf", "1150001234-ATTCH1.odt"};
  const Response refused = post("/drafts/" + draft + "/sending", other, "key-1");
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(json_of(refused).at("code"), "idempotency_mismatch");
}

TEST_F(TerminalApi, TellsTheClerkWhatIsWrongAndStoresNothing) {
  const std::string draft = letter_draft(false);
  const Response refused = post("/drafts/" + draft + "/sending", letter_order(false), "key-1");
  ASSERT_EQ(refused.status, 422);
  EXPECT_EQ(refused.content_type, "application/problem+json");
  const Json problem = json_of(refused);
  EXPECT_EQ(problem.at("code"), "document_invalid");
  ASSERT_FALSE(problem.at("issues").empty());
  EXPECT_EQ(problem.at("issues").at(0).at("file"), "1150001234.di");
  EXPECT_NE(problem.at("issues").at(0).at("remedy"), "");
  EXPECT_TRUE(get("/documents").at("items").empty());
}

TEST_F(TerminalApi, RefusesAFileThatIsMissingOrNotWhatItsDigestSays) {
  const std::string draft = letter_draft();
  Json order = letter_order();
  order["digests"] = {{"1150001234.di", std::string(64, '0')}};
  const Response mismatch = post("/drafts/" + draft + "/sending", order, "key-1");
  EXPECT_EQ(json_of(mismatch).at("code"), "group_mismatch");
  order = letter_order();
  order["pairs"][0]["files"].push_back("other.pdf");
  const Response missing = post("/drafts/" + draft + "/sending", order, "key-1");
  EXPECT_EQ(json_of(missing).at("code"), "attachment_missing");
  order = letter_order();
  order.erase("person");
  EXPECT_EQ(post("/drafts/" + draft + "/sending", order, "key-1").status, 400);
}

TEST_F(TerminalApi, ValidatesWithoutStoring) {
  Json question = {{"di", to_base64(fixture("letter.di"))},
                   {"sw", to_base64(fixture("letter.sw"))},
                   {"files",
                    {{{"name", "1150001234-ATTCH1.odt"}, {"size", 3}},
                     {{"name", "1150001234-ATTCH2.pdf"}, {"size", 3}}}}};
  const Json good = json_of(post("/validation", question));
  EXPECT_EQ(good.at("valid"), true) << good.dump();
  EXPECT_EQ(good.at("document").at("number"), "測資字第1150001234號");
  EXPECT_TRUE(good.at("warnings").empty());
  EXPECT_EQ(good.at("document").at("recipients").size(), 3U);
  ASSERT_EQ(good.at("document").at("paper_recipients").size(), 1U);
  EXPECT_EQ(good.at("document").at("paper_recipients").at(0).at("name"), "霧峽鎮公所");
  question["paper"] = {{"recipients", {{{"org_code", "T38100000C"}}}}};
  const Json chosen = json_of(post("/validation", question)).at("document");
  EXPECT_EQ(chosen.at("recipients").size(), 2U);
  EXPECT_EQ(chosen.at("paper_recipients").at(0).at("cause"), "chosen");
  question["files"].push_back({{"name", "table.xlsx"}, {"size", 5}});
  const Json other = json_of(post("/validation", question));
  EXPECT_EQ(other.at("warnings").at(0).at("file"), "table.xlsx");
  question["di"] = to_base64(bytes_of("<函>"));
  const Json bad = json_of(post("/validation", question));
  EXPECT_EQ(bad.at("valid"), false);
  EXPECT_EQ(bad.at("issues").at(0).at("file"), "document.di");
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path / "objects/partial"));
}

TEST_F(TerminalApi, ShowsEachRecipientOnceTheDocumentIsSealed) {
  const std::string id = sent_letter();
  seal();
  const Json document = get("/documents/" + id);
  ASSERT_EQ(document.at("state"), "sealed") << document.dump();
  ASSERT_EQ(document.at("packages").size(), 1U);
  const Json& recipients = document.at("packages").at(0).at("recipients");
  ASSERT_EQ(recipients.size(), 3U);
  EXPECT_EQ(recipients.at(0).at("state"), "waiting");
  const Json list = get("/documents?state=sealed");
  EXPECT_EQ(list.at("items").at(0).at("recipients_by_state"), Json({{"waiting", 3}}));
  clock_.pass(std::chrono::hours{25});
  EXPECT_EQ(get("/unconfirmed?hours=24").at("items").size(), 3U);
  EXPECT_TRUE(get("/unconfirmed?hours=48").at("items").empty());
}

TEST_F(TerminalApi, ListsElectronicAndPaperRecipientsApart) {
  Json order = letter_order();
  order["paper"] = {{"recipients", {{{"org_code", "T38100000C"}}}}};
  const Response sent = post("/drafts/" + letter_draft() + "/sending", order, "key-1");
  ASSERT_EQ(sent.status, 202) << text_of(sent.body);
  EXPECT_EQ(json_of(sent).at("paper_recipients").size(), 2U) << "told at once";
  seal();
  const Json document = get("/documents/" + json_of(sent).at("id").get<std::string>());
  ASSERT_EQ(document.at("state"), "sealed") << document.dump();
  EXPECT_EQ(document.at("packages").at(0).at("recipients").size(), 2U);
  const Json& paper = document.at("paper_recipients");
  ASSERT_EQ(paper.size(), 2U);
  EXPECT_EQ(paper.at(0).at("name"), "雲岫市政府");
  EXPECT_EQ(paper.at(0).at("cause"), "chosen");
  EXPECT_EQ(paper.at(1).at("name"), "霧峽鎮公所");
  EXPECT_EQ(paper.at(1).at("copy_kind"), "cc");
  order["paper"] = {{"recipients", {{{"org_code", "T99900000Z"}}}}};
  const Response refused = post("/drafts/" + letter_draft() + "/sending", order, "key-2");
  EXPECT_EQ(json_of(refused).at("issues").at(0).at("code"), "paper_recipient_unknown");
}

TEST_F(TerminalApi, PagesThroughTheOutboxFromTheNewestOn) {
  for (const char* key : {"key-1", "key-2", "key-3"}) {
    sent_letter(key);
    clock_.pass(std::chrono::seconds{1});
  }
  const Json first = get("/documents?limit=2");
  ASSERT_EQ(first.at("items").size(), 2U);
  EXPECT_EQ(first.at("items").at(0).at("key"), "key-3");
  const Json second = get("/documents?limit=2&before=" + first.at("next").get<std::string>());
  ASSERT_EQ(second.at("items").size(), 1U);
  EXPECT_EQ(second.at("items").at(0).at("key"), "key-1");
  EXPECT_FALSE(second.contains("next"));
  EXPECT_EQ(ask(Method::kGet, "/api/v1/documents?limit=0").status, 400);
}

TEST_F(TerminalApi, CancelsWhatIsNotSealedYet) {
  const std::string id = sent_letter();
  const Json wish = {{"kind", "stop"}, {"reason", "誤植"}, {"person", "王小明"}};
  const Response answer = post("/documents/" + id + "/withdrawal", wish);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json_of(answer).at("document").at("state"), "cancelled");
  seal();
  EXPECT_TRUE(get("/documents/" + id).at("packages").empty());
}

TEST_F(TerminalApi, TellsForEachRecipientWhatAWithdrawalDid) {
  const std::string id = sent_letter();
  seal();
  Json wish = {{"kind", "stop"}, {"reason", "誤植"}, {"person", "王小明"}};
  wish["org_code"] = "T37600000B";
  const Response one = post("/documents/" + id + "/withdrawal", wish);
  EXPECT_EQ(one.status, 409);
  EXPECT_NE(json_of(one).at("detail").get<std::string>().find("請待中心受理"), std::string::npos);
  wish.erase("org_code");
  const Json all = json_of(post("/documents/" + id + "/withdrawal", wish));
  EXPECT_EQ(all.at("recipients").size(), 3U);
  EXPECT_TRUE(all.at("refused").empty());
  wish["kind"] = "paper";
  EXPECT_EQ(json_of(post("/documents/" + id + "/withdrawal", wish)).at("code"), "conflict");
}

TEST_F(TerminalApi, HandsOutWhatWasReceivedAndTakesTheConfirmation) {
  CLAUSE("五(一)9");
  const std::string id = received_mail();
  const Json mail = get("/inbox/" + id);
  EXPECT_EQ(mail.at("sender_name"), "澤林縣政府");
  ASSERT_EQ(mail.at("parts").size(), 1U);
  const Bytes di = fixture("letter.di");
  EXPECT_EQ(ask(Method::kGet, "/api/v1/inbox/" + id + "/parts/0").body, di);
  const Response piece =
      ask(Method::kGet, "/api/v1/inbox/" + id + "/parts/0?offset=10&length=5");
  EXPECT_TRUE(std::ranges::equal(piece.body, ByteView(di).subspan(10, 5)));
  EXPECT_EQ(ask(Method::kGet, "/api/v1/inbox/" + id + "/parts/1").status, 404);
  const Response confirmed =
      post("/inbox/" + id + "/confirmation", {{"person", "陳大文"}});
  EXPECT_EQ(json_of(confirmed).at("state"), "confirmed");
  EXPECT_EQ(get("/inbox/" + id + "/history").at("items").size(), 2U);
  // Only now the officer reads it.
  const Response returned =
      post("/inbox/" + id + "/return", {{"kind", "misdirected"}, {"person", "陳大文"}});
  EXPECT_EQ(json_of(returned).at("state"), "returned");
  const Response late = post("/inbox/" + id + "/confirmation", {{"person", "陳大文"}});
  EXPECT_EQ(json_of(late).at("code"), "step_not_allowed");
}

TEST_F(TerminalApi, TakesAReturnWithItsReason) {
  const std::string id = received_mail();
  const Json wish = {{"kind", "other"}, {"person", "陳大文"}};
  EXPECT_EQ(post("/inbox/" + id + "/return", wish).status, 400);
  Json with_note = wish;
  with_note["note"] = "非本機關業務";
  const Json mail = json_of(post("/inbox/" + id + "/return", with_note));
  EXPECT_EQ(mail.at("state"), "returned");
  EXPECT_EQ(mail.at("person"), "陳大文");
  EXPECT_EQ(json_of(post("/inbox/" + id + "/return", with_note)), mail);
  with_note["note"] = "另有原因";
  const Response other = post("/inbox/" + id + "/return", with_note);
  EXPECT_EQ(other.status, 409);
  EXPECT_EQ(json_of(other).at("code"), "conflict");
}

TEST_F(TerminalApi, FindsAgenciesBeforeTheirUnits) {
  const Json all = get("/address-book?q=" + percent_encode("測試部"));
  EXPECT_EQ(all.at("total"), 2);
  EXPECT_EQ(all.at("items").at(0).at("unit_code"), "");
  EXPECT_EQ(all.at("items").at(1).at("unit_code"), "U010001");
  EXPECT_EQ(all.at("items").at(0).at("can_receive"), true);
  const Json first = get("/address-book?limit=1&q=" + percent_encode("測試部"));
  const Json next = get("/address-book?limit=1&q=" + percent_encode("測試部") +
                        "&after=" + first.at("next").get<std::string>());
  EXPECT_EQ(next.at("items").at(0).at("unit_code"), "U010001");
  // 臺 is found by 台, and the other way round.
  EXPECT_EQ(get("/address-book?q=" + percent_encode("台岫 政府")).at("total"), 1);
  EXPECT_EQ(get("/address-book?q=" + percent_encode("臺岫")).at("total"), 1);
  EXPECT_EQ(get("/address-book?q=T376").at("items").at(0).at("name"), "澤林縣政府");
}

TEST_F(TerminalApi, TellsWhatItTakes) {
  const Json limits = get("/limits");
  EXPECT_GT(limits.at("package_bytes_max"), limits.at("document_bytes_max"));
  EXPECT_FALSE(limits.at("attachment_types").empty());
}

TEST_F(TerminalApi, ListsTheInboxByState) {
  const std::string id = received_mail();
  EXPECT_EQ(get("/inbox?state=received").at("items").at(0).at("id"), id);
  EXPECT_TRUE(get("/inbox?state=returned").at("items").empty());
  EXPECT_EQ(ask(Method::kGet, "/api/v1/inbox?state=lost").status, 400);
}

TEST_F(TerminalApi, SaysWhatItIsWaitingFor) {
  sent_letter();
  const Json status = get("/status");
  EXPECT_EQ(status.at("agency"), "測試部");
  EXPECT_EQ(status.at("keyholder").at("ready"), false);
  EXPECT_EQ(status.at("scanner").at("ready"), false);
  EXPECT_EQ(status.at("directory").at("expired"), false);
  EXPECT_EQ(status.at("outbox").at(0).at("state"), "drafted");
  EXPECT_EQ(status.at("oldest_waiting"), kTestNow.text());
}

TEST_F(TerminalApi, WarnsOfCertificatesThatEndSoon) {
  const Json first = get("/status").at("certificates").at(0);
  EXPECT_EQ(first.at("state"), "good");
  EXPECT_TRUE(get("/worklist").at("certificates").empty());
  // At its very end it is past; a day before, and for a month, it is said ahead.
  clock_.pass(Time::parse(first.at("until").get<std::string>()).value() - clock_.now());
  EXPECT_EQ(get("/status").at("certificates").at(0).at("state"), "expired");
  clock_.pass(-std::chrono::hours{24});
  const Json warned = get("/worklist").at("certificates");
  ASSERT_FALSE(warned.empty());
  EXPECT_EQ(warned.at(0).at("state"), "soon");
}

TEST_F(TerminalApi, ShowsWhatItsCentreOwesWithTheSignedEvidence) {
  EXPECT_EQ(get("/status").at("proofs").at("overdue"), 0);
  const Statement held{.type = EvidenceType::kHeld,
                       .message = {own_, MessageId::generate(kTestNow)},
                       .header_sha256 = sha256(bytes_of("header")),
                       .actor = {exchange_.first.code,
                                 exchange_.first.evidence.certificate().sha256(), {}, {}},
                       .reason = Reason::kInfected,
                       .time = kTestNow};
  const SignedStatement evidence = sign_statement(held, exchange_.first.evidence).value();
  database_.transact([&](Transaction& tx) {
    EvidenceStore().add(tx, evidence, false);
    const EvidenceId id = EvidenceStore().find(tx, evidence.sha256)->id;
    ProofStore().await(tx, id, kTestNow);
    const Refusal why{Reason::kNotFound, ""};
    ProofStore().postpone(tx, {id, kTestNow, kTestNow, 3, why, true});
  });
  const Json status = get("/status");
  EXPECT_EQ(status.at("proofs").at("awaited"), 1);
  EXPECT_EQ(status.at("proofs").at("overdue"), 1);
  EXPECT_EQ(status.at("proofs").at("oldest"), kTestNow.text());
  const Json item = get("/unproven").at("items").at(0);
  EXPECT_EQ(item.at("kind"), "Held");
  EXPECT_EQ(item.at("reason").at("code"), "not_found");
  EXPECT_EQ(from_base64(item.at("cms").get<std::string>()), evidence.cms);
}

TEST_F(TerminalApi, TellsThatSomethingChanged) {
  const std::int64_t now = get("/events?after=0").at("next");
  EXPECT_EQ(ask(Method::kGet, "/api/v1/events?after=" + std::to_string(now)).status, 204);
  sent_letter();
  EXPECT_GT(get("/events?wait=5&after=" + std::to_string(now)).at("next"), now);
}

TEST_F(TerminalApi, TellsItAsServerSentEvents) {
  const auto listen = [&](const std::string& last, const std::string& query = "") {
    Headers headers = {{"Accept", "text/event-stream"}};
    if (!last.empty()) headers.emplace_back("Last-Event-ID", last);
    const Response answer = ask(Method::kGet, "/api/v1/events" + query, {}, headers);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, "text/event-stream");
    return std::string(text_of(answer.body));
  };
  const auto id_in = [](const std::string& event) {
    const auto begin = event.find("id: ") + 4;
    return event.substr(begin, event.find('\n', begin) - begin);
  };
  const std::string first = listen("");
  EXPECT_EQ(first.find("retry: 100\nid: "), 0) << first;
  EXPECT_NE(first.find("\nevent: change\ndata: {"), std::string::npos) << first;
  EXPECT_TRUE(first.ends_with("\n\n")) << first;
  // Nothing new: a comment, so that the reader comes again.
  EXPECT_EQ(listen(id_in(first), "?wait=0"), ": nothing has changed\n\n");
  // Missed while it was away, and after a restart of the terminal: at once.
  sent_letter();
  const std::string second = listen(id_in(first));
  EXPECT_GT(std::stoll(id_in(second)), std::stoll(id_in(first)));
  EXPECT_NE(second.find("drafted"), std::string::npos) << second;
  EXPECT_EQ(id_in(listen("1")), id_in(second));
  EXPECT_EQ(id_in(listen("no number")), id_in(second));
  // And without saying how long, it waits for the next.
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
    bell_.ring();
  });
  EXPECT_GT(std::stoll(id_in(listen(id_in(second)))), std::stoll(id_in(second)));
  later.join();
}

TEST_F(TerminalApi, AdmitsOnlyThoseWhoAreListed) {
  make_directory(folder_.path / "clients");
  ApiAccess access({database_, journal_, clock_, {4711}, folder_.path / "clients"});
  EXPECT_TRUE(access.admit({.address = "unix", .uid = 0}).ok());
  EXPECT_TRUE(access.admit({.address = "unix", .uid = ::geteuid()}).ok());
  EXPECT_TRUE(access.admit({.address = "unix", .uid = 4711}).ok());
  EXPECT_EQ(access.admit({.address = "unix", .uid = 4712}).reason(), Reason::kForbidden);
  const Peer system{.address = "192.0.2.7", .certificate = exchange_.b.tls.certificate()};
  EXPECT_EQ(access.admit(system).reason(), Reason::kCertificateUnregistered);
  write_durably(folder_.path / "clients/dms.pem",
                bytes_of(exchange_.b.tls.certificate().pem()));
  EXPECT_TRUE(access.admit(system).ok());
  const auto refused = database_.read([](Transaction& tx) {
    return JournalStore(tx).entries({.from = kTestNow - std::chrono::hours{1},
                                     .to = kTestNow + std::chrono::hours{1},
                                     .event = "connection_refused",
                                     .after_at = {},
                                     .after_id = ""});
  });
  EXPECT_EQ(refused.size(), 2U);
}

}  // namespace
}  // namespace yizhan
