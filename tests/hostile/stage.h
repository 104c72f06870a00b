#pragma once

#include "tests/hostile/nursery.h"
#include "tests/support/small_centre.h"
#include "tests/support/small_scanner.h"
#include "tests/support/zip_maker.h"
#include "way/admit/admit.h"
#include "way/open/open.h"

// The three who read a package, each as the product has it: the centre that admits it, the scanner
// that opens it, the recipient that opens it. Whoever stands between may change what they are
// handed.

namespace yizhan {

class InspectingJudge final : public DocumentJudge {
 public:
  Result<DocumentInspection> judge(const DocumentQuestion& question) override {
    return Inspector(nursery()).inspect_document(question);
  }
};

class PassingScanner final : public FileScanner {
 public:
  Result<ScannedPart> scan(const Part&, const FileHandle&) override { return ScannedPart{}; }
};

// What a recipient's terminal holds in its hands, all that others could have changed.
struct Consigned {
  Mail mail;
  Consignment consignment;
  Bytes body;
};

inline const std::string kSmallPdf =
    "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

inline std::string small_odt() {
  const std::string mime = "application/vnd.oasis.opendocument.text";
  return std::string(text_of(zip_of({stored("mimetype", mime), packed("content.xml", "<a/>")})));
}

// A 函 of agency a to agencies b and c, with two attachments.
inline std::vector<TestPart> letter_parts() {
  std::string di = document_fixture("104_utf8/letter.di");
  std::string sw = document_fixture("104_utf8/letter.sw");
  for (std::string* text : {&di, &sw}) {
    for (const auto& [from, to] : {std::pair{"T01000000A", "A01000000A"},
                                   std::pair{"T37600000B", "B02000000B"},
                                   std::pair{"T38100000C", "C03000000C"}}) {
      for (std::size_t at = text->find(from); at != std::string::npos; at = text->find(from)) {
        text->replace(at, std::strlen(from), to);
      }
    }
  }
  return {{"1150001234.di", PartKind::kDi, di},
          {"1150001234.sw", PartKind::kSw, sw},
          {"1150001234-ATTCH1.odt", PartKind::kAttachment, small_odt()},
          {"1150001234-ATTCH2.pdf", PartKind::kAttachment, kSmallPdf}};
}

// Sealed for b, c and d, so that a leaf has a path of two steps and both scanners have a block.
inline TestPackage seal_letter(SmallExchange& exchange,
                               const std::function<void(Header&)>& change = {}) {
  const auto urgent = [&](Header& header) {
    header.urgency = Urgency::kFast;
    if (change) change(header);
  };
  return seal(exchange, letter_parts(), urgent,
              {exchange.b.addressee(), exchange.c.addressee(), exchange.d.addressee()});
}

inline ScanPolicy dateless_policy() {
  ScanPolicy policy;
  policy.signatures_age_max.reset();  // the signatures of the tests bear no date
  return policy;
}

class Stage {
 public:
  // `lists_from`: how old the revocation lists of scanner and recipient are.
  explicit Stage(Time lists_from = kTestNow) : lists_from_(lists_from) { meet(); }

  // Whatever the test did to the exchange and its authority comes into force everywhere.
  void publish() {
    centre.publish_directory();
    centre.refresh_trust();
    meet();
  }
  // The centre's program ends and begins anew.
  void restart_admission() {
    admission.emplace(Admission::Parts{centre.database, centre.custody, centre.objects,
                                       centre.directory, centre.trust, centre.journal, quota,
                                       [](StoredPackage) {}, [] {}});
  }

  Result<SubmissionStatus> submit(const Envelope& envelope) {
    return admission->submit({exchange.a.code, "127.0.0.1"}, envelope);
  }
  // "accepted", "rejected REASON", or the reason for which nothing was entered.
  std::string admitted(const Envelope& envelope) {
    const auto status = submit(envelope);
    if (!status) return std::string(code_of(status.reason()));
    std::string words(text_of(status->state));
    if (status->reason) words += " " + std::string(code_of(*status->reason));
    return words;
  }

  // "clean", "refused REASON" …, or "none REASON" when there is no verdict.
  std::string scanned(const ScanOrder& order, const Bytes& body) {
    const Result<Bytes> cms = scanner->desk.scan({order, file_of(body)});
    if (!cms) return "none " + std::string(code_of(cms.reason()));
    const Verdict verdict = open_verdict(*cms)->verdict;
    std::string words(text_of(verdict.result));
    if (!verdict.name.empty()) return words + " " + verdict.name;
    if (verdict.reason) words += " " + std::string(code_of(*verdict.reason));
    return words;
  }
  std::string scanned(const TestPackage& package) {
    return scanned(order_of_first(package), package.body);
  }
  // What the first centre asks its scanner: its own key block is the last but one, before that of
  // the second centre, or the last.
  static ScanOrder order_of_first(const TestPackage& package) {
    ScanOrder order = order_for(package);
    const std::size_t count = package.envelope.key_blocks.size();
    order.key_block =
        package.envelope.key_blocks.at(count - package.sealed.header.scanners.size());
    return order;
  }

  // As the centre hands it to that agency, with A.1 and a clean verdict.
  Consigned consign(const TestPackage& package, const TestAgency& to) {
    const auto placed = place_leaves(package.envelope.leaves);
    std::size_t own = 0;
    while (RecipientLeaf::parse(placed.at(own).leaf)->addressee != to.addressee()) ++own;
    Statement accepted =
        statement_by(exchange.first, EvidenceType::kSubmissionAcceptance, package);
    accepted.recipient_count = package.sealed.header.recipient_count;
    const Mail mail{.id = DeliveryId::generate(kTestNow),
                    .message = package.sealed.header.key(),
                    .recipient = to.addressee(),
                    .state = MailState::kLeased,
                    .why = {},
                    .since = kTestNow,
                    .attempts = 0,
                    .due = kTestNow,
                    .lease_key = "key",
                    .lease = {},
                    .consigned = kTestNow};
    return {mail,
            {{"lease", 1, kTestNow},
             package.sealed.cms,
             placed.at(own),
             {package.envelope.key_blocks.at(own)},
             package.envelope.groups,
             {sign_statement(accepted, exchange.first.evidence)->cms,
              sign_verdict(verdict_by(exchange.first, package), exchange.first.scanner)->cms}},
            package.body};
  }
  Result<ProvenPackage> prove(const Consigned& consigned,
                              const std::optional<Sha256>& seen = std::nullopt) {
    const auto first = seen ? seen : sha256(consigned.consignment.header);
    return checking->prove_package(consigned.mail, consigned.consignment, first);
  }
  Result<OpenedPackage> open(const ProvenPackage& proven, const Consigned& consigned) {
    return checking->open(proven, consigned.consignment,
                          [&](std::uint64_t offset, std::size_t length) {
                            const ByteView body = consigned.body;
                            const auto at = std::min<std::size_t>(offset, body.size());
                            return copy_of(body.subspan(at, std::min(length, body.size() - at)));
                          });
  }
  // "ok", or the reason; of "unopenable" also the step, which stands in the journal only.
  std::string opened(const Consigned& consigned,
                     const std::optional<Sha256>& seen = std::nullopt) {
    const auto proven = prove(consigned, seen);
    if (!proven) return words_of(proven.refusal());
    const auto result = open(*proven, consigned);
    return result ? "ok" : words_of(result.refusal());
  }
  static std::string words_of(const Refusal& refusal) {
    std::string words(code_of(refusal.reason));
    if (refusal.reason != Reason::kUnopenable) return words;
    const std::size_t from = std::strlen("步驟 ");
    return words + " at step " + refusal.detail.substr(from, refusal.detail.find("：") - from);
  }

  void pass(Milliseconds time) {
    centre.clock.pass(time);
    scanner->clock.pass(time);
    recipient_clock.pass(time);
  }

  SmallCentre centre{Engine::kSqlite};
  SmallExchange& exchange = centre.exchange;
  TestClock recipient_clock;
  SendingQuota quota{QuotaPlan{}};
  std::optional<Admission> admission;
  std::unique_ptr<TestScanner> scanner;
  // The keys that the recipient's terminal can ask.
  std::vector<SoftwareKey> recipient_keys = {exchange.b.encrypt, exchange.c.encrypt};
  std::optional<Checking> checking;

 private:
  // Scanner and recipient read the directory and the lists from files; both are made anew.
  void meet() {
    restart_admission();
    scanner = std::make_unique<TestScanner>(exchange, nursery(), clamd().socket_path(),
                                            ScannerWish{dateless_policy(), lists_from_});
    checking.emplace(Checking::Parts{
        scanner->directory, scanner->trust,
        [this](const Sha256& certificate) -> Result<std::shared_ptr<DecryptionKey>> {
          for (const SoftwareKey& key : recipient_keys) {
            if (key.certificate().sha256() != certificate) continue;
            return std::shared_ptr<DecryptionKey>(std::make_shared<SoftwareKey>(key));
          }
          return Reason::kKeyUnknown;
        },
        judge_, passing_, recipient_clock, scanner->files.folder()});
  }

  Time lists_from_;
  InspectingJudge judge_;
  PassingScanner passing_;
};

}  // namespace yizhan
