#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "role/terminal/api_access.h"
#include "role/terminal/desk.h"
#include "role/terminal/inspection.h"
#include "tests/support/clause.h"
#include "tests/support/openssl_command.h"
#include "tests/support/small_exchange.h"
#include "way/seal/seal.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

namespace {

std::filesystem::path source_root() {
  const char* root = std::getenv("YIZHAN_SOURCE");
  return root == nullptr ? std::filesystem::current_path() : std::filesystem::path(root);
}

Bytes fixture(const std::string& name) {
  return read_file(source_root() / "tests/fixtures/documents/valid/104_utf8" / name, 1U << 20);
}

struct TestFolder {
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "yizhan-api-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path = name;
  }
  ~TestFolder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

// The engine is not the point here; it has tests of its own.
class LetAllPass final : public FileScanner {
 public:
  Result<ScannedPart> scan(const Part&, const FileHandle&) override { return ScannedPart{}; }
};

// The agencies of the fixtures' letters.
SmallExchange letter_exchange() {
  SmallExchange exchange;
  const auto rename = [&](std::size_t index, const std::string& code, const std::string& name) {
    exchange.agencies[index].code = OrgCode::parse(code).value();
    exchange.agencies[index].name = name;
    exchange.agencies[index].units.clear();
  };
  rename(0, "T01000000A", "測試部");
  rename(1, "T37600000B", "澤林縣政府");
  rename(2, "T38100000C", "雲岫市政府");
  rename(3, "T39000000D", "臺岫市政府");
  exchange.agencies[0].units = {{UnitCode::parse("U010001").value(), "測試部資訊處",
                                 Standing::kActive}};
  return exchange;
}

// A terminal without its loops: real stores, directory, children and server; no centre, keyholder
// or engine is there.
class TerminalApi : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    nursery_ = std::make_unique<Nursery>(Nursery::start(inspection_jobs(), 2));
  }
  static void TearDownTestSuite() { nursery_.reset(); }

  TerminalApi() {
    add_terminal_routes(router_, {database_, objects_, directory_, clock_, drafting_, check_,
                                  acknowledgement_, withdrawing_, exports_, status_, bell_, own_,
                                  ""});
    ListenerConfig listener;
    listener.unix_path = socket_of("api");
    server_ = std::make_unique<Server>(std::vector{listener}, router_,
                                       ServerConfig{.access_log = [](const AccessRecord&) {}});
    server_->start();
    client_ = std::make_unique<Client>(Endpoint{.unix_path = socket_of("api")});
  }
  ~TerminalApi() override { server_->stop(); }

  [[nodiscard]] std::string socket_of(const std::string& name) const {
    return (folder_.path / (name + ".sock")).string();
  }
  std::filesystem::path signed_directory() {
    const auto file = folder_.path / "directory.p7m";
    const Directory directory = exchange_.directory();
    write_durably(file, sign_directory(directory, exchange_.management, kTestNow).value());
    return file;
  }
  std::filesystem::path trust_folder() {
    const auto folder = folder_.path / "trust";
    for (const char* name : {"anchors", "intermediates", "revocation"}) {
      make_directory(folder / name);
    }
    write_durably(folder / "anchors/root.pem", bytes_of(exchange_.authority.root().pem()));
    write_durably(folder / "intermediates/issuing.pem",
                  bytes_of(exchange_.authority.intermediate().pem()));
    write_durably(folder / "revocation/issuing.crl",
                  exchange_.authority.crl(kTestNow, kTestNow + std::chrono::hours{24}));
    return folder;
  }
  Database& migrated() {
    migrate(database_, kMigrations, kTestNow);
    return database_;
  }

  Response ask(Method method, const std::string& path, Bytes body = {},
               const Headers& headers = {}) {
    const auto answer = client_->send({.method = method,
                                       .path_and_query = path,
                                       .headers = headers,
                                       .body = std::move(body)},
                                      std::chrono::seconds{30});
    EXPECT_TRUE(answer.ok()) << path;
    return answer ? *answer : Response{};
  }
  Json get(const std::string& path) {
    return Json::parse(text_of(ask(Method::kGet, "/api/v1" + path).body));
  }
  Response post(const std::string& path, const Json& body, const std::string& key = "") {
    Headers headers = {{"Content-Type", "application/json"}};
    if (!key.empty()) headers.emplace_back("Idempotency-Key", key);
    return ask(Method::kPost, "/api/v1" + path, canonical_json(body), headers);
  }
  static Json json_of(const Response& response) { return Json::parse(text_of(response.body)); }

  Response put(const std::string& draft, const std::string& name, ByteView bytes,
               std::uint64_t offset = 0) {
    return ask(Method::kPut,
               "/api/v1/drafts/" + draft + "/files/" + percent_encode(name) +
                   "?offset=" + std::to_string(offset),
               copy_of(bytes));
  }
  std::string new_draft() { return json_of(post("/drafts", Json::object())).at("draft"); }
  // The fixture's letter, whole unless something is left out.
  std::string letter_draft(bool with_attachments = true) {
    const std::string draft = new_draft();
    put(draft, "1150001234.di", fixture("letter.di"));
    put(draft, "1150001234.sw", fixture("letter.sw"));
    if (with_attachments) {
      put(draft, "1150001234-ATTCH1.odt", bytes_of("odt"));
      put(draft, "1150001234-ATTCH2.pdf", bytes_of("pdf"));
    }
    return draft;
  }
  static Json letter_order(bool with_attachments = true) {
    Json files = Json::array();
    if (with_attachments) files = {"1150001234-ATTCH1.odt", "1150001234-ATTCH2.pdf"};
    return {{"person", "王小明"},
            {"pairs", {{{"di", "1150001234.di"}, {"sw", "1150001234.sw"}, {"files", files}}}}};
  }
  void expect_time_for_a_slow_line(Method method, const std::string& path, std::size_t bytes) {
    const Route* route = router_.find(method, path).route;
    ASSERT_NE(route, nullptr) << path;
    EXPECT_GE(route->limits.body_bytes_max, bytes) << path;
    const auto needed = std::chrono::milliseconds(route->limits.body_bytes_max / 125);  // 1 Mbit/s
    EXPECT_GE(route->limits.deadline, needed + needed / 2) << path;
  }
  std::string sent_letter(const std::string& key = "key-1") {
    return json_of(post("/drafts/" + letter_draft() + "/sending", letter_order(), key)).at("id");
  }
  void seal() {
    Sealing sealing({database_, objects_, identity_, directory_, trust_.policy(),
                     exchange_.a.sign, judge_, let_all_pass_, journal_, clock_, folder_.path,
                     [] {}});
    while (sealing.work()) {
    }
  }
  // A letter of 澤林縣政府 that was received here.
  std::string received_mail() {
    const MessageKey message{OrgCode::parse("T37600000B").value(), MessageId::generate(kTestNow)};
    const Bytes di = fixture("letter.di");
    const Part part{"來文.di", "application/xml", PartKind::kDi, di.size(), sha256(di)};
    objects_.put(part.sha256, di);
    Mail mail{DeliveryId::generate(kTestNow), message, {own_, {}}, MailState::kConsigned, {},
              kTestNow, 0, kTestNow, "lease-key", LeaseMark{"lease", 1}, kTestNow};
    mail.state = MailState::kReceived;
    mail.received = kTestNow;
    mail.subject = "來文";
    database_.transact([&](Transaction& tx) {
      InboxStore().add(tx, mail);
      InboxStore().set_parts(tx, mail.id, {part});
      EvidenceStore().add(tx, Statement{.type = EvidenceType::kHandover,
                                        .message = message,
                                        .recipient = mail.recipient,
                                        .header_sha256 = sha256(di),
                                        .actor = identity_.actor(),
                                        .lease = mail.lease,
                                        .time = kTestNow});
    });
    return mail.id.text();
  }

  static std::unique_ptr<Nursery> nursery_;
  TestFolder folder_;
  SmallExchange exchange_ = letter_exchange();
  TestClock clock_;
  Database database_{{.url = "sqlite:" + (folder_.path / "terminal.db").string()}};
  LocalObjectStore objects_{folder_.path / "objects"};
  const OrgCode own_ = OrgCode::parse("T01000000A").value();
  TerminalIdentity identity_{own_, exchange_.a.sign.certificate().sha256(), "registry-1", ""};
  Journal journal_{own_.text()};
  DirectorySource directory_{signed_directory(), {exchange_.management.certificate()}};
  std::filesystem::path trust_folder_ = trust_folder();
  TrustSource trust_{trust_folder_};
  CentreLine centre_{Endpoint{.unix_path = socket_of("nobody")}, std::chrono::seconds{2}};
  CentreStanding standing_{kTestNow};
  Keyholder keyholder_{socket_of("nobody"), std::chrono::seconds{1}};
  Clamd clamd_{{.socket_path = socket_of("nobody"), .server_uid = std::nullopt}};
  EngineWatch engine_{clamd_, clock_, std::nullopt};
  Router router_;
  Bell bell_{router_, kTestNow};
  Inspector inspector_{*nursery_};
  ConfinedJudge judge_{inspector_};
  LetAllPass let_all_pass_;
  Drafting drafting_{{migrated(), objects_, clock_, [] {}}};
  Acknowledgement acknowledgement_{{database_, identity_, journal_, clock_, [] {}}};
  Withdrawing withdrawing_{
      {database_, centre_, identity_, exchange_.a.sign, journal_, clock_}};
  DocumentCheck check_{judge_, directory_, own_, clock_};
  ExportDesk exports_{{database_, objects_, directory_, trust_, trust_folder_, own_,
                       exchange_.a.sign, clock_,
                       [this](const Sha256& evidence) { return centre_.prove(evidence); }}};
  StatusDesk status_{{database_, directory_, identity_, keyholder_, engine_, standing_,
                      [] { return true; }, clock_}};
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
};

std::unique_ptr<Nursery> TerminalApi::nursery_;

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
}

TEST_F(TerminalApi, GivesASlowLineTheTimeForTheLargestBody) {
  expect_time_for_a_slow_line(Method::kPut, "/api/v1/drafts/a/files/b", 1U << 20);
  expect_time_for_a_slow_line(Method::kPost, "/api/v1/drafts/a/sending", 4U << 20);
  expect_time_for_a_slow_line(Method::kPost, "/api/v1/validation", 3 * (4U << 20) * 4 / 3);
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
  const Response returned =
      post("/inbox/" + id + "/return", {{"kind", "misdirected"}, {"person", "陳大文"}});
  EXPECT_EQ(returned.status, 409);
  EXPECT_EQ(get("/inbox/" + id + "/history").at("items").size(), 2U);
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

TEST_F(TerminalApi, TellsThatSomethingChanged) {
  const std::int64_t now = get("/events?after=0").at("next");
  EXPECT_EQ(ask(Method::kGet, "/api/v1/events?after=" + std::to_string(now)).status, 204);
  sent_letter();
  EXPECT_GT(get("/events?wait=5&after=" + std::to_string(now)).at("next"), now);
}

TEST_F(TerminalApi, ExportsWhatThirdPartiesCanCheckWithPlainTools) {
  const std::string id = sent_letter();
  EXPECT_EQ(post("/documents/" + id + "/export", Json::object()).status, 409);
  seal();
  const Response made = post("/documents/" + id + "/export", Json::object());
  ASSERT_EQ(made.status, 201) << text_of(made.body);
  const Json list = json_of(made);
  std::map<std::string, Bytes> files;
  for (std::size_t i = 0; i < list.at("files").size(); ++i) {
    const Json& file = list.at("files").at(i);
    const std::string path = "/api/v1/exports/" + list.at("export").get<std::string>() + "/files/";
    const Bytes bytes = ask(Method::kGet, path + std::to_string(i)).body;
    EXPECT_EQ(bytes.size(), file.at("size"));
    EXPECT_EQ(sha256(bytes).hex(), file.at("sha256"));
    files.emplace(file.at("name"), bytes);
  }
  const Json index = Json::parse(text_of(files.at("index.json")));
  EXPECT_EQ(index.at("files").size(), files.size() - 2);
  EXPECT_EQ(index.at("document_id"), id);
  const SealedHeader header = open_header(files.at("packages/01/header.p7m")).value();
  EXPECT_EQ(sha256(files.at("packages/01/manifest.json")), header.header.plaintext_root);
  EXPECT_EQ(files.at("parts/01/1150001234.di"), fixture("letter.di"));

  OpensslCommand openssl;
  openssl.write("ca.pem", bytes_of(exchange_.authority.root().pem() +
                                   std::string(text_of(files.at("certificates/01.pem")))));
  for (const std::string name : {"index.p7m", "packages/01/header.p7m"}) {
    openssl.write("signed", files.at(name));
    EXPECT_TRUE(openssl.run({"cms", "-verify", "-inform", "DER", "-in", "signed", "-CAfile",
                             "ca.pem", "-purpose", "any", "-out", "content"}))
        << name << openssl.log();
  }
  openssl.write("signed", files.at("index.p7m"));
  ASSERT_TRUE(openssl.run({"cms", "-verify", "-inform", "DER", "-in", "signed", "-CAfile",
                           "ca.pem", "-purpose", "any", "-out", "content"}));
  EXPECT_EQ(openssl.read("content"), files.at("index.json"));
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
