#include "model/export/verify_package.h"

#include <algorithm>

#include "ground/json/json.h"

namespace yizhan {

namespace {

constexpr std::size_t kListBytesMax = 64U << 20;
constexpr std::string_view kHeader = "標頭";
constexpr std::string_view kRecipients = "受文者清單";
constexpr std::string_view kContent = "內容清單";

struct ReadLeaves {
  std::vector<RecipientLeaf> leaves;
  std::set<Addressee> addressees;
};

Result<std::vector<Sha256>> digests_in(const Json& items) {
  std::vector<Sha256> digests;
  for (const Json& item : items) {
    const auto digest = item.is_string() ? Sha256::from_hex(item.get<std::string>()) : std::nullopt;
    if (!digest) return Refusal{Reason::kMalformed, "雜湊值格式不正確"};
    digests.push_back(*digest);
  }
  return digests;
}

Result<std::vector<PlacedLeaf>> parse_leaves(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kListBytesMax, .depth_max = 4}));
  Members list(json, "recipients.json");
  const Json& items = list.array("recipients");
  YZ_TRY(list.check());
  std::vector<PlacedLeaf> leaves;
  for (const Json& item : items) {
    Members m(item, "recipients");
    Bytes leaf = m.base64("leaf");
    const std::int64_t index = m.integer("leaf_index", {.min = 0});
    const Json& path = m.array("path");
    YZ_TRY(m.check());
    std::vector<Sha256> digests = YZ_TRY(digests_in(path));
    leaves.push_back({std::move(leaf), index, std::move(digests)});
  }
  return leaves;
}

Result<std::vector<Sha256>> parse_groups(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kListBytesMax, .depth_max = 3}));
  Members list(json, "groups.json");
  const Json& items = list.array("groups");
  YZ_TRY(list.check());
  return digests_in(items);
}

// The first that was entered: the log says so and nothing else does, for a statement's time is
// its author's and a file's number the exporter's. None when there is none, or when the log does
// not show which of several was first.
const ReadStatement* first_of(const std::vector<const ReadStatement*>& finals) {
  if (finals.size() < 2) return finals.empty() ? nullptr : finals.front();
  const auto& log = finals.front()->place;
  const bool comparable = std::all_of(finals.begin(), finals.end(), [&](const auto* item) {
    return item->place && item->place->centre == log->centre;
  });
  if (!comparable) return nullptr;
  return *std::min_element(finals.begin(), finals.end(), [](const auto* a, const auto* b) {
    return a->place->index < b->place->index;
  });
}

class PackageVerification {
 public:
  PackageVerification(const PackageScene& scene, SealedHeader sealed)
      : scene_(scene), sealed_(std::move(sealed)) {}

  Result<PackageVerdict> run() {
    PackageEvidence evidence = YZ_TRY(read_evidence(scene_, sealed_));
    const ReadLeaves recipients = YZ_TRY(read_recipients());
    YZ_TRY(at_link(scene_.folder, "證據", check_chain(evidence, sealed_, recipients.addressees)));
    YZ_TRY(check_sender(evidence.decision().time));
    YZ_TRY(check_groups_list());
    Manifest manifest = YZ_TRY(read_manifest());
    YZ_TRY(check_custody(scene_, evidence, sealed_, recipients.leaves));
    YZ_TRY(check_passes(scene_, evidence, sealed_));
    const ProofCount proofs = YZ_TRY(check_proofs(scene_, evidence));
    return PackageVerdict{summarize(evidence, recipients, std::move(manifest)),
                          sealed_.header.document_id,
                          evidence.statements.size() + evidence.verdicts.size(), proofs};
  }

 private:
  [[nodiscard]] std::string file(std::string_view name) const {
    return scene_.folder + std::string(name);
  }

  // Step 4 of the order of checks, at the time of A.1.
  Result<void> check_sender(Time decided) {
    const std::string name = file("header.p7m");
    const Header& header = sealed_.header;
    const Agency* agency = scene_.directory.find(header.sender);
    if (agency == nullptr) {
      return broken_at(name, kHeader, Refusal{Reason::kUnknownAgency, header.sender.text()});
    }
    YZ_TRY(at_link(
        name, "發文機關簽章",
        find_registered(agency->certificates, Purpose::kSign, sealed_.signer.sha256(), decided)));
    if (!sealed_.signer.allows_signature()) {
      return broken_at(name, kHeader, Refusal{Reason::kCertificatePurpose, {}});
    }
    YZ_TRY(at_link(name, kHeader, check_signing_time(sealed_, decided)));
    if (header.directory_version > scene_.directory.version()) {
      return broken_at(name, kHeader, Refusal{Reason::kDirectoryNewer, {}});
    }
    scene_.signers.signed_by(sealed_.signer, decided, name);
    return {};
  }

  Result<ReadLeaves> read_recipients() {
    const std::string name = file("recipients.json");
    const ByteView bytes = YZ_TRY(scene_.files.require(name));
    const auto placed = YZ_TRY(at_link(name, kRecipients, parse_leaves(bytes)));
    const Header& header = sealed_.header;
    ReadLeaves read;
    for (const PlacedLeaf& item : placed) {
      read.leaves.push_back(YZ_TRY(at_link(
          name, kRecipients, verify_placed(item, header.recipient_count, header.recipients_root))));
      read.addressees.insert(read.leaves.back().addressee);
    }
    YZ_TRY(at_link(name, kRecipients, check_order(read.leaves)));
    YZ_TRY(check_role(read));
    return read;
  }

  Result<void> check_role(const ReadLeaves& read) const {
    const std::string name = file("recipients.json");
    const ExportIndex& index = scene_.files.index();
    switch (index.role) {
      case ExportRole::kSender:
        if (static_cast<std::int64_t>(read.leaves.size()) == sealed_.header.recipient_count &&
            index.exporter == sealed_.header.sender) {
          return {};
        }
        return broken_at(name, kRecipients, "發文機關之匯出須含全部受文者");
      case ExportRole::kRecipient:
        if (read.leaves.size() == 1 &&
            scene_.directory.receives_for(index.exporter, read.leaves.front().addressee.org,
                                          sealed_.header.created)) {
          return {};
        }
        return broken_at(name, kRecipients, "受文機關之匯出須恰含自己或其代收者");
    }
    return {};
  }

  Result<void> check_groups_list() {
    const std::string name = file("groups.json");
    const ByteView bytes = YZ_TRY(scene_.files.require(name));
    const auto groups = YZ_TRY(at_link(name, "密文雜湊", parse_groups(bytes)));
    return at_link(name, "密文雜湊", check_groups(sealed_.header, groups));
  }

  Result<Manifest> read_manifest() {
    const std::string name = file("manifest.json");
    const ByteView bytes = YZ_TRY(scene_.files.require(name));
    if (sha256(bytes) != sealed_.header.plaintext_root) {
      return broken_at(name, kContent, "SHA-256 不是標頭所簽之 plaintext_root");
    }
    Manifest manifest = YZ_TRY(at_link(name, kContent, Manifest::parse(bytes)));
    std::uint64_t length = 8 + bytes.size();
    for (const Part& part : manifest.parts) {
      length += part.length;
      if (scene_.files.find_part(part)) continue;
      return broken_at(name, kContent, "沒有內容相符之檔案「" + part.name + "」");
    }
    if (length != sealed_.header.plain_length) {
      return broken_at(name, kContent, Refusal{Reason::kLengthMismatch, {}});
    }
    return manifest;
  }

  [[nodiscard]] std::string name_of(const Addressee& addressee) const {
    return scene_.directory.name_of(addressee).value_or("");
  }

  VerifiedPackage summarize(const PackageEvidence& evidence, const ReadLeaves& recipients,
                            Manifest manifest) const {
    const Header& header = sealed_.header;
    const Addressee sender{header.sender, header.sender_unit};
    const Statement& decision = evidence.decision();
    VerifiedPackage package{header.message_id,
                            sender,
                            name_of(sender),
                            decision.time,
                            decision.type == EvidenceType::kSubmissionAcceptance,
                            std::move(manifest),
                            {}};
    for (const RecipientLeaf& leaf : recipients.leaves) {
      package.recipients.push_back(summarize(evidence, leaf));
    }
    return package;
  }

  [[nodiscard]] VerifiedRecipient summarize(const PackageEvidence& evidence,
                                            const RecipientLeaf& leaf) const {
    VerifiedRecipient recipient{
        leaf.addressee, name_of(leaf.addressee), leaf.copy_kind, {}, {}, {}};
    std::vector<const ReadStatement*> finals;
    for (const ReadStatement& item : evidence.statements) {
      const Statement& statement = item.content.statement;
      if (statement.recipient.value_or(leaf.addressee) != leaf.addressee) continue;
      if (is_final(statement.type)) finals.push_back(&item);
      if (statement.type == EvidenceType::kConsignment) {
        const Time earlier = recipient.consigned.value_or(statement.time);
        recipient.consigned = std::min(earlier, statement.time);
      }
      // What was confirmed may still be returned, never the other way round.
      const bool returned = statement.type == EvidenceType::kReturned;
      const bool confirmed = statement.type == EvidenceType::kConfirmed;
      if (returned || (confirmed && !recipient.acknowledged)) recipient.acknowledged = statement;
    }
    if (const ReadStatement* first = first_of(finals)) recipient.final = first->content.statement;
    recipient.superseded = static_cast<int>(finals.size()) - (recipient.final ? 1 : 0);
    return recipient;
  }

  const PackageScene& scene_;
  const SealedHeader sealed_;
};

}  // namespace

Result<PackageVerdict> verify_package(const PackageScene& scene, const MessageKey& expected) {
  const std::string name = scene.folder + "header.p7m";
  const ByteView bytes = YZ_TRY(scene.files.require(name));
  SealedHeader sealed = YZ_TRY(at_link(name, kHeader, open_header(bytes)));
  if (sealed.header.key() != expected) {
    return broken_at(name, kHeader, "不是清單所載之封裝");
  }
  return PackageVerification(scene, std::move(sealed)).run();
}

}  // namespace yizhan
