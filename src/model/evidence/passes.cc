#include "model/evidence/passes.h"

#include <algorithm>

#include "ground/control/control.h"

namespace yizhan {

namespace {

bool speaks_for(const Statement& statement, const CentreCode& centre) {
  const auto* party = std::get_if<CentreCode>(&statement.actor.party);
  return party != nullptr && *party == centre;
}

bool names(const std::vector<Sha256>& list, const Sha256& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// Two officers of the centre, with their own cards, read this verdict and let it pass.
bool overrides(const SignedStatement& released, const SignedVerdict& verdict,
               const SealedHeader& sealed, const Centre& centre) {
  const Statement& statement = released.statement;
  if (statement.type != EvidenceType::kReleased || !speaks_for(statement, centre.code) ||
      !names(statement.previous, verdict.sha256)) {
    return false;
  }
  return open_release(statement, sealed, centre).ok();
}

bool is_overridden(const SignedVerdict& verdict, const ProvenEvidence& evidence,
                   const SealedHeader& sealed, const Centre& centre) {
  return std::any_of(evidence.statements.begin(), evidence.statements.end(),
                     [&](const SignedStatement& statement) {
                       return overrides(statement, verdict, sealed, centre);
                     });
}

bool passes(const ProvenEvidence& evidence, const SealedHeader& sealed, const Centre& centre) {
  return std::any_of(
      evidence.verdicts.begin(), evidence.verdicts.end(), [&](const SignedVerdict& verdict) {
        if (verdict.verdict.centre != centre.code) return false;
        return verdict.verdict.result == ScanResult::kClean ||
               is_overridden(verdict, evidence, sealed, centre);
      });
}

}  // namespace

ProvenEvidence prove(std::span<const Bytes> evidence, const SealedHeader& sealed,
                     const Directory& directory, const CryptoPolicy& policy) {
  ProvenEvidence proven;
  for (const Bytes& cms : evidence) {
    if (Result<SignedStatement> statement = open_statement(cms)) {
      const bool same = statement->statement.message == sealed.header.key() &&
                        statement->statement.header_sha256 == sealed.sha256;
      if (same && check_actor(*statement, directory, policy)) {
        proven.statements.push_back(std::move(*statement));
      }
      continue;
    }
    Result<SignedVerdict> verdict = open_verdict(cms);
    if (verdict && check_scanner(*verdict, sealed, directory, policy)) {
      proven.verdicts.push_back(std::move(*verdict));
    }
  }
  return proven;
}

Result<Time> accepted_at(const ProvenEvidence& evidence, const Header& header,
                         const Directory& directory) {
  const Agency* agency = directory.find(header.sender);
  if (agency == nullptr) return Refusal{Reason::kUnknownAgency, header.sender.text()};
  for (const SignedStatement& item : evidence.statements) {
    const Statement& statement = item.statement;
    if (statement.type == EvidenceType::kSubmissionAcceptance &&
        speaks_for(statement, header.home_centre) &&
        agency->is_served_by(header.home_centre, statement.time)) {
      return statement.time;
    }
  }
  return Refusal{Reason::kVerdictMissing, "缺少發文機關所屬中心之受理證明（A.1）"};
}

Result<void> check_passed(const ProvenEvidence& evidence, const SealedHeader& sealed,
                          const CentreCode& code, const Directory& directory) {
  const Centre* centre = directory.find(code);
  const bool passed = centre != nullptr && passes(evidence, sealed, *centre);
  if (upheld("verdicts", passed)) return {};
  return Refusal{Reason::kVerdictMissing, "缺少交換中心 " + code.text() + " 之掃描通過判定"};
}

Result<void> check_passes(const ProvenEvidence& evidence, const SealedHeader& sealed,
                          const CentreCode& consigning, const Directory& directory) {
  YZ_TRY(check_passed(evidence, sealed, sealed.header.home_centre, directory));
  return check_passed(evidence, sealed, consigning, directory);
}

bool is_released_despite(Reason reason, const ProvenEvidence& evidence,
                         const SealedHeader& sealed, const Directory& directory) {
  return std::any_of(
      evidence.verdicts.begin(), evidence.verdicts.end(), [&](const SignedVerdict& item) {
        const Verdict& verdict = item.verdict;
        const Centre* centre = directory.find(verdict.centre);
        return verdict.result == ScanResult::kIncomplete && verdict.reason == reason &&
               centre != nullptr && is_overridden(item, evidence, sealed, *centre);
      });
}

}  // namespace yizhan
