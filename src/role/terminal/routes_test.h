#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "role/terminal/api_access.h"
#include "role/terminal/desk.h"
#include "role/terminal/inspection.h"
#include "tests/support/small_exchange.h"
#include "way/seal/seal.h"

// The terminal's API over its real server, for the tests of its routes.

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

inline std::filesystem::path source_root() {
  const char* root = std::getenv("YIZHAN_SOURCE");
  return root == nullptr ? std::filesystem::current_path() : std::filesystem::path(root);
}

inline Bytes fixture(const std::string& name) {
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
inline SmallExchange letter_exchange() {
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
    if (const char* build = std::getenv("YIZHAN_BUILD")) {
      const auto folder = std::filesystem::path(build) / "terminal_answers";
      std::filesystem::create_directories(folder);
      const std::string suite = ::testing::UnitTest::GetInstance()->current_test_suite()->name();
      answers_.open(folder / (suite + ".jsonl"), std::ios::trunc);
    }
    nursery_ = std::make_unique<Nursery>(Nursery::start(inspection_jobs(), 2));
  }
  static void TearDownTestSuite() {
    nursery_.reset();
    answers_.close();
  }

  TerminalApi() {
    add_terminal_routes(router_, {database_, objects_, directory_, clock_, drafting_, check_,
                                  acknowledgement_, withdrawing_, following_up_, exports_,
                                  status_, bell_, own_, "", folder_.path / "working_days"});
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
    if (answer) record(method, path, *answer);
    return answer ? *answer : Response{};
  }
  // For tests/openapi_answers.py.
  static void record(Method method, const std::string& path, const Response& answer) {
    const bool text = answer.content_type.find("json") != std::string::npos;
    answers_ << Json{{"method", name_of(method)},
                     {"path", path.substr(0, path.find('?'))},
                     {"status", answer.status},
                     {"content_type", answer.content_type},
                     {"body", text ? text_of(answer.body) : ""}}
                    .dump()
             << "\n";
  }
  Json get(const std::string& path) { return json_of(ask(Method::kGet, "/api/v1" + path)); }
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

  static inline std::unique_ptr<Nursery> nursery_;
  static inline std::ofstream answers_;
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
      {database_, objects_, centre_, identity_, exchange_.a.sign, journal_, clock_}};
  FollowingUp following_up_{{database_, journal_, clock_}};
  DocumentCheck check_{judge_, directory_, own_, clock_};
  ExportDesk exports_{{database_, objects_, directory_, trust_, trust_folder_, own_,
                       exchange_.a.sign, clock_,
                       [this](const Sha256& evidence) { return centre_.prove(evidence); }}};
  StatusDesk status_{{database_, directory_, identity_, keyholder_, engine_, standing_,
                      [] { return true; }, clock_}};
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
};

}  // namespace yizhan
