#include "role/exchange/incident_tracing.h"

#include <algorithm>

namespace yizhan {

namespace {

// Whoever fetches or fetched it has it, opened or not; and what another centre took over, that one
// scans and stops itself.
bool may_hold(State state) {
  switch (state) {
    case State::kOffered:
    case State::kRelayed:
    case State::kLeased:
    case State::kReceived:
    case State::kConfirmed:
    case State::kReturned:
    case State::kFailed:
      return true;
    case State::kAccepted:
    case State::kHeld:
    case State::kForwarding:
    case State::kConsigned:
    case State::kStopped:
    case State::kWithdrawn:
    case State::kPaper:
    case State::kExpired:
      return false;
  }
  YZ_ASSERT(false);
}

std::string detail_of(const Verdict& verdict) {
  std::string detail = verdict.engine + " " + verdict.signatures_version;
  if (!verdict.detail.empty()) detail += "：" + verdict.detail;
  return detail;
}

IncidentSource source_of(const StoredPackage& package) {
  const Header header = open_header(package.header).value().header;  // it was when it was admitted
  return {package.key.sender, header.sender_certificate, package.source_address, package.document,
          IncidentSubmission{package.key.message, package.header_sha256, header.plaintext_root,
                             package.accepted, package.from_centre}};
}

std::string name_or_any(const std::string& name) { return name.empty() ? "惡意程式" : name; }

// The E.2 by which that recipient's terminal says that it found malware.
std::optional<EvidenceRow> finding_at(Transaction& tx, EvidenceStore& evidence,
                                      const MessageKey& message, const Addressee& recipient) {
  auto row = evidence.last(tx, message, recipient, text_of(EvidenceType::kHandoverFailure));
  if (!row || !names_malware(Statement::parse(row->statement).value())) return std::nullopt;
  return row;
}

}  // namespace

IncidentFinding finding_of(const StoredPackage& package, const Verdict& verdict) {
  return {IncidentCause::kMalware, name_or_any(verdict.name), detail_of(verdict),
          source_of(package)};
}

IncidentFinding finding_of(const StoredPackage& package, const Statement& failure) {
  const std::string where = failure.recipient ? failure.recipient->text() : "";
  return {IncidentCause::kMalware, name_or_any(failure.detail),
          "受文者 " + where + " 之終端 " + failure.actor.terminal + " 收取後偵測，證據 E.2",
          source_of(package)};
}

IncidentFinding finding_of(const SignedDetection& given, const std::string& address) {
  const Detection& said = given.detection;
  return {IncidentCause::kMalware, said.found,
          said.agency.text() + " 之終端 " + said.terminal + " 於 " + said.detected.text() +
              " 發文前偵測，未送出",
          IncidentSource{said.agency, given.signer.sha256(), address, said.document, std::nullopt}};
}

IncidentTrace trace_of(Transaction& tx, Custody& custody, const IncidentSource& source) {
  IncidentTrace trace;
  EvidenceStore& evidence = custody.evidence();
  const auto told_by = [&](const std::optional<EvidenceRow>& row) {
    if (!row || !evidence.is_published(tx, row->id)) return;
    trace.told = std::min(trace.told.value_or(row->created), row->created);
  };
  const MessageKey first{source.agency, source.submission.value().message};
  told_by(evidence.last(tx, first, {}, text_of(EvidenceType::kHeld)));
  for (const SpreadPlace& place : SpreadStore(tx).of_document(source.agency, source.document)) {
    if (!may_hold(place.state)) {
      ++trace.spread.stopped;
      continue;
    }
    ++trace.spread.holding;
    IncidentHolder holder{place.recipient, std::string(text_of(place.state)), place.since,
                          place.next_centre, std::nullopt};
    const MessageKey message{source.agency, place.message};
    if (const auto row = finding_at(tx, evidence, message, place.recipient)) {
      holder.finding = row->sha256;
      told_by(row);
    }
    trace.spread.holders.push_back(std::move(holder));
  }
  return trace;
}

}  // namespace yizhan
