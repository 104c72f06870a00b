#include "tests/terminal/bench.h"

#include <gtest/gtest.h>

#include "ground/confine/confine.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

namespace {

constexpr const char* kSender = "T01000000A";
constexpr const char* kRecipient = "T37600000B";
constexpr const char* kThird = "T38100000C";

std::unique_ptr<Nursery> nursery;

// Before any thread is born.
class NurseryEnvironment final : public ::testing::Environment {
 public:
  void SetUp() override {
    nursery = std::make_unique<Nursery>(Nursery::start(inspection_jobs(), 2));
  }
  void TearDown() override { nursery.reset(); }
};
const auto* const kEnvironment =
    ::testing::AddGlobalTestEnvironment(new NurseryEnvironment);  // owned by gtest

std::string changed(std::string text, const std::vector<std::pair<std::string, std::string>>& all) {
  for (const auto& [from, to] : all) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    if (at != std::string::npos) text.replace(at, from.size(), to);
  }
  return text;
}

std::filesystem::path made(const std::filesystem::path& folder) {
  make_directory(folder);
  return folder;
}

void nothing() {}

}  // namespace

Result<ScannedPart> EicarScanner::scan(const Part& part, const FileHandle& file) {
  if (down) return Refusal{Reason::kScannerUnavailable, "防毒引擎未回應"};
  ++scanned;
  const Bytes bytes = file.read_at(0, static_cast<std::size_t>(part.length));
  const std::string_view text = text_of(bytes);
  if (text.find(eicar_test_file()) == std::string_view::npos) {
    return ScannedPart{.active_content = text.find("a macro") != std::string_view::npos};
  }
  return Refusal{Reason::kInfected, "Eicar-Test-Signature"};
}

Result<DocumentInspection> CagedJudge::judge(const DocumentQuestion& question) {
  return Inspector(*nursery).inspect_document(question);
}

Bench::Bench()
    : management(authority.issue({.subject = "management"})),
      centre_evidence(authority.issue({.subject = "centre evidence"})),
      centre_scanner(authority.issue({.subject = "scanner", .usage = CertificateUsage::kScanner})) {
  for (const char* code : {kSender, kRecipient, kThird}) {
    keys.emplace(code, AgencyKeys{authority.issue({.subject = code}),
                                  authority.issue({.subject = code,
                                                   .usage = CertificateUsage::kEncrypt})});
  }
  write_trust();
  publish(clock.now() + std::chrono::hours{24 * 365});
  trust = std::make_unique<TrustSource>(folder / "trust");
  directory_in_force = directory->current();
  trust_in_force = trust->current();
  centre = std::make_unique<StandInCentre>(StandInCentre::Parts{
      {CentreCode::parse("CENTRE-1").value(), centre_evidence.certificate().sha256()},
      centre_evidence,
      centre_scanner,
      *directory_in_force,
      *trust_in_force,
      clock,
      folder.path()});
}

void Bench::write_trust() {
  for (const char* name : {"trust", "trust/anchors", "trust/intermediates", "trust/revocation"}) {
    make_directory(folder / name);
  }
  const Time made_at = clock.now() - std::chrono::hours{1};
  const Time next = clock.now() + std::chrono::hours{24 * 7};
  write_durably(folder / "trust/anchors/root.pem", bytes_of(authority.root().pem()));
  write_durably(folder / "trust/intermediates/issuing.pem",
                bytes_of(authority.intermediate().pem()));
  write_durably(folder / "trust/revocation/issuing.crl", authority.crl(made_at, next));
  write_durably(folder / "trust/revocation/root.crl", authority.root_crl(made_at, next));
}

void Bench::publish(Time expires) {
  const Time from = clock.now() - std::chrono::hours{1};
  const Time until = clock.now() + std::chrono::hours{24 * 365};
  const CentreCode code = CentreCode::parse("CENTRE-1").value();
  const auto registered = [&](Purpose purpose, const SoftwareKey& key) {
    return RegisteredCertificate{purpose, key.certificate(), from, until, ""};
  };
  std::vector<Agency> agencies;
  const std::map<std::string, std::string> names = {
      {kSender, "測試部"}, {kRecipient, "澤林縣政府"}, {kThird, "雲岫市政府"}};
  for (const auto& [org_code, name] : names) {
    const AgencyKeys& own = keys.at(org_code);
    std::vector<Unit> units;
    if (org_code == kSender) {
      units.push_back({UnitCode::parse("U010001").value(), "資訊處", Standing::kActive});
    }
    agencies.push_back({org(org_code), name, Standing::kActive, code, std::move(units), {},
                        {registered(Purpose::kSign, own.sign),
                         registered(Purpose::kEncrypt, own.encrypt)}});
  }
  const Centre centre_entry{code, "第一交換中心", Standing::kActive, "127.0.0.1", 1,
                            {registered(Purpose::kEvidence, centre_evidence),
                             registered(Purpose::kScanner, centre_scanner)}};
  const Directory next({++version_, clock.now(), expires}, {centre_entry}, std::move(agencies));
  const Bytes signed_bytes = sign_directory(next, management, clock.now()).value();
  const auto file = folder / "directory.p7m";
  if (directory) {
    EXPECT_TRUE(directory->adopt(signed_bytes).value());
    return;
  }
  write_durably(file, signed_bytes);
  directory = std::make_unique<DirectorySource>(file, std::vector{management.certificate()});
}

TestTerminal::TestTerminal(Bench& bench_in, const std::string& code, const std::string& name)
    : bench(bench_in),
      root(made(bench.folder / (code + "-" + name))),
      database({.url = "sqlite:" + (root / "terminal.db").string()}),
      objects(root / "objects"),
      identity{Bench::org(code), bench.keys.at(code).sign.certificate().sha256(), name, "software"},
      journal(code),
      line(bench.centre->door_for(identity.org), std::chrono::seconds{10}),
      desk({database, bench.keys.at(code).sign, nullptr,
            [this](Transaction& tx, const EvidenceRow& row) {
              inbox_store.hand_in_later(tx, row);
            }}),
      sealing({database, objects, identity, *bench.directory, bench.trust->policy(),
               bench.keys.at(code).sign, judge, scanner, journal, bench.clock, root, nothing}),
      submitting({database, objects, line, journal, bench.clock, "CENTRE-1", nothing}),
      news({database, line, identity, *bench.directory, bench.trust->policy(), journal,
            bench.clock, nothing, nothing}),
      opening({database, objects, line, identity,
               Checking({*bench.directory, *bench.trust,
                         [key = &bench.keys.at(code).encrypt](const Sha256& certificate)
                             -> Result<std::shared_ptr<DecryptionKey>> {
                           if (certificate != key->certificate().sha256()) {
                             return Reason::kKeyUnknown;
                           }
                           std::shared_ptr<DecryptionKey> own = std::make_shared<SoftwareKey>(*key);
                           return own;
                         },
                         judge, scanner, bench.clock, root}),
               journal, bench.clock, nothing}),
      handing_in({database, line, bench.clock}),
      acknowledgement({database, identity, journal, bench.clock, nothing}),
      withdrawing({database, objects, line, identity, bench.keys.at(code).sign, journal,
                   bench.clock}) {
  migrate(database, kMigrations, bench.clock.now());
}

Part TestTerminal::put(const std::string& name, PartKind kind, const std::string& text) {
  const Sha256 digest = sha256(bytes_of(text));
  objects.put(digest, bytes_of(text));
  return {name, "application/octet-stream", kind, text.size(), digest};
}

Result<Sending> TestTerminal::send(const SendingOrder& order) {
  return database.transact(
      [&](Transaction& tx) { return outbox.add(tx, order, bench.clock.now()); });
}

void TestTerminal::dispatch() {
  while (sealing.work() || submitting.work()) {
  }
}

void TestTerminal::follow() {
  while (true) {
    const Result<int> count = news.work(std::chrono::seconds{0});
    ASSERT_TRUE(count.ok() || count.reason() == Reason::kDirectoryNewer);
    if (count.ok() && *count == 0) return;
  }
}

void TestTerminal::sign() { ASSERT_TRUE(desk.work(100).ok()); }

void TestTerminal::hand_in() {
  while (handing_in.work()) {
  }
}

void TestTerminal::receive() {
  follow();
  while (opening.work()) {
  }
  sign();
  hand_in();
}

std::vector<Mail> TestTerminal::inbox() {
  return database.read([&](Transaction& tx) { return inbox_store.list(tx, {}); });
}

Sending TestTerminal::sending(const DocumentId& id) {
  return database.read([&](Transaction& tx) { return outbox.find(tx, id).value(); });
}

std::vector<OutgoingPackage> TestTerminal::packages(const DocumentId& id) {
  return database.read([&](Transaction& tx) { return outbox.packages_of(tx, id); });
}

std::vector<OutgoingRecipient> TestTerminal::recipients(const DocumentId& id) {
  return database.read([&](Transaction& tx) {
    std::vector<OutgoingRecipient> all;
    for (const OutgoingPackage& package : outbox.packages_of(tx, id)) {
      for (OutgoingRecipient& recipient : outbox.recipients_of(tx, package.id)) {
        all.push_back(std::move(recipient));
      }
    }
    return all;
  });
}

std::string TestTerminal::content(const Mail& mail, const std::string& part_name) {
  const auto parts =
      database.read([&](Transaction& tx) { return inbox_store.parts_of(tx, mail.id); });
  for (const Part& part : parts) {
    if (part.name != part_name) continue;
    const Bytes bytes = objects.read(part.sha256, 0, static_cast<std::size_t>(part.length) + 1);
    return std::string(text_of(bytes));
  }
  return "(not there)";
}

std::string fixture(const std::string& name) {
  const char* source = std::getenv("YIZHAN_SOURCE");
  const std::filesystem::path root = source == nullptr ? "." : source;
  return std::string(text_of(
      read_file(root / "tests/fixtures/documents/valid/104_utf8" / name, 1U << 20)));
}

Pair letter_in(TestTerminal& terminal, const Changes& changes, const std::string& odt) {
  return {{terminal.put("1150001234.di", PartKind::kDi, changed(fixture("letter.di"), changes.di)),
           terminal.put("1150001234.sw", PartKind::kSw, changed(fixture("letter.sw"), changes.sw)),
           terminal.put("1150001234-ATTCH1.odt", PartKind::kAttachment, odt),
           terminal.put("1150001234-ATTCH2.pdf", PartKind::kAttachment, "another")}};
}

Pair split_in(TestTerminal& terminal, const Changes& changes) {
  return {{terminal.put("1150001240.di", PartKind::kDi, changed(fixture("split.di"), changes.di)),
           terminal.put("1150001240.sw", PartKind::kSw, changed(fixture("split.sw"), changes.sw)),
           terminal.put("1150001240-ATTCH1.pdf", PartKind::kAttachment, "the plan")}};
}

Pair slip_in(TestTerminal& terminal, const Changes& changes) {
  return {{terminal.put("slip.di", PartKind::kDi, changed(fixture("coreview.di"), changes.di))}};
}

SendingOrder order_of(const std::string& key, std::vector<Pair> pairs) {
  return {key, "王小明", {}, std::move(pairs), std::nullopt};
}

}  // namespace yizhan
