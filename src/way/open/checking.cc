#include "way/open/checking.h"

#include "ground/control/control.h"

namespace yizhan {

namespace {

Result<void> check_replay(const SealedHeader& sealed, const std::optional<Sha256>& seen) {
  if (upheld("replay_at_recipient", seen == sealed.sha256)) return {};
  return Refusal{Reason::kReplayed, "同一訊息識別碼曾以另一標頭送達"};
}

// From which line it came, where that centre serves the agency; else what the directory says.
Result<CentreCode> consigning_centre(const Mail& mail, const Directory& directory) {
  const Agency* agency = directory.find(mail.recipient.org);
  if (agency == nullptr) return Refusal{Reason::kUnknownAgency, mail.recipient.org.text()};
  const auto told = CentreCode::parse(mail.centre);
  return told && agency->is_served_by(*told, mail.consigned) ? *told : agency->home_centre;
}

}  // namespace

Result<ProvenPackage> Checking::prove_package(const Mail& mail, const Consignment& consignment,
                                              const std::optional<Sha256>& seen) const {
  const auto directory = parts_.directory.current();
  const auto trust = parts_.trust.current();
  const Time now = parts_.clock.now();
  if (directory->expires() <= now) return Refusal{Reason::kDirectoryStale, "通訊目錄已過期"};
  SealedHeader sealed = YZ_TRY(open_header(consignment.header));  // 1 to 3
  const Header& header = sealed.header;
  ProvenEvidence evidence = prove(consignment.evidence, sealed, *directory, trust->policy);
  const Time accepted = YZ_TRY(accepted_at(evidence, header, *directory));
  const Moment moment{.accepted = accepted, .now = now};
  YZ_TRY(check_sender(sealed, *directory, *trust, moment));  // 4
  YZ_TRY(check_versions(header, *directory, moment));        // 5
  YZ_TRY(check_replay(sealed, seen));
  RecipientLeaf leaf =
      YZ_TRY(check_own_leaf(header, consignment.placed, consignment.key_blocks));  // 6
  if (header.key() != mail.message || leaf.addressee != mail.recipient) {
    return Refusal{Reason::kUnopenable, "步驟 6：封裝不是投遞所載之公文或受文者"};
  }
  if (!check_groups(header, consignment.groups)) {
    return Refusal{Reason::kUnopenable, "步驟 9：段雜湊清單不符"};
  }
  CentreCode consigning = YZ_TRY(consigning_centre(mail, *directory));
  return ProvenPackage{std::move(sealed), std::move(leaf), std::move(evidence), accepted,
                       std::move(consigning)};
}

Result<OpenedPackage> Checking::open(const ProvenPackage& package, const Consignment& consignment,
                                     const ReadBody& read) const {
  const SecretBytes key = YZ_TRY(content_key(package, consignment));  // 7
  const BodySource source{package.sealed.header, consignment.groups, read};
  OpenedBody body = YZ_TRY(open_body(  // 8 to 11
      source, key, [&] { return temporary_file(parts_.quarantine); }));
  DocumentFacts document = YZ_TRY(judge(package, body));
  YZ_TRY(check_passes(package.evidence, package.sealed, package.consigning,  // 12
                      *parts_.directory.current()));
  std::vector<std::int64_t> active_parts = YZ_TRY(scan(package, body));  // 13
  return OpenedPackage{std::move(body), std::move(document), std::move(active_parts)};
}

// With the first of our keys that this terminal can ask.
Result<SecretBytes> Checking::content_key(const ProvenPackage& package,
                                          const Consignment& consignment) const {
  Refusal last{Reason::kKeyUnknown, "本機沒有可開啟此公文之解密金鑰"};
  for (std::size_t i = 0; i < package.leaf.key_blocks.size(); ++i) {
    const auto key = parts_.find_key(package.leaf.key_blocks[i].certificate);
    if (!key) {
      if (key.reason() != Reason::kKeyUnknown) last = key.refusal();
      continue;
    }
    return open_key_block(package.sealed.header, consignment.key_blocks[i], **key);
  }
  return last;
}

Result<DocumentFacts> Checking::judge(const ProvenPackage& package, const OpenedBody& body) const {
  const Header& header = package.sealed.header;
  const SealedClaims claims{header.sender, header.urgency, header.with_attachments,
                            SealedClaims::Recipient{package.leaf.addressee,
                                                    package.leaf.copy_kind}};
  DocumentInspection inspection = YZ_TRY(parts_.judge.judge(
      {.parts = body.manifest.parts, .files = body.parts, .claims = claims}));
  if (inspection.facts && inspection.issues.empty()) return std::move(*inspection.facts);
  const std::string what =
      inspection.issues.empty() ? "無法讀取" : inspection.issues.front().message;
  return Refusal{Reason::kUnopenable, "步驟 11：" + what};
}

Result<std::vector<std::int64_t>> Checking::scan(const ProvenPackage& package,
                                                 const OpenedBody& body) const {
  std::vector<std::int64_t> active_parts;
  for (std::size_t i = 0; i < body.parts.size(); ++i) {
    const Part& part = body.manifest.parts[i];
    // 五(三)2: 對於收發公文及其附件進行掃描 — again here, whatever the centres' verdicts say.
    const Result<ScannedPart> clean = parts_.scanner.scan(part, body.parts[i]);
    if (!upheld("own_scan", clean.ok() || is_let_pass(package, clean.reason()))) {
      return Refusal{clean.reason(), "「" + part.name + "」" + clean.refusal().detail};
    }
    if (clean && clean->active_content) active_parts.push_back(static_cast<std::int64_t>(i));
  }
  return active_parts;
}

// Officers may let pass what no scanner can look into; what one found in it, they may not.
bool Checking::is_let_pass(const ProvenPackage& package, Reason reason) const {
  const bool opaque = reason == Reason::kArchiveEncrypted || reason == Reason::kArchiveLimits;
  return opaque && is_released_despite(reason, package.evidence, package.sealed,
                                       *parts_.directory.current());
}

}  // namespace yizhan
