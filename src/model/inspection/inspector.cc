#include <algorithm>

#include "ground/json/json.h"
#include "model/inspection/document_job.h"
#include "model/inspection/inspection.h"
#include "model/inspection/package_job.h"

namespace yizhan {

namespace {

constexpr std::string_view kDocumentJob = "document";
constexpr std::string_view kPartJob = "part";
constexpr std::string_view kPackageJob = "package";
constexpr std::size_t kDocumentFilesMax = 3;  // DI, SW, DM
constexpr ConfinedLimits kLimits{};
constexpr JsonLimits kAnswer{.bytes_max = 16U << 20, .depth_max = 6};

Refusal unreadable() {
  return {Reason::kScanIncomplete, "檢查程式之答覆無法辨識，視為未完成檢查。"};
}

Json describe_claims(const SealedClaims& claims) {
  const auto& recipient = claims.recipient;
  return {{"sender", claims.sender.text()},
          {"urgency", claims.urgency ? text_of(*claims.urgency) : ""},
          {"with_attachments", claims.with_attachments},
          {"org_code", recipient ? recipient->addressee.org.text() : ""},
          {"unit_code", recipient ? recipient->addressee.unit.text() : ""},
          {"copy_kind", recipient ? text_of(recipient->copy_kind) : ""}};
}

Json write_question(const DocumentQuestion& question) {
  Json parts = Json::array();
  for (const Part& part : question.parts) {
    parts.push_back({{"name", part.name},
                     {"kind", text_of(part.kind)},
                     {"length", static_cast<std::int64_t>(part.length)}});
  }
  Json json = {{"parts", std::move(parts)}, {"classified_allowed", question.classified_allowed}};
  if (question.claims) json["claims"] = describe_claims(*question.claims);
  return json;
}

// DI, then SW and DM if there are any. Too many of a kind is the child's to refuse; it needs not
// hold them all for that.
std::vector<int> descriptors_of(const DocumentQuestion& question) {
  std::vector<int> descriptors;
  for (const PartKind kind : {PartKind::kDi, PartKind::kSw, PartKind::kDm}) {
    for (std::size_t i = 0; i < question.parts.size(); ++i) {
      if (question.parts[i].kind == kind) descriptors.push_back(question.files[i].descriptor());
    }
  }
  YZ_ASSERT(!descriptors.empty());
  if (descriptors.size() > kDocumentFilesMax) descriptors.resize(kDocumentFilesMax);
  return descriptors;
}

// From here on: answers, read as a stranger's, since a child that was taken over chooses its own.

std::vector<std::string> texts(Members& members, std::string_view name) {
  std::vector<std::string> all;
  for (const Json& item : members.array(name)) {
    if (!item.is_string()) members.refuse(name, "須為文字");
    else all.push_back(item.get<std::string>());
  }
  return all;
}

bool is_code(const std::string& org, const std::string& unit) {
  return (org.empty() || OrgCode::parse(org).ok()) && UnitCode::parse(unit).ok();
}

Result<InspectedRecipient> parse_recipient(const Json& json) {
  Members members(json, "recipient");
  InspectedRecipient recipient;
  recipient.org_code = members.text("org_code");
  recipient.unit_code = members.text("unit_code");
  recipient.name = members.text("name");
  recipient.is_person = members.flag("is_person");
  const auto copy_kind = members.parsed<CopyKind>("copy_kind", find_copy_kind);
  recipient.with_attachments = members.flag("with_attachments");
  recipient.rendition = members.text("rendition");
  if (!is_code(recipient.org_code, recipient.unit_code)) members.refuse("org_code", "代碼有誤");
  YZ_TRY(members.check());
  recipient.copy_kind = *copy_kind;
  return recipient;
}

Result<InspectedNumber> parse_number(const Json& json) {
  Members members(json, "number");
  InspectedNumber number{members.text("year"), members.text("text")};
  YZ_TRY(members.check());
  return number;
}

Result<DocumentFacts> parse_facts(const Json& json) {
  Members members(json, "document");
  DocumentFacts facts;
  facts.type = members.text("type");
  facts.sender_codes = texts(members, "sender_codes");
  facts.sender_names = texts(members, "sender_names");
  facts.subject = members.text("subject");
  facts.number = members.text("number");
  const Json& numbers = members.array("numbers");
  const std::string urgency = members.text("urgency");
  facts.urgency = find_urgency(urgency);
  facts.secrecy = members.text("secrecy");
  const Json& recipients = members.array("recipients");
  const Json& unlisted = members.array("unlisted");
  facts.attachments = texts(members, "attachments");
  if (!urgency.empty() && !facts.urgency) members.refuse("urgency", "不認得的速別");
  for (const std::string& code : facts.sender_codes) {
    if (!is_code(code, "")) members.refuse("sender_codes", "代碼有誤");
  }
  YZ_TRY(members.check());
  for (const Json& item : numbers) facts.numbers.push_back(YZ_TRY(parse_number(item)));
  for (const Json& item : recipients) facts.recipients.push_back(YZ_TRY(parse_recipient(item)));
  for (const Json& item : unlisted) facts.unlisted.push_back(YZ_TRY(parse_recipient(item)));
  return facts;
}

// The part of that kind; without one, the DI.
std::string name_of(std::string_view kind, std::span<const Part> parts) {
  const auto of = [&](std::string_view wanted) {
    return std::ranges::find_if(parts,
                                [&](const Part& part) { return text_of(part.kind) == wanted; });
  };
  const auto found = of(kind);
  const auto named = found == parts.end() ? of(text_of(PartKind::kDi)) : found;
  return named == parts.end() ? "" : named->name;
}

Result<InspectionIssue> parse_issue(const Json& json, std::span<const Part> parts) {
  Members members(json, "issue");
  InspectionIssue issue;
  issue.code = members.text("code");
  issue.element = members.text("element");
  const std::string part = members.text("part");
  issue.line = static_cast<int>(members.integer("line", {.min = 0, .max = 1 << 30}));
  issue.message = members.text("message");
  issue.remedy = members.text("remedy");
  const bool plain = std::all_of(issue.code.begin(), issue.code.end(),
                                 [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  if (issue.code.empty() || issue.code.size() > 64 || !plain) members.refuse("code", "代碼有誤");
  YZ_TRY(members.check());
  issue.file = name_of(part, parts);
  return issue;
}

Result<DocumentInspection> parse_inspection(const Json& json, std::span<const Part> parts) {
  Members members(json, "inspection");
  DocumentInspection inspection;
  const Json& issues = members.array("issues");
  const bool readable = members.has("document");
  static const Json kNone = Json::object();
  const Json& document = readable ? members.object("document") : kNone;
  YZ_TRY(members.check());
  if (issues.size() > Inspector::kIssuesMax) return Reason::kMalformed;
  for (const Json& issue : issues) inspection.issues.push_back(YZ_TRY(parse_issue(issue, parts)));
  if (readable) {
    inspection.facts = YZ_TRY(parse_facts(document));
    inspection.facts->file = name_of(text_of(PartKind::kDi), parts);
    inspection.facts->recipients_file = name_of(text_of(PartKind::kSw), parts);
  }
  // Neither facts nor a word about why: that is no answer.
  if (!inspection.facts && inspection.issues.empty()) return Reason::kMalformed;
  return inspection;
}

Result<PackageInspection> parse_package(ByteView answer, std::span<const Part> parts,
                                        std::size_t count) {
  const Json json = YZ_TRY(parse_json(answer, kAnswer));
  Members members(json, "package");
  const Json& document = members.object("document");
  const Json& answers = members.array("parts");
  YZ_TRY(members.check());
  if (answers.size() != count) return Reason::kMalformed;
  PackageInspection found{YZ_TRY(parse_inspection(document, parts)), {}};
  for (const Json& one : answers) found.parts.push_back(parse_judged(one));
  return found;
}

// A child that has seen anything else sees no further package.
bool is_as_it_should_be(const PackageInspection& found) {
  return found.document.ok() && found.document->issues.empty() &&
         std::ranges::all_of(found.parts, [](const auto& part) {
           return part.ok() && !part->active_content;
         });
}

}  // namespace

std::vector<ConfinedJob> inspection_jobs() {
  return {{std::string(kDocumentJob), answer_document_question, warm_documents},
          {std::string(kPartJob), answer_part_question, warm_content},
          {std::string(kPackageJob), answer_package_question, nullptr}};
}

Result<DocumentInspection> Inspector::inspect_document(const DocumentQuestion& question) const {
  YZ_ASSERT(question.parts.size() == question.files.size());
  const Bytes answer = YZ_TRY(nursery_.run(kDocumentJob, canonical_json(write_question(question)),
                                           descriptors_of(question), kLimits));
  const Result<Json> json = parse_json(answer, kAnswer);
  if (!json) return unreadable();
  Result<DocumentInspection> inspection = parse_inspection(*json, question.parts);
  if (inspection) return inspection;
  return unreadable();
}

Result<ContentFacts> Inspector::inspect_part(const std::string& name, const FileHandle& file,
                                             const ContentPolicy& policy) const {
  const std::array descriptors{file.descriptor()};
  return parse_part_answer(
      YZ_TRY(nursery_.run(kPartJob, write_part_question(name, policy), descriptors, kLimits)));
}

PackageInspection Inspector::inspect_package(const DocumentQuestion& question,
                                             const ContentPolicy& policy) const {
  YZ_ASSERT(question.parts.size() == question.files.size());
  auto together = inspect_together(question, policy);
  PackageInspection found = together ? std::move(*together)
                                     : PackageInspection{inspect_document(question), {}};
  for (std::size_t i = found.parts.size(); i < question.parts.size(); ++i) {
    found.parts.push_back(inspect_part(question.parts[i].name, question.files[i], policy));
  }
  return found;
}

// The document, and as many parts as there are places for.
Result<PackageInspection> Inspector::inspect_together(const DocumentQuestion& question,
                                                      const ContentPolicy& policy) const {
  std::vector<int> descriptors = descriptors_of(question);
  const std::size_t own = descriptors.size();
  Json parts = Json::array();
  const std::size_t count = std::min(question.parts.size(), Nursery::kDescriptorsMax - own);
  for (std::size_t i = 0; i < count; ++i) {
    parts.push_back(to_base64(bytes_of(question.parts[i].name)));
    descriptors.push_back(question.files[i].descriptor());
  }
  const Bytes asked = canonical_json({{"document", write_question(question)},
                                      {"document_files", own},
                                      {"policy", describe_policy(policy)},
                                      {"parts", std::move(parts)}});
  if (question.compartment.empty()) {
    const Bytes answer = YZ_TRY(nursery_.run(kPackageJob, asked, descriptors, kLimits));
    return parse_package(answer, question.parts, count);
  }
  ConfinedVisit visit = nursery_.visit(question.compartment, kLimits);
  const Bytes answer = YZ_TRY(visit.run(kPackageJob, asked, descriptors));
  Result<PackageInspection> found = parse_package(answer, question.parts, count);
  if (found && is_as_it_should_be(*found)) visit.keep();
  return found;
}

}  // namespace yizhan
