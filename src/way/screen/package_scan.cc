#include "way/screen/package_scan.h"

#include <algorithm>
#include <set>

namespace yizhan {

namespace {

int gravity(ScanResult result) {
  switch (result) {
    case ScanResult::kClean:
      return 0;
    case ScanResult::kIncomplete:
      return 1;
    case ScanResult::kRefused:
      return 2;
    case ScanResult::kInfected:
      return 3;
  }
  return 3;
}

// Codes and no more: an issue's sentence quotes the document.
std::string codes_of(const std::vector<InspectionIssue>& issues) {
  constexpr std::size_t kCodesMax = 10;
  std::set<std::string> codes;
  for (const InspectionIssue& issue : issues) {
    if (codes.size() < kCodesMax) codes.insert(issue.code);
  }
  std::string all;
  for (const std::string& code : codes) all += (all.empty() ? "" : " ") + code;
  return all;
}

}  // namespace

void PackageScan::inspect(const Header& header, const OpenedBody& body) {
  body_ = &body;
  const std::vector<Part>& parts = body.manifest.parts;
  const SealedClaims claims{.sender = header.sender,
                            .urgency = header.urgency,
                            .with_attachments = header.with_attachments,
                            .recipient = std::nullopt};
  const PackageInspection inspection =
      inspector_.inspect_package({.parts = parts,
                                  .files = body.parts,
                                  .claims = claims,
                                  .classified_allowed = rules_.classified_allowed,
                                  .compartment = header.sender.text()},
                                 rules_.content);
  look_at_document(inspection.document);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    inventory_.parts += 1;
    inventory_.bytes += static_cast<std::int64_t>(parts[i].length);
    take_inventory(i, inspection.parts[i]);
  }
}

std::vector<const FileHandle*> PackageScan::for_engine() const {
  std::vector<const FileHandle*> files;
  for (const std::size_t index : for_engine_) files.push_back(&body_->parts[index]);
  return files;
}

Finding PackageScan::conclude(std::span<const Result<ScanAnswer>> answers) {
  YZ_ASSERT(body_ != nullptr && answers.size() == for_engine_.size());
  for (std::size_t i = 0; i < answers.size(); ++i) look_at_answer(for_engine_[i], answers[i]);
  Finding finding = worst_.value_or(Finding{});
  finding.inventory = inventory_;
  if (worst_ || for_engine_.size() != body_->parts.size()) return finding;
  // Nothing was found, and everything was looked at: only here, and nowhere else, clean.
  finding.result = ScanResult::kClean;
  finding.reason.reset();
  finding.detail = flagged_;
  return finding;
}

void PackageScan::look_at_document(const Result<DocumentInspection>& inspection) {
  if (!inspection) {
    found({.result = ScanResult::kIncomplete, .reason = inspection.reason()});
    return;
  }
  const std::vector<InspectionIssue>& issues = inspection->issues;
  if (issues.empty()) return;
  const bool classified =
      std::any_of(issues.begin(), issues.end(),
                  [](const InspectionIssue& issue) { return issue.code == "classified"; });
  found({.result = ScanResult::kRefused,
         .reason = classified ? Reason::kClassified : Reason::kDocumentInvalid,
         .detail = codes_of(issues)});
}

void PackageScan::take_inventory(std::size_t index, const Result<ContentFacts>& facts) {
  if (facts || facts.reason() != Reason::kArchiveLimits) for_engine_.push_back(index);
  if (!facts) return found_about_part(index, result_for(facts.reason()), facts.reason());
  look_at_activity(index, *facts);
  inventory_.members += static_cast<std::int64_t>(facts->inventory.members);
  inventory_.bytes += static_cast<std::int64_t>(facts->inventory.bytes);
  inventory_.depth = std::max<std::int64_t>(inventory_.depth, facts->inventory.depth);
}

void PackageScan::look_at_activity(std::size_t index, const ContentFacts& facts) {
  if (!facts.active_content) return;
  const std::string what = "第 " + std::to_string(index + 1) + " 個檔案含巨集或會自動執行之內容";
  flagged_ += (flagged_.empty() ? "" : "；") + what;
  if (rules_.active_content == ActiveContent::kFlag) return;
  found({.result = ScanResult::kIncomplete, .reason = Reason::kContentRefused, .detail = what});
}

// What could not be looked into waits for people; what is not as it must be is refused.
ScanResult PackageScan::result_for(Reason reason) const {
  const bool hold_encrypted = rules_.content.encrypted_archives == EncryptedArchives::kHold;
  if (reason == Reason::kScanIncomplete || reason == Reason::kArchiveLimits ||
      (reason == Reason::kArchiveEncrypted && hold_encrypted)) {
    return ScanResult::kIncomplete;
  }
  return ScanResult::kRefused;
}

// 五(二)6: 對於收發公文及其附件進行掃描
void PackageScan::look_at_answer(std::size_t index, const Result<ScanAnswer>& answer) {
  if (!answer) {
    return found_about_part(index, ScanResult::kIncomplete, Reason::kScanIncomplete);
  }
  switch (answer->outcome) {
    case ScanOutcome::kClean:
      break;
    case ScanOutcome::kInfected:
      found({.result = ScanResult::kInfected,
             .name = answer->name,
             .reason = Reason::kInfected,
             .detail = "第 " + std::to_string(index + 1) + " 個檔案"});
      break;
    case ScanOutcome::kLimits:
      found_about_part(index, ScanResult::kIncomplete, Reason::kArchiveLimits);
      break;
    case ScanOutcome::kEncrypted:
      found_about_part(index, result_for(Reason::kArchiveEncrypted), Reason::kArchiveEncrypted);
      break;
  }
}

void PackageScan::found_about_part(std::size_t index, ScanResult result, Reason reason) {
  found({.result = result,
         .reason = reason,
         .detail = "第 " + std::to_string(index + 1) + " 個檔案"});
}

void PackageScan::found(Finding finding) {
  if (!worst_ || gravity(finding.result) > gravity(worst_->result)) worst_ = std::move(finding);
}

}  // namespace yizhan
