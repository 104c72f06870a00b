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
