#include <algorithm>

#include "model/export/verify_evidence.h"

namespace yizhan {

namespace {

constexpr std::string_view kCustody = "公文移交";

const CentreCode* centre_of(const Statement& statement) {
  return std::get_if<CentreCode>(&statement.actor.party);
}

bool names(const std::vector<Sha256>& list, const Sha256& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

struct Scene {
  const Directory& directory;
  const PackageEvidence& evidence;
  const Header& header;
  std::span<const RecipientLeaf> leaves;
};

// The B.1 of that centre; two, where its store came back from an older copy between them.
std::vector<Sha256> takeovers_by(const Scene& scene, const CentreCode& centre) {
  std::vector<Sha256> taken;
  for (const ReadStatement& item : scene.evidence.statements) {
    const Statement& statement = item.content.statement;
    const CentreCode* by = centre_of(statement);
    const bool takes = statement.type == EvidenceType::kRelayAcceptance;
    if (takes && by != nullptr && *by == centre) taken.push_back(item.content.sha256);
  }
  return taken;
}

// Whom the sender's centre ended itself was not handed over.
bool ended_at_home(const Scene& scene, const Addressee& addressee) {
  return std::ranges::any_of(scene.evidence.statements, [&](const ReadStatement& item) {
    const Statement& statement = item.content.statement;
    const CentreCode* centre = centre_of(statement);
    return is_final(statement.type) && statement.recipient == addressee && centre != nullptr &&
           *centre == scene.header.home_centre;
  });
}

// By which a centre decided about this recipient, if one has.
const Statement* find_decision(const Scene& scene, const Addressee& addressee) {
  for (const ReadStatement& item : scene.evidence.statements) {
    const Statement& statement = item.content.statement;
    const bool decides = statement.type == EvidenceType::kConsignment ||
                         statement.type == EvidenceType::kConsignmentFailure ||
                         statement.type == EvidenceType::kAcceptanceExpiry;
    if (decides && statement.recipient == addressee) return &statement;
  }
  return nullptr;
}

// The leaves that this centre must have taken: of its agencies, as far as they are shown. Of an
// agency that has moved either centre may have taken it: nullopt until one has decided about it.
std::optional<std::vector<Bytes>> leaves_for(const Scene& scene, const CentreCode& centre) {
  std::vector<Bytes> leaves;
  for (const RecipientLeaf& leaf : scene.leaves) {
    const Agency* agency = scene.directory.find(leaf.addressee.org);
    if (agency == nullptr) continue;
    if (ended_at_home(scene, leaf.addressee)) continue;
    bool here = agency->home_centre == centre;
    if (agency->former) {
      const Statement* decision = find_decision(scene, leaf.addressee);
      if (decision == nullptr) return std::nullopt;
      const CentreCode* by = centre_of(*decision);
      const bool serves = by != nullptr && agency->is_served_by(*by, decision->time);
      here = (serves ? *by : agency->home_centre) == centre;
    }
    if (here) leaves.push_back(leaf.json());
  }
  return leaves;
}

// B.1 follows the acceptance, and names whom it takes over: so none is swapped, added or left out.
Result<void> check_takeover(const Scene& scene, const ReadStatement& item) {
  const Statement& taken = item.content.statement;
  const CentreCode& centre = *centre_of(taken);
  if (centre == scene.header.home_centre) {
    return broken_at(item.file, kCustody, "接管者即發文機關所屬之中心");
  }
  const bool follows = std::ranges::any_of(
      scene.evidence.statements, [&](const ReadStatement& earlier) {
        return earlier.content.statement.type == EvidenceType::kSubmissionAcceptance &&
               names(taken.previous, earlier.content.sha256);
      });
  if (!follows) return broken_at(item.file, kCustody, "未指向受理證明（A.1）");
  if (!taken.recipient_count || !taken.leaves_sha256) {
    return broken_at(item.file, kCustody, "未載明受文者");
  }
  // A recipient's export shows its own leaf alone: of more it can say nothing.
  const auto leaves = leaves_for(scene, centre);
  const bool whole =
      static_cast<std::int64_t>(scene.leaves.size()) == scene.header.recipient_count;
  if (!leaves || (!whole && *taken.recipient_count != 1)) return {};
  const bool same = *taken.recipient_count == static_cast<std::int64_t>(leaves->size()) &&
                    *taken.leaves_sha256 == leaves_sha256(*leaves);
  if (!same) return broken_at(item.file, kCustody, "接管之受文者與標頭所簽者不符");
  return {};
}

// A centre other than the sender's decides about what it has taken over, and nothing else.
Result<void> check_decider(const Scene& scene, const ReadStatement& item) {
  const Statement& statement = item.content.statement;
  const CentreCode* centre = centre_of(statement);
  if (centre == nullptr || *centre == scene.header.home_centre ||
      statement.type == EvidenceType::kRelayAcceptance ||
      statement.type == EvidenceType::kRelayRejection) {
    return {};
  }
  const std::vector<Sha256> taken = takeovers_by(scene, *centre);
  if (taken.empty()) return broken_at(item.file, kCustody, "出具之中心未接管本件（B.1）");
  const bool consigns = statement.type == EvidenceType::kConsignment;
  if (consigns && std::ranges::find_first_of(statement.previous, taken) ==
                      statement.previous.end()) {
    return broken_at(item.file, kCustody, "送達未指向該中心之接管證明（B.1）");
  }
  if (statement.type == EvidenceType::kRelayFailure) {
    return broken_at(item.file, kCustody, "未能移交（B.3）須由發文機關所屬之中心出具");
  }
  return {};
}

}  // namespace

Result<void> check_custody(const PackageScene& package, const PackageEvidence& evidence,
                           const SealedHeader& sealed, std::span<const RecipientLeaf> leaves) {
  const Scene scene{package.directory, evidence, sealed.header, leaves};
  for (const ReadStatement& item : evidence.statements) {
    if (item.content.statement.type == EvidenceType::kRelayAcceptance) {
      YZ_TRY(check_takeover(scene, item));
    }
    YZ_TRY(check_decider(scene, item));
  }
  return {};
}

}  // namespace yizhan
