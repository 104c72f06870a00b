#pragma once

#include <gtest/gtest.h>

#include "ground/files/files.h"
#include "role/management/people_routes.h"
#include "tests/support/small_exchange.h"
#include "tests/support/small_repository.h"
#include "tests/support/test_database.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

// Management without its sockets: a founded repository, the directory of a SmallExchange, accounts.
class ManagementDesks : public ::testing::Test {
 protected:
  ManagementDesks() {
    migrate(database_, kMigrations, kTestNow);
    exchange_.centres[0].addresses = {"192.0.2.1"};
    exchange_.centres[1].addresses = {"192.0.2.2"};
    for (const char* folder : {"trust/anchors", "trust/intermediates", "trust/revocation"}) {
      make_directory(place_.directory() / folder);
    }
    const auto write = [this](const char* name, ByteView bytes) {
      write_durably(place_.directory() / "trust" / name, bytes);
    };
    const Time next = kTestNow + std::chrono::hours{24 * 7};
    write("anchors/root.pem", bytes_of(exchange_.authority.root().pem()));
    write("intermediates/issuing.pem", bytes_of(exchange_.authority.intermediate().pem()));
    write("revocation/issuing.crl", exchange_.authority.crl(kTestNow, next));
    write("revocation/root.crl", exchange_.authority.root_crl(kTestNow, next));
    write_durably(place_.directory() / "directory.p7m", signed_directory(1));
    directory_.emplace(place_.directory() / "directory.p7m",
                       std::vector{exchange_.management.certificate()});
    trust_.emplace(place_.directory() / "trust");
    repository_.found(text_of(signed_directory(2)));
    issuing_.emplace(Issuing::Parts{database_,
                                    journal_,
                                    *directory_,
                                    std::make_shared<SoftwareKey>(repository_.online),
                                    place_.directory() / "repository",
                                    place_.directory(),
                                    clock_,
                                    {}});
    reports_.emplace(ReportBook::Parts{database_, journal_, *directory_, clock_});
    notices_.emplace(NoticeBook::Parts{database_, journal_, *directory_, kinds_, calendar_,
                                       obligations_, clock_});
    certificates_.emplace(
        CertificateBook::Parts{database_, journal_, *directory_, obligations_, clock_});
    changes_.emplace(ChangeBook::Parts{database_, journal_, *directory_, clock_});
    incidents_.emplace(IncidentBook::Parts{database_, journal_, *directory_, obligations_,
                                           decisions_, clock_});
    supervision_.emplace(SupervisionBook::Parts{database_, *directory_, obligations_, clock_});
    SecretBytes key(32);
    fill_random(key.writable());
    sessions_.emplace(SessionPlaces{database_, journal_, clock_},
                      SessionPolicy{.cost = {.operations = 1, .memory_bytes = 8192}},
                      std::move(key), "management");
    add_people_routes(router_, desk());
  }

  [[nodiscard]] PeopleDesk desk() {
    return {database_, accounts_, *sessions_, attempts_, *directory_,
            *trust_,   *issuing_, *reports_,  *notices_,  *certificates_, *changes_,
            *incidents_, *supervision_, clock_};
  }
  Bytes signed_directory(std::int64_t version) {
    return sign_directory(exchange_.directory(version), exchange_.management, kTestNow).value();
  }

  // An account with these roles, and a token of its session: by a card, as that costs nothing.
  std::string log_in(const std::string& name, const std::set<std::string>& roles,
                     const std::string& scope = "") {
    const SoftwareKey card = exchange_.authority.issue({.subject = name});
    database_.transact([&](Transaction& tx) {
      const By by{"test", clock_.now()};
      const PersonalAccount account =
          accounts_.open(tx, {AccountName::parse(name).value(), "王大明", scope, roles}, by)
              .value();
      accounts_.register_certificate(tx, account.id, card.certificate().sha256(), by).value();
    });
    const auto session =
        sessions_->log_in_by_certificate(card.certificate().sha256(), "192.0.2.7").value();
    return std::string(text_of(session.token.view()));
  }

  static Request request(Method method, const std::string& path, const Json& body = nullptr) {
    Request asked;
    asked.method = method;
    const std::size_t mark = path.find('?');
    asked.path = path.substr(0, mark);
    if (mark != std::string::npos) {
      const std::string query = path.substr(mark + 1);
      const std::size_t equals = query.find('=');
      asked.query[query.substr(0, equals)] = query.substr(equals + 1);
    }
    if (!body.is_null()) asked.body = copy_of(bytes_of(body.dump()));
    asked.peer.address = "192.0.2.7";
    return asked;
  }
  static Request of_host(Request asked) {
    asked.peer.address = "unix";
    asked.peer.uid = 1000;
    return asked;
  }
  static Request with_token(Request asked, const std::string& token) {
    asked.headers.emplace_back("Authorization", "Bearer " + token);
    return asked;
  }
  Response ask(Request asked) {
    const auto found = router_.find(asked.method, asked.path);
    if (found.route == nullptr) return Response::problem({Reason::kNotFound, asked.path});
    asked.parameters = found.parameters;
    return found.route->handler(asked);
  }
  static Json json_of(const Response& response) {
    return Json::parse(text_of(response.body), nullptr, false);
  }
  static std::string code_of_answer(const Response& response) {
    return response.refusal ? std::string(code_of(response.refusal->reason)) : "";
  }
  std::vector<std::string> events() {
    return database_.read([](Transaction& tx) {
      std::vector<std::string> names;
      for (const JournalEntry& entry : JournalStore(tx).unsealed(1000)) {
        names.push_back(entry.event);
      }
      return names;
    });
  }
  std::int64_t count(const std::string& event) { return std::ranges::count(events(), event); }

  SmallExchange exchange_;
  TestClock clock_;
  TestDatabase place_{Engine::kSqlite};
  Database database_{place_.config()};
  Journal journal_{"management"};
  SmallRepository repository_{place_.directory() / "repository", kTestNow};
  std::optional<DirectorySource> directory_;
  std::optional<TrustSource> trust_;
  std::optional<Issuing> issuing_;
  std::optional<ReportBook> reports_;
  const ObligationKinds kinds_ = obligation_kinds();
  const WorkingCalendar calendar_ = WorkingCalendar::load({}).value();
  const Obligations obligations_{journal_, kinds_, calendar_};
  std::optional<NoticeBook> notices_;
  std::optional<CertificateBook> certificates_;
  std::optional<ChangeBook> changes_;
  const Decisions decisions_{journal_, std::chrono::hours{72}};
  std::optional<IncidentBook> incidents_;
  std::optional<SupervisionBook> supervision_;
  Accounts accounts_{journal_};
  std::optional<Sessions> sessions_;
  Attempts attempts_{1000, clock_};
  Router router_;
};

}  // namespace yizhan
