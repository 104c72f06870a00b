#include "role/exchange/incident_tracing.h"

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

}  // namespace

IncidentFinding finding_of(const StoredPackage& package, const Verdict& verdict) {
  const Header header = open_header(package.header).value().header;  // it was when it was admitted
  return {IncidentCause::kMalware, verdict.name.empty() ? "惡意程式" : verdict.name,
          detail_of(verdict),
          IncidentSource{package.key.sender, header.sender_certificate, package.source_address,
                         package.key.message, package.document, package.header_sha256,
                         header.plaintext_root, package.accepted, package.from_centre}};
}

IncidentTrace trace_of(Transaction& tx, Custody& custody, const IncidentSource& source) {
  IncidentTrace trace;
  for (const SpreadPlace& place : SpreadStore(tx).of_document(source.agency, source.document)) {
    if (!may_hold(place.state)) {
      ++trace.spread.stopped;
      continue;
    }
    ++trace.spread.holding;
    trace.spread.holders.push_back(
        {place.recipient, std::string(text_of(place.state)), place.since, place.next_centre});
  }
  EvidenceStore& evidence = custody.evidence();
  const auto held =
      evidence.last(tx, {source.agency, source.message}, {}, text_of(EvidenceType::kHeld));
  if (held && evidence.is_published(tx, held->id)) trace.told = held->created;
  return trace;
}

}  // namespace yizhan
