#include "role/terminal/document_check.h"

#include "way/seal/seal.h"

namespace yizhan {

Result<CheckedDocument> DocumentCheck::check(const Question& question) const {
  DocumentInspection inspection =
      YZ_TRY(judge_.judge({.parts = question.parts, .files = question.files}));
  CheckedDocument checked{{}, {}, std::move(inspection.issues)};
  if (!inspection.facts) return checked;
  const auto directory = directory_.current();
  const PaperPlan plan{question.paper, !question.is_resend, question.pair};
  ApartRecipients apart =
      set_apart(*directory, std::move(*inspection.facts), plan, clock_.now());
  for (InspectionIssue& issue :
       check_against(*directory, own_, apart.electronic, clock_.now())) {
    checked.issues.push_back(std::move(issue));
  }
  checked.facts = std::move(apart.electronic);
  checked.paper = std::move(apart.paper);
  return checked;
}

Json warnings_about(std::span<const Part> parts) {
  Json warnings = Json::array();
  for (const Part& part : parts) {
    if (part.kind != PartKind::kAttachment || is_preferred_name(part.name)) continue;
    warnings.push_back(describe(InspectionIssue{
        .code = "attachment_not_preferred",
        .element = "附件檔名",
        .line = 0,
        .message = "附件「" + part.name + "」不是 ODF 或 PDF，受文者可能無法開啟。",
        .remedy = "建議改附 ODF 或 PDF 檔。",
        .file = part.name}));
  }
  return warnings;
}

Json describe(const DocumentFacts& facts) {
  Json recipients = Json::array();
  for (const InspectedRecipient& recipient : facts.recipients) {
    recipients.push_back({{"org_code", recipient.org_code},
                          {"unit_code", recipient.unit_code},
                          {"name", recipient.name},
                          {"copy_kind", text_of(recipient.copy_kind)},
                          {"with_attachments", recipient.with_attachments}});
  }
  Json json = {{"type", facts.type},
               {"subject", facts.subject},
               {"number", facts.number},
               {"secrecy", facts.secrecy},
               {"sender_names", facts.sender_names},
               {"attachments", facts.attachments},
               {"recipients", std::move(recipients)}};
  if (facts.urgency) json["urgency"] = text_of(*facts.urgency);
  return json;
}

Json describe(std::span<const PaperRecipient> paper) {
  Json items = Json::array();
  for (const PaperRecipient& each : paper) items.push_back(each.describe());
  return items;
}

}  // namespace yizhan
