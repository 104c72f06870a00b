#pragma once

#include "model/journey/journey.h"
#include "tests/support/evidence_maker.h"
#include "tests/support/test_database.h"

enum class WhichCentre { kFirst, kSecond };

// A centre of a SmallExchange at work, usually the first: real database, files, directory, trust
// and log. Packages are brought to where a test needs them without the ways that usually bring them
// there.

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

class SmallCentre {
  std::int64_t version_ = 0;  // of the directory; before all that is made with it

 public:
  explicit SmallCentre(Engine engine, WhichCentre which = WhichCentre::kFirst)
      : own(which == WhichCentre::kFirst ? exchange.first : exchange.second),
        place(engine),
        database((prepare(), place.config())),
        objects(place.directory() / "objects"),
        journal(own.code.text()),
        directory(place.directory() / "directory.p7m", {exchange.management.certificate()}),
        trust(place.directory() / "trust"),
        custody(identity_of(own), journal, clock),
        log(place.directory() / "log", own.code.text()) {
    migrate(database, kMigrations, kTestNow);
  }

  // What `exchange` says now comes into force.
  void publish_directory() { EXPECT_TRUE(directory.adopt(next_directory()).value()); }
  void refresh_trust() {
    write_revocation();
    trust.reload();
  }

  // As admission leaves it: body and rows durable, A.1 stated, waiting for the scanner; from
  // another centre, as taking over leaves it.
  void enter(const TestPackage& package, std::optional<CentreCode> from = std::nullopt) {
    objects.put(package.sealed.header.cipher_root, package.body);
    database.transact([&](Transaction& tx) { add(tx, package, std::move(from)); });
  }
  // As a clean verdict leaves it.
  void enter_screened(const TestPackage& package) {
    enter(package);
    const auto verdict =
        sign_verdict(verdict_by(exchange.first, package), exchange.first.scanner).value();
    database.transact([&](Transaction& tx) {
      custody.evidence().add(tx, verdict);
      StoredPackage stored = require(tx, package);
      stored.station = Station::kRoute;
      custody.journeys().move(tx, stored);
    });
  }
  // As a verdict against it leaves it.
  void enter_held(const TestPackage& package, Reason reason = Reason::kInfected) {
    enter(package);
    const bool infected = reason == Reason::kInfected;
    Verdict verdict = verdict_by(exchange.first, package,
                                 infected ? ScanResult::kInfected : ScanResult::kIncomplete);
    verdict.reason = reason;
    const SignedVerdict against = sign_verdict(verdict, exchange.first.scanner).value();
    database.transact([&](Transaction& tx) {
      custody.evidence().add(tx, against);
      StoredPackage stored = require(tx, package);
      custody.hold(tx, stored, {reason, "Eicar"}, {against.sha256});
    });
  }
  // By an officer who has read every verdict on it.
  SignedDecision decision(SoftwareKey& officer, DecisionKind kind, const TestPackage& package) {
    return decision_by(officer, kind, package, database.read([&](Transaction& tx) {
      return custody.verdicts_on(tx, require(tx, package));
    }));
  }
  // As routing leaves it: every recipient's copy in its inbox.
  void enter_consigned(const TestPackage& package) {
    enter_screened(package);
    database.transact([&](Transaction& tx) {
      StoredPackage stored = require(tx, package);
      stored.station = Station::kRouted;
      custody.journeys().move(tx, stored);
      for (Delivery& delivery : custody.journeys().deliveries_of(tx, stored.id)) {
        custody.take(tx, stored, delivery, {.step = Step::kConsign, .due = stored.expires}).value();
      }
    });
  }

  StoredPackage stored(const TestPackage& package) {
    return database.read([&](Transaction& tx) { return require(tx, package); });
  }
  Delivery delivery(const TestPackage& package, const TestAgency& agency) {
    return database.read([&](Transaction& tx) {
      const auto all = custody.journeys().deliveries_of(tx, require(tx, package).id);
      return *std::ranges::find(all, agency.addressee(), &Delivery::addressee);
    });
  }
  // The statement of that type about that recipient (or about all), or nullopt.
  std::optional<Statement> find_statement(const TestPackage& package, EvidenceType type,
                                          const TestAgency* agency = nullptr) {
    return database.read([&](Transaction& tx) -> std::optional<Statement> {
      std::optional<Addressee> recipient;
      if (agency != nullptr) recipient = agency->addressee();
      const auto row = custody.evidence().last(tx, package.sealed.header.key(), recipient,
                                               text_of(type));
      if (!row) return std::nullopt;
      return Statement::parse(row->statement).value();
    });
  }
  std::int64_t count_evidence(const TestPackage& package, std::string_view kind) {
    return database.read([&](Transaction& tx) {
      return std::ranges::count(custody.evidence().of_message(tx, package.sealed.header.key()),
                                std::string(kind), &EvidenceRow::kind);
    });
  }
  std::vector<std::string> events() {
    return database.read([&](Transaction& tx) {
      std::vector<std::string> names;
      for (const JournalEntry& entry : JournalStore(tx).unsealed(1000)) {
        names.push_back(entry.event);
      }
      return names;
    });
  }

  SmallExchange exchange;
  TestCentre& own;
  TestClock clock;
  TestDatabase place;
  Database database;
  LocalObjectStore objects;
  Journal journal;
  DirectorySource directory;
  TrustSource trust;
  Custody custody;
  EvidenceLog log;

 private:
  void prepare() {
    for (const char* folder : {"log", "trust/anchors", "trust/intermediates", "trust/revocation"}) {
      make_directory(place.directory() / folder);
    }
    const auto write = [&](const char* name, const std::string& pem) {
      write_durably(place.directory() / "trust" / name, bytes_of(pem));
    };
    write("anchors/root.pem", exchange.authority.root().pem());
    write("intermediates/issuing.pem", exchange.authority.intermediate().pem());
    write_revocation();
    write_durably(place.directory() / "directory.p7m", next_directory());
  }
  void write_revocation() {
    const auto folder = place.directory() / "trust/revocation";
    const Time now = clock.now(), next = now + std::chrono::hours{24 * 7};
    write_durably(folder / "issuing.crl", exchange.authority.crl(now, next));
    write_durably(folder / "root.crl", exchange.authority.root_crl(now, next));
  }
  Bytes next_directory() {
    return sign_directory(exchange.directory(++version_), exchange.management, kTestNow).value();
  }
  StoredPackage require(Transaction& tx, const TestPackage& package) {
    return custody.journeys().find(tx, package.sealed.header.key()).value();
  }
  void add(Transaction& tx, const TestPackage& package, std::optional<CentreCode> from) {
    const Header& header = package.sealed.header;
    const Time now = clock.now();
    const CheckedEnvelope checked = check_envelope(package.envelope, header).value();
    const PackageId id = PackageId::generate(now);
    std::map<CentreCode, Bytes> next_key_blocks;
    for (std::size_t i = 1; i < header.scanners.size(); ++i) {
      next_key_blocks.emplace(header.scanners[i].centre, checked.scanner_key_blocks[i]);
    }
    const int rank = header.urgency == Urgency::kFastest ? 0 : 2;
    custody.journeys().add(
        tx, StoredPackage{id, header.key(), header.document_id, package.sealed.sha256,
                          package.sealed.cms, package.envelope.groups,
                          checked.scanner_key_blocks[0], header.cipher_root,
                          static_cast<std::int64_t>(package.body.size()), header.recipient_count,
                          rank, "127.0.0.1", Station::kScreen, std::nullopt, 0, now, now,
                          header.expires, std::move(from), std::move(next_key_blocks)});
    const auto placed = place_leaves(package.envelope.leaves);
    for (std::size_t i = 0; i < placed.size(); ++i) {
      const PlacedRecipient& recipient = checked.recipients[i];
      custody.journeys().add(
          tx, Delivery{DeliveryId::generate(now), id, placed[i], recipient.leaf.addressee,
                       recipient.key_blocks, State::kAccepted, std::nullopt, now, header.expires,
                       0, std::nullopt});
    }
    Statement accepted =
        statement_by(exchange.first, EvidenceType::kSubmissionAcceptance, package, now);
    accepted.recipient_count = header.recipient_count;
    custody.evidence().add(tx, accepted);
  }

};

// A test on both engines:
//   class RoutingTest : public CentreTest {…};
//   INSTANTIATE_TEST_SUITE_P(BothEngines, RoutingTest, kBothEngines, engine_name);
class CentreTest : public ::testing::TestWithParam<Engine> {
 protected:
  SmallCentre centre_{GetParam()};
  SmallExchange& exchange_ = centre_.exchange;
};

}  // namespace yizhan
