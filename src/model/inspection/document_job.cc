#include "model/inspection/document_job.h"

#include <algorithm>
#include <stdexcept>

#include "ground/files/files.h"
#include "ground/json/json.h"
#include "ground/xml/xml.h"
#include "model/document/document.h"
#include "model/part_name/part_name.h"

namespace yizhan {

namespace {

constexpr std::size_t kQuestionMax = 4U << 20;
constexpr std::size_t kDocumentMax = 4U << 20;
constexpr std::size_t kIssuesMax = 200;
constexpr std::string_view kMessageRoot = "文書訊息";

struct Claims {
  std::string sender;
  std::string urgency;  // code, or empty
  bool with_attachments = true;
  std::string org_code;  // of the recipient; empty: not compared
  std::string unit_code;
  std::string copy_kind;
};

struct Question {
  std::vector<AttachmentFact> beside;
  int rosters = 0;
  int messages = 0;
  bool classified_allowed = false;
  std::optional<Claims> claims;
};

// The asker is our own program: whatever is wrong with its question is a bug of ours.
void require(const Members& members) {
  const Result<void> read = members.check();
  if (!read) throw std::invalid_argument(read.refusal().detail);
}

Claims read_claims(const Json& json) {
  Members members(json, "claims");
  Claims claims{members.text("sender"),   members.text("urgency"),
                members.flag("with_attachments"), members.text("org_code"),
                members.text("unit_code"), members.text("copy_kind")};
  require(members);
  return claims;
}

void read_part(const Json& json, Question& question) {
  Members members(json, "part");
  const std::string name = members.text("name");
  const std::string kind = members.text("kind");
  const auto length = static_cast<std::uint64_t>(members.integer("length", {.min = 0}));
  require(members);
  if (kind == "attachment") question.beside.push_back({name, length, FileRole::kAttachment});
  if (kind == "dm") question.beside.push_back({name, length, FileRole::kMessage});
  if (kind == "rendition") question.beside.push_back({name, length, FileRole::kRendition});
  question.rosters += kind == "sw" ? 1 : 0;
  question.messages += kind == "dm" ? 1 : 0;
}

Question read_question(const Json& json) {
  Members members(json, "question");
  Question question;
  for (const Json& part : members.array("parts")) read_part(part, question);
  question.classified_allowed = members.flag("classified_allowed");
  if (members.has("claims")) question.claims = read_claims(members.object("claims"));
  require(members);
  return question;
}

Bytes read_whole(int descriptor) {
  FileHandle file(descriptor, "part");
  Bytes bytes = file.read_at(0, kDocumentMax + 1);  // longer is the reader's to refuse
  static_cast<void>(file.release());
  return bytes;
}

std::string code_of(DocumentUrgency urgency) {
  switch (urgency) {
    case DocumentUrgency::kNormal:
      return "normal";
    case DocumentUrgency::kFast:
      return "fast";
    case DocumentUrgency::kFastest:
      return "fastest";
  }
  return "";
}

// Whatever is neither the original nor a transcript travels as a copy.
std::string copy_code_of(const std::optional<CopyForm>& kind) {
  switch (kind.value_or(CopyForm::kOriginal)) {
    case CopyForm::kOriginal:
      return "original";
    case CopyForm::kTranscript:
      return "transcript";
    case CopyForm::kCopy:
    case CopyForm::kPhotocopy:
    case CopyForm::kTranslation:
    case CopyForm::kManuscript:
    case CopyForm::kDraft:
    case CopyForm::kFinal:
    case CopyForm::kBasePlan:
    case CopyForm::kBlueprint:
      return "cc";
  }
  return "cc";
}

std::vector<Party> recipients_of(const Document& document, const Roster* roster) {
  if (roster != nullptr) return roster->entries;
  if (document.addressee) return {*document.addressee};
  return {};
}

Json describe_recipient(const Party& party) {
  return {{"org_code", party.org_code},
          {"unit_code", party.unit_code},
          {"name", party.name + party.title},
          {"is_person", party.kind == PartyKind::kPerson},
          {"copy_kind", copy_code_of(party.copy_kind)},
          {"rendition", party.portable_copy},
          {"with_attachments", gets_attachments(party)}};
}

Json describe_document(const Document& document, const Roster* roster) {
  Json codes = Json::array(), names = Json::array(), recipients = Json::array(),
       attachments = Json::array(), numbers = Json::array(), unlisted = Json::array();
  for (const Party& sender : document.senders) {
    if (!sender.org_code.empty()) codes.push_back(sender.org_code);
    names.push_back(sender.name);
  }
  for (const Party& party : recipients_of(document, roster)) {
    recipients.push_back(describe_recipient(party));
  }
  if (roster != nullptr) {
    for (const Party& party : unlisted_parties(document, *roster)) {
      unlisted.push_back(describe_recipient(party));
    }
  }
  for (const DeclaredFile& file : document.attachments) attachments.push_back(file.file_name);
  const bool numbered = !document.numbers.empty() && !document.numbers.front().empty();
  // What a 簽稿會核單 names is the 收文字號 of the document that it is about.
  const bool own = document.kind != DocumentKind::kCoreviewSlip;
  for (const DocumentNumber& number : document.numbers) {
    if (own && !number.empty()) {
      numbers.push_back({{"year", number.year}, {"text", number.text()}});
    }
  }
  return {{"type", code_of(document.kind)},
          {"sender_codes", codes},
          {"sender_names", names},
          {"subject", document.subject},
          {"number", numbered ? document.numbers.front().text() : ""},
          {"numbers", numbers},
          {"urgency", document.urgency ? code_of(*document.urgency) : ""},
          {"secrecy", document.secrecy ? title_of(*document.secrecy) : ""},
          {"recipients", recipients},
          {"unlisted", unlisted},
          {"attachments", attachments}};
}

const char* kind_of(IssueFile file) {
  switch (file) {
    case IssueFile::kInstance:
      return "di";
    case IssueFile::kRoster:
      return "sw";
    case IssueFile::kMessage:
      return "dm";
  }
  return "di";
}

Json describe_issue(const Issue& issue) {
  return {{"code", issue.code},
          {"part", kind_of(issue.file)},
          {"element", issue.element},
          {"line", issue.line},
          {"message", issue.message_zh},
          {"remedy", issue.remedy_zh}};
}

Json describe_issues(const std::vector<Issue>& issues) {
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min(issues.size(), kIssuesMax); ++i) {
    list.push_back(describe_issue(issues[i]));
  }
  return list;
}

Issue mismatch(const char* code, const char* element, const char* message) {
  return {.code = code,
          .element = element,
          .message_zh = message,
          .remedy_zh = "請由發文機關重新封裝並發送。"};
}

// Step 11: what stands in clear is what the document says.
void check_claims(const Claims& claims, const Document& document, const Roster* roster,
                  std::vector<Issue>& issues) {
  const auto& senders = document.senders;
  if (std::none_of(senders.begin(), senders.end(),
                   [&](const Party& party) { return party.org_code == claims.sender; })) {
    issues.push_back(mismatch("sender_mismatch", "發文機關", "發文機關與封裝之簽署機關不同。"));
  }
  if ((document.urgency ? code_of(*document.urgency) : "") != claims.urgency) {
    issues.push_back(mismatch("urgency_mismatch", "速別", "速別與封裝標頭所載不同。"));
  }
  if (claims.org_code.empty()) return;
  const std::vector<Party> recipients = recipients_of(document, roster);
  if (std::none_of(recipients.begin(), recipients.end(), [&](const Party& party) {
        return party.org_code == claims.org_code && party.unit_code == claims.unit_code &&
               copy_code_of(party.copy_kind) == claims.copy_kind;
      })) {
    issues.push_back(
        mismatch("recipient_mismatch", "交換表單", "交換表單未列此受文者，或本別不同。"));
  }
}

// A package carries the renditions of its own recipients only; for those who get no attachments it
// carries none, and is not asked for them.
void settle_files(const Question& question, std::vector<Issue>& issues) {
  if (!question.claims) return;
  std::erase_if(issues, [](const Issue& issue) { return issue.code == "rendition_missing"; });
  if (question.claims->with_attachments) return;
  std::erase_if(issues, [](const Issue& issue) { return issue.code == "attachment_missing"; });
  const auto& beside = question.beside;
  if (std::ranges::find(beside, FileRole::kAttachment, &AttachmentFact::role) == beside.end()) {
    return;
  }
  issues.push_back(mismatch("attachments_unexpected", "附件", "封裝標明不含附件，卻含有附件。"));
}

void check_message(ByteView dm, std::vector<Issue>& issues) {
  const XmlReading reading = read_xml(dm, builtin_types());
  for (const XmlError& error : reading.errors) {
    issues.push_back(issue_of(error));
    issues.back().file = IssueFile::kMessage;
  }
  if (reading.ok() && reading.root->name != kMessageRoot) {
    issues.push_back({.code = "wrong_kind_of_file",
                      .element = reading.root->name,
                      .message_zh = "此檔不是文書訊息（DM）。",
                      .remedy_zh = "請確認檔案未放錯位置。",
                      .file = IssueFile::kMessage});
  }
}

DocumentAnswer unreadable(const std::vector<Issue>& issues) {
  return {.json = {{"issues", describe_issues(issues)}}, .readable = false};
}

}  // namespace

Bytes answer_document_question(ByteView bytes, std::span<const int> descriptors) {
  const Json question = parse_json(bytes, {.bytes_max = kQuestionMax}).value();
  return canonical_json(answer_document(question, descriptors).json);
}

DocumentAnswer answer_document(const Json& json, std::span<const int> descriptors) {
  const Question question = read_question(json);
  if (question.rosters > 1 || question.messages > 1) {
    return unreadable({mismatch("file_repeated", "", "交換表單或文書訊息檔不只一個。")});
  }
  YZ_ASSERT(descriptors.size() ==
            static_cast<std::size_t>(1 + question.rosters + question.messages));
  Checked<Document> document = parse_document(read_whole(descriptors[0]));
  Checked<Roster> roster;
  std::vector<Issue> issues = std::move(document.issues);
  if (question.rosters == 1) {
    roster = parse_roster(read_whole(descriptors[1]));
    for (Issue& issue : roster.issues) issue.file = IssueFile::kRoster;
    issues.insert(issues.end(), roster.issues.begin(), roster.issues.end());
  }
  if (question.messages == 1) check_message(read_whole(descriptors.back()), issues);
  const bool readable = document.ok() && (question.rosters == 0 || roster.ok());
  if (!readable) return unreadable(issues);

  const Roster* const listed = roster.ok() ? &*roster.value : nullptr;
  CheckPolicy policy;
  policy.classified_allowed = question.classified_allowed;
  const std::vector<Issue> found =
      cross_check(*document.value, listed, question.beside, policy);
  issues.insert(issues.end(), found.begin(), found.end());
  settle_files(question, issues);
  if (question.claims) check_claims(*question.claims, *document.value, listed, issues);
  return {.json = {{"issues", describe_issues(issues)},
                   {"document", describe_document(*document.value, listed)}},
          .readable = true};
}

void warm_documents() {
  start_xml();
  static_cast<void>(builtin_types());
  static_cast<void>(fold_text("暖 機"));
  static_cast<void>(check_part_name("warm.txt"));
  // One whole document, so that every converter and table has been touched.
  constexpr std::string_view kWarm =
      "<?xml version=\"1.0\" encoding=\"Big5\"?><!DOCTYPE 函 SYSTEM \"104_2_big5.dtd\"><函/>";
  static_cast<void>(parse_document(encode(kWarm, XmlEncoding::kBig5)));
  static_cast<void>(parse_roster(bytes_of(kWarm)));
}

}  // namespace yizhan
