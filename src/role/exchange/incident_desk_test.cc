#include "role/exchange/desks_test.h"
#include "role/exchange/incident_tracing.h"
#include "role/exchange/screening_journal.h"
#include "tests/support/clause.h"

namespace yizhan {
namespace {

// A centre whose scanner has found malware, and its operators.
class IncidentsOfACentre : public CentreDesks {
 protected:
  IncidentsOfACentre() {
    OperatorDesk desk = operator_desk(maintenance_);
    desk.incidents = &incidents_;
    add_operator_routes(router_, desk);
    TerminalDesk terminals = terminal_desk(maintenance_);
    terminals.incidents = &incidents_;
    add_terminal_routes(router_, terminals);
  }
  TestPackage package_for(const std::vector<TestAgency*>& agencies,
                          const std::optional<DocumentId>& document = std::nullopt) {
    std::vector<Addressee> recipients;
    for (const TestAgency* agency : agencies) recipients.push_back(agency->addressee());
    return make_package(centre_.exchange, {.recipients = recipients, .change = [&](Header& header) {
                                             if (document) header.document_id = *document;
                                           }});
  }
  // As screening does.
  void find_malware(const TestPackage& package) {
    const auto verdict =
        sign_verdict(verdict_by(centre_.exchange.first, package, ScanResult::kInfected),
                     centre_.exchange.first.scanner)
            .value();
    centre_.database.transact([&](Transaction& tx) {
      StoredPackage stored =
          centre_.custody.journeys().find(tx, package.sealed.header.key()).value();
      centre_.custody.evidence().add(tx, verdict);
      alarm_.malware_found(tx, stored, verdict.verdict);
      centre_.custody.journeys().mark_infected(tx, stored.id, verdict.verdict.name);
      centre_.custody.hold(tx, stored, {Reason::kInfected, verdict.verdict.name}, {verdict.sha256});
    });
  }
  void receive(const TestPackage& package, const TestAgency& agency) {
    Delivery delivery = centre_.delivery(package, agency);
    centre_.database.transact([&](Transaction& tx) {
      centre_.custody.journeys().set_state(tx, delivery, State::kReceived, kTestNow).value();
    });
  }
  // Its terminal fetches it, opens it, and answers that its own scanner found something.
  Result<State> find_at(TestAgency& agency, const TestPackage& package) {
    EvidenceDesk desk({centre_.database, centre_.exchange.first.evidence, nullptr,
                       [](Transaction&, const EvidenceRow&) {}});
    EXPECT_TRUE(desk.work(100).ok());
    const DeliveryId id = centre_.delivery(package, agency).id;
    const auto lease = opening_.lease(agency.code, id, {"terminal-1", "key"}).value().lease;
    Statement failure =
        statement_by(agency, EvidenceType::kHandoverFailure, package, centre_.clock.now());
    failure.lease = LeaseMark{lease.id, lease.fencing};
    failure.reason = Reason::kInfected;
    failure.detail = "「附件」Win.Test.Late";
    return opening_.complete(agency.code, id, sign_statement(failure, agency.sign).value().cms);
  }
  // Over a terminal's connection of `from`.
  Response detect(const Detection& said, const TestAgency& from, TestAgency& signer) {
    Request request{.method = Method::kPost, .path = "/v1/detections"};
    request.peer = {.address = "127.0.0.1", .certificate = from.tls.certificate()};
    const Bytes cms = sign_detection(said, signer.sign).value();
    request.body = canonical_json({{"detection", to_base64(cms)}});
    return ask(std::move(request));
  }
  Response ask(Request request) {
    const auto found = router_.find(request.method, request.path);
    request.parameters = found.parameters;
    return found.route->handler(request);
  }
  Json item() {
    const Response shown = ask({.path = "/v1/operator/incidents"});
    return Json::parse(text_of(shown.body)).at("items").at(0);
  }
  Response tell(const Json& body, std::string incident = "") {
    if (incident.empty()) incident = item().at("incident").get<std::string>();
    return ask({.method = Method::kPost,
                .path = "/v1/operator/incidents/" + incident,
                .body = canonical_json(body)});
  }

  MaintenanceDesk maintenance_{maintenance_parts()};
  FoundIncidents incidents_{{centre_.database, centre_.journal, centre_.custody.centre().code,
                             std::make_shared<SoftwareKey>(centre_.exchange.first.evidence),
                             centre_.place.directory() / "incidents", centre_.clock,
                             [this](Transaction& tx, const IncidentSource& source) {
                               return trace_of(tx, centre_.custody, source);
                             },
                             [] {}, WorkingCalendar::load({}).value()}};
  ScreeningJournal alarm_{{centre_.custody, centre_.journal, incidents_}};
  Delivering opening_{{centre_.database, centre_.custody, centre_.objects, centre_.directory,
                       centre_.trust.policy(), [] {},
                       [this](Transaction& tx, const StoredPackage& package,
                              const Statement& failure) {
                         alarm_.malware_met(tx, package, failure);
                       }}};
  Router router_;
};

TEST_F(IncidentsOfACentre, LeadToAgencyCertificateAddressAndTime) {
  CLAUSE("五(二)7");
  const TestPackage package = package_for({&centre_.exchange.b, &centre_.exchange.c});
  centre_.enter(package);
  find_malware(package);
  const Json found = item();
  EXPECT_EQ(found.at("found"), "Eicar-Test-Signature");
  EXPECT_EQ(found.at("detail"), "ClamAV 1.0.7 27800");
  EXPECT_EQ(found.at("sender"), centre_.exchange.a.code.text());
  EXPECT_EQ(found.at("certificate"), centre_.exchange.a.sign.certificate().sha256().hex());
  EXPECT_EQ(found.at("address"), "127.0.0.1");
  EXPECT_EQ(found.at("submitted"), kTestNow.text());
  EXPECT_EQ(found.at("message"), package.sealed.header.message_id.text());
  EXPECT_EQ(found.at("stopped"), 2);
  EXPECT_EQ(found.at("holding"), 0);
  EXPECT_EQ(std::ranges::count(centre_.events(), "case_opened"), 1);
}

// Another package of the document was delivered before anything was found.
TEST_F(IncidentsOfACentre, NameWhoHasToBeCalledBack) {
  CLAUSE("五(二)7");
  const TestPackage first = package_for({&centre_.exchange.b, &centre_.exchange.c});
  centre_.enter_consigned(first);
  receive(first, centre_.exchange.b);
  centre_.clock.pass(Milliseconds{1});
  const TestPackage second = package_for({&centre_.exchange.d}, first.sealed.header.document_id);
  centre_.enter(second);
  find_malware(second);
  const Json found = item();
  EXPECT_EQ(found.at("stopped"), 2);
  ASSERT_EQ(found.at("holding"), 1);
  EXPECT_EQ(found.at("holders").at(0).at("recipient"), centre_.exchange.b.code.text());
  EXPECT_EQ(found.at("holders").at(0).at("state"), "received");
  EXPECT_EQ(found.at("level"), 2) << "somebody has it";
}

TEST_F(IncidentsOfACentre, SayWhetherTheSourceWasTold) {
  CLAUSE("五(二)7");
  const TestPackage package = package_for({&centre_.exchange.b});
  centre_.enter(package);
  find_malware(package);
  EXPECT_FALSE(item().contains("source_told")) << "nothing is published yet";
  centre_.database.transact([&](Transaction& tx) {
    EvidenceStore& evidence = centre_.custody.evidence();
    const auto held =
        evidence.last(tx, package.sealed.header.key(), {}, text_of(EvidenceType::kHeld));
    evidence.set_published(tx, held.value().id);
  });
  EXPECT_EQ(item().at("source_told"), kTestNow.text());
}

// 偵測 at the recipient's: its scanner knows what the centre's did not yet.
TEST_F(IncidentsOfACentre, BeginAlsoWithWhatARecipientsTerminalFound) {
  CLAUSE("五(二)7");
  const TestPackage package = package_for({&centre_.exchange.b, &centre_.exchange.c});
  centre_.enter_consigned(package);
  EXPECT_EQ(find_at(centre_.exchange.b, package).value(), State::kFailed);
  const Json found = item();
  EXPECT_EQ(found.at("found"), "「附件」Win.Test.Late");
  EXPECT_NE(found.at("detail").get<std::string>().find(centre_.exchange.b.code.text()),
            std::string::npos);
  EXPECT_EQ(found.at("sender"), centre_.exchange.a.code.text());
  EXPECT_EQ(found.at("message"), package.sealed.header.message_id.text());
  ASSERT_EQ(found.at("holding"), 1);
  const auto failure = centre_.find_statement(package, EvidenceType::kHandoverFailure,
                                               &centre_.exchange.b);
  EXPECT_EQ(found.at("holders").at(0).at("finding"), sha256(failure.value().json()).hex());
  EXPECT_EQ(found.at("level"), 2) << "somebody has it";
  EXPECT_EQ(found.at("stopped"), 1) << "the other is spared it";
  EXPECT_EQ(centre_.delivery(package, centre_.exchange.c).state, State::kHeld);
  EXPECT_EQ(std::ranges::count(centre_.events(), "malware_found"), 1);
}

TEST_F(IncidentsOfACentre, AreOneForADocumentWhereverItIsFound) {
  const TestPackage package = package_for({&centre_.exchange.b, &centre_.exchange.c});
  centre_.enter_consigned(package);
  EXPECT_TRUE(find_at(centre_.exchange.b, package).ok());
  centre_.clock.pass(Milliseconds{1});
  const TestPackage second = package_for({&centre_.exchange.d}, package.sealed.header.document_id);
  centre_.enter(second);
  find_malware(second);
  EXPECT_EQ(Json::parse(text_of(ask({.path = "/v1/operator/incidents"}).body)).at("items").size(),
            1U);
  EXPECT_EQ(item().at("stopped"), 2);
}

// Its sender learns of it from the E.2, as from any.
TEST_F(IncidentsOfACentre, SayWhenTheSourceCouldReadWhatATerminalFound) {
  const TestPackage package = package_for({&centre_.exchange.b});
  centre_.enter_consigned(package);
  EXPECT_TRUE(find_at(centre_.exchange.b, package).ok());
  EXPECT_FALSE(item().contains("source_told"));
  centre_.database.transact([&](Transaction& tx) {
    EvidenceStore& evidence = centre_.custody.evidence();
    const auto row = evidence.last(tx, package.sealed.header.key(), centre_.exchange.b.addressee(),
                                   text_of(EvidenceType::kHandoverFailure));
    evidence.set_published(tx, row.value().id);
  });
  EXPECT_TRUE(item().contains("source_told"));
}

TEST_F(IncidentsOfACentre, BeginAlsoWithWhatAnAgencyDidNotSend) {
  CLAUSE("五(二)7");
  TestAgency& a = centre_.exchange.a;
  Detection said{a.code,   "terminal-1", DocumentId::generate(kTestNow), "「附件」Eicar",
                 kTestNow, kTestNow};
  EXPECT_EQ(detect(said, centre_.exchange.b, a).status, 403) << "of another agency";
  EXPECT_EQ(detect(said, a, centre_.exchange.b).status, 403) << "signed by another agency";
  EXPECT_EQ(Json::parse(text_of(ask({.path = "/v1/operator/incidents"}).body)).at("items").size(),
            0U);
  EXPECT_EQ(detect(said, a, a).status, 200);
  said.time = kTestNow + Milliseconds{1};
  EXPECT_EQ(detect(said, a, a).status, 200) << "told again";
  const Json all = Json::parse(text_of(ask({.path = "/v1/operator/incidents"}).body));
  ASSERT_EQ(all.at("items").size(), 1U);
  const Json& found = all.at("items").at(0);
  EXPECT_EQ(found.at("found"), "「附件」Eicar");
  EXPECT_EQ(found.at("sender"), a.code.text());
  EXPECT_EQ(found.at("certificate"), a.sign.certificate().sha256().hex());
  EXPECT_EQ(found.at("address"), "127.0.0.1");
  EXPECT_EQ(found.at("document"), said.document.text());
  EXPECT_NE(found.at("detail").get<std::string>().find("terminal-1"), std::string::npos);
  EXPECT_EQ(found.at("holding"), 0) << "nothing of it left";
  EXPECT_EQ(found.at("level"), 1);
  EXPECT_FALSE(found.contains("message"));
}

TEST_F(IncidentsOfACentre, AreJudgedAndEndedByTheOperators) {
  const TestPackage package = package_for({&centre_.exchange.b});
  centre_.enter(package);
  find_malware(package);
  const Json level = {{"kind", "level"},
                      {"confidentiality", 1},
                      {"integrity", 3},
                      {"availability", 1},
                      {"person", "林維運"}};
  EXPECT_EQ(tell(level).status, 200);
  EXPECT_EQ(item().at("level"), 3);
  const Json control = {{"kind", "control"}, {"text", "已停機"}, {"person", "林維運"}};
  EXPECT_EQ(tell(control).status, 200);
  EXPECT_EQ(item().at("state"), "controlled");
  EXPECT_EQ(tell(control).status, 409) << "it is";
  EXPECT_EQ(tell({{"kind", "close"}, {"text", "x"}, {"person", "林維運"}}).status, 400);
  EXPECT_EQ(tell({{"kind", "improve"}, {"text", "已重灌"}, {"person", ""}}).status, 422);
  EXPECT_EQ(tell({{"kind", "improve"}, {"text", "已重灌"}, {"person", "林維運"}}).status, 200);
  EXPECT_EQ(tell(control, "nobody").status, 404);
  EXPECT_EQ(tell(control, CaseId::generate(kTestNow).text()).status, 404);
}

}  // namespace
}  // namespace yizhan
