#include "model/export/verify_evidence.h"

#include <algorithm>
#include <charconv>

#include "ground/merkle/merkle.h"

namespace yizhan {

namespace {

constexpr std::string_view kSigned = "證據簽章";
constexpr std::string_view kChain = "證據鏈";
constexpr std::string_view kPasses = "掃描判定";
constexpr std::string_view kProof = "日誌證明";

// The number that a file's name begins with; 0 when it begins with none.
std::size_t number_of(std::string_view file) {
  const std::string_view name = file.substr(file.rfind('/') + 1);
  std::size_t number = 0;
  static_cast<void>(std::from_chars(name.data(), name.data() + name.size(), number));
  return number;
}

std::string name_of(std::size_t number, const SignedStatement& evidence) {
  const Statement& statement = evidence.statement;
  return two_digits(number) + "-" + std::string(text_of(statement.type)) + "-" +
         (statement.recipient ? statement.recipient->text() : "all") +
         std::string(evidence_suffix(evidence.cms));
}

// Policy was applied by those who took the document, in their day; a reader of later years asks
// whether the signature holds.
CryptoPolicy taken_then() { return CryptoPolicy::with(Pkcs1Signatures::kAccepted); }

const CentreCode* centre_of(const Statement& statement) {
  return std::get_if<CentreCode>(&statement.actor.party);
}

bool names(const std::vector<Sha256>& list, const Sha256& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

Result<ReadStatement> read_statement(const PackageScene& scene, const std::string& file,
                                     const SealedHeader& sealed) {
  const ByteView cms = YZ_TRY(scene.files.require(file));
  SignedStatement opened = YZ_TRY(at_link(file, kSigned, open_statement(cms)));
  const Statement& statement = opened.statement;
  const std::size_t number = number_of(file);
  if (file != scene.folder + "evidence/" + name_of(number, opened)) {
    return broken_at(file, kSigned, "檔名與證據所載之種類或受文者不符");
  }
  if (statement.message != sealed.header.key() || statement.header_sha256 != sealed.sha256 ||
      statement.plaintext_root.value_or(sealed.header.plaintext_root) !=
          sealed.header.plaintext_root) {
    return broken_at(file, kSigned, "不是本封裝之證據");
  }
  YZ_TRY(at_link(file, "證據簽署者", check_actor(opened, scene.directory, taken_then())));
  scene.signers.signed_by(opened.signer, statement.time, file);
  return ReadStatement{number, file, std::move(opened)};
}

Result<ReadVerdict> read_verdict(const PackageScene& scene, const std::string& file,
                                 const SealedHeader& sealed) {
  const ByteView cms = YZ_TRY(scene.files.require(file));
  SignedVerdict opened = YZ_TRY(at_link(file, "判定簽章", open_verdict(cms)));
  const std::size_t number = number_of(file);
  if (file != scene.folder + "verdicts/" + two_digits(number) + ".p7m") {
    return broken_at(file, kPasses, "檔名不合規定");
  }
  YZ_TRY(at_link(file, kPasses, check_scanner(opened, sealed, scene.directory, taken_then())));
  scene.signers.signed_by(opened.signer, opened.verdict.time, file);
  return ReadVerdict{number, file, std::move(opened)};
}

// Together they are numbered 1, 2, 3 …
Result<void> check_numbers(const PackageScene& scene, const PackageEvidence& evidence) {
  std::set<std::size_t> numbers;
  for (const ReadStatement& item : evidence.statements) numbers.insert(item.number);
  for (const ReadVerdict& item : evidence.verdicts) numbers.insert(item.number);
  const std::size_t count = evidence.statements.size() + evidence.verdicts.size();
  const bool whole = numbers.size() == count &&
                     (count == 0 || (*numbers.begin() == 1 && *numbers.rbegin() == count));
  if (!whole) return broken_at(scene.folder, kChain, "證據與判定之編號不連續");
  return {};
}

bool decides(const ReadStatement& item) {
  return item.content.statement.type == EvidenceType::kSubmissionAcceptance ||
         item.content.statement.type == EvidenceType::kSubmissionRejection;
}

// A centre whose store came back from an older copy may have accepted the same header again before
// it was told of the first time; a rejection stands alone.
bool is_decided_once(const std::vector<ReadStatement>& statements) {
  const auto all = std::count_if(statements.begin(), statements.end(), decides);
  const auto rejects = std::count_if(
      statements.begin(), statements.end(), [](const ReadStatement& item) {
        return item.content.statement.type == EvidenceType::kSubmissionRejection;
      });
  return rejects == 0 ? all > 0 : all == 1;
}

Result<void> check_decision(const ReadStatement& item, const SealedHeader& sealed) {
  const Statement& statement = item.content.statement;
  const CentreCode* centre = centre_of(statement);
  if (centre == nullptr || *centre != sealed.header.home_centre) {
    return broken_at(item.file, kChain, "出具者不是發文機關所屬之交換中心");
  }
  if (!names(statement.previous, sealed.sha256)) {
    return broken_at(item.file, kChain, "未指向標頭");
  }
  const bool accepts = statement.type == EvidenceType::kSubmissionAcceptance;
  if (accepts && statement.recipient_count != sealed.header.recipient_count) {
    return broken_at(item.file, kChain, "受文者數與標頭不符");
  }
  return {};
}

// Which kind of statement another must name, about the same recipient; A.1 is about all.
std::optional<EvidenceType> what_precedes(EvidenceType type) {
  switch (type) {
    case EvidenceType::kHandover:
    case EvidenceType::kHandoverFailure:
      return EvidenceType::kConsignment;
    case EvidenceType::kConfirmed:
    case EvidenceType::kReturned:
      return EvidenceType::kHandover;
    case EvidenceType::kConsignment:
      return EvidenceType::kSubmissionAcceptance;
    case EvidenceType::kSubmissionAcceptance:
    case EvidenceType::kSubmissionRejection:
    case EvidenceType::kHeld:
    case EvidenceType::kReleased:
    case EvidenceType::kRelayAcceptance:
    case EvidenceType::kRelayRejection:
    case EvidenceType::kRelayFailure:
    case EvidenceType::kAcceptanceExpiry:
    case EvidenceType::kConsignmentFailure:
      return std::nullopt;
  }
  return std::nullopt;
}

bool follows(const Statement& statement, EvidenceType type, const PackageEvidence& evidence) {
  return std::any_of(evidence.statements.begin(), evidence.statements.end(),
                     [&](const ReadStatement& item) {
                       const bool about_it =
                           type == EvidenceType::kSubmissionAcceptance ||
                           item.content.statement.recipient == statement.recipient;
                       return item.content.statement.type == type && about_it &&
                              names(statement.previous, item.content.sha256);
                     });
}

std::set<Sha256> names_of(const PackageEvidence& evidence) {
  std::set<Sha256> known;
  for (const ReadStatement& item : evidence.statements) known.insert(item.content.sha256);
  for (const ReadVerdict& item : evidence.verdicts) known.insert(item.content.sha256);
  return known;
}

// Two officers of the centre, each with an own certificate.
Result<void> check_release(const PackageScene& scene, const ReadStatement& item,
                           const SealedHeader& sealed) {
  const Statement& released = item.content.statement;
  const Centre* centre = scene.directory.find(*centre_of(released));
  const auto decisions =
      YZ_TRY(at_link(item.file, "放行核可", open_release(released, sealed, *centre)));
  for (const SignedDecision& decision : decisions) {
    scene.signers.signed_by(decision.signer, decision.decision.time, item.file);
  }
  return {};
}

bool overrides(const PackageEvidence& evidence, const Statement& consigned,
               const ReadVerdict& verdict) {
  return std::any_of(evidence.statements.begin(), evidence.statements.end(),
                     [&](const ReadStatement& item) {
                       const Statement& released = item.content.statement;
                       return released.type == EvidenceType::kReleased &&
                              *centre_of(released) == verdict.content.verdict.centre &&
                              names(consigned.previous, item.content.sha256) &&
                              names(released.previous, verdict.content.sha256);
                     });
}

bool passed(const PackageEvidence& evidence, const Statement& consigned, const CentreCode& centre) {
  return std::any_of(evidence.verdicts.begin(), evidence.verdicts.end(),
                     [&](const ReadVerdict& verdict) {
                       if (verdict.content.verdict.centre != centre) return false;
                       const bool clean = verdict.content.verdict.result == ScanResult::kClean &&
                                          names(consigned.previous, verdict.content.sha256);
                       return clean || overrides(evidence, consigned, verdict);
                     });
}

// Whether one of the time-stamps holds under the checker's anchors. What does not is worth nothing:
// who took it away would have changed no more.
bool is_stamped(const LogProof& proof, const ExportTrust& trust) {
  const auto note = SignedNote::parse(proof.checkpoint);
  return note && std::ranges::any_of(proof.timestamps, [&](const Bytes& token) {
    return verify_timestamp(token, bytes_of(note->text()), trust.stamp_anchors).ok();
  });
}

// Nothing when the proof is not there.
template <class Item>
Result<std::optional<LogPlace>> place_of(const PackageScene& scene, const Item& item,
                                         ProofCount& count) {
  const std::string name = scene.folder + "proofs/" + two_digits(item.number) + ".json";
  const Bytes* bytes = scene.files.find(name);
  if (bytes == nullptr) return std::optional<LogPlace>();
  const LogProof proof = YZ_TRY(at_link(name, kProof, LogProof::parse(*bytes)));
  const ByteView entry = YZ_TRY(scene.files.require(item.file));
  const ProvenEntry proven =
      YZ_TRY(at_link(name, kProof, check_log_proof(proof, entry, scene.directory)));
  ++count.proven;
  if (!proven.witnessed) ++count.unwitnessed;
  if (is_stamped(proof, scene.trust)) ++count.stamped;
  return std::optional(LogPlace{proven.centre, proven.index});
}

}  // namespace

const Statement& PackageEvidence::decision() const {
  const Statement* first = nullptr;
  for (const ReadStatement& item : statements) {
    const Statement& statement = item.content.statement;
    if (decides(item) && (first == nullptr || statement.time < first->time)) first = &statement;
  }
  YZ_ASSERT(first != nullptr);
  return *first;
}

Result<PackageEvidence> read_evidence(const PackageScene& scene, const SealedHeader& sealed) {
  PackageEvidence evidence;
  for (const std::string& file : scene.files.names_in(scene.folder + "evidence/")) {
    evidence.statements.push_back(YZ_TRY(read_statement(scene, file, sealed)));
  }
  for (const std::string& file : scene.files.names_in(scene.folder + "verdicts/")) {
    evidence.verdicts.push_back(YZ_TRY(read_verdict(scene, file, sealed)));
  }
  const auto by_number = [](const auto& a, const auto& b) { return a.number < b.number; };
  std::sort(evidence.statements.begin(), evidence.statements.end(), by_number);
  std::sort(evidence.verdicts.begin(), evidence.verdicts.end(), by_number);
  YZ_TRY(check_numbers(scene, evidence));
  return evidence;
}

Result<void> check_chain(const PackageEvidence& evidence, const SealedHeader& sealed,
                         const std::set<Addressee>& recipients) {
  const auto& statements = evidence.statements;
  if (!is_decided_once(statements)) {
    return Refusal{Reason::kExportBroken,
                   "證據鏈：須有受理（A.1）證明，或恰有一份不受理（A.2）證明；尚未受理者請於受理後匯出"};
  }
  std::set<Sha256> known = names_of(evidence);
  known.insert(sealed.sha256);
  for (const ReadStatement& item : statements) {
    const Statement& statement = item.content.statement;
    if (decides(item)) YZ_TRY(check_decision(item, sealed));
    if (statement.recipient && !recipients.contains(*statement.recipient)) {
      return broken_at(item.file, kChain, "受文者不在受文者清單中");
    }
    for (const Sha256& previous : statement.previous) {
      if (known.contains(previous)) continue;
      return broken_at(item.file, kChain, "所指之前一證據不在匯出資料中：" + previous.hex());
    }
    const auto before = what_precedes(statement.type);
    if (before && !follows(statement, *before, evidence)) {
      return broken_at(item.file, kChain, "未指向同一受文者之 " + std::string(text_of(*before)));
    }
  }
  return {};
}

namespace {

// Whose scanners must have let it pass: that of the sender's centre, and of the one that consigned
// it, where it served the recipient then.
std::set<CentreCode> centres_behind(const PackageScene& scene, const Statement& consigned,
                                    const Header& header) {
  std::set<CentreCode> centres = {header.home_centre};
  const Agency* agency = scene.directory.find(consigned.recipient->org);
  const CentreCode* by = centre_of(consigned);
  if (agency == nullptr) return centres;
  const bool serves = by != nullptr && agency->is_served_by(*by, consigned.time);
  centres.insert(serves ? *by : agency->home_centre);
  return centres;
}

}  // namespace

Result<void> check_passes(const PackageScene& scene, const PackageEvidence& evidence,
                          const SealedHeader& sealed) {
  for (const ReadStatement& item : evidence.statements) {
    const Statement& statement = item.content.statement;
    if (statement.type == EvidenceType::kReleased) {
      YZ_TRY(check_release(scene, item, sealed));
    }
    if (statement.type != EvidenceType::kConsignment || !statement.recipient) continue;
    for (const CentreCode& centre : centres_behind(scene, statement, sealed.header)) {
      if (passed(evidence, statement, centre)) continue;
      return broken_at(item.file, kPasses,
                       "投遞所依據者缺少交換中心 " + centre.text() + " 之掃描通過判定");
    }
  }
  return {};
}

Result<ProofCount> check_proofs(const PackageScene& scene, PackageEvidence& evidence) {
  ProofCount count;
  for (ReadStatement& item : evidence.statements) {
    item.place = YZ_TRY(place_of(scene, item, count));
  }
  for (const ReadVerdict& item : evidence.verdicts) YZ_TRY(place_of(scene, item, count));
  return count;
}

}  // namespace yizhan
