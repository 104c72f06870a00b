#include "model/document/cross_check.h"

#include <algorithm>
#include <set>

#include "ground/control/control.h"
#include "model/part_name/part_name.h"

namespace yizhan {
namespace {

// The first element of that name and text (empty: any text), or nullptr.
const XmlElement* find_element(const XmlElement& under, std::string_view name,
                               const std::string& text) {
  for (const XmlElement* child : under.elements()) {
    if (child->name == name && (text.empty() || fold_text(child->text()) == text)) return child;
    if (const XmlElement* found = find_element(*child, name, text)) return found;
  }
  return nullptr;
}

class CrossCheck {
 public:
  CrossCheck(const Document& document, const Roster* roster, const CheckPolicy& policy)
      : document_(document), roster_(roster), policy_(policy) {}

  std::vector<Issue> run(const std::vector<AttachmentFact>& files) {
    check_number();
    check_secrecy();
    check_files(files);
    check_recipients();
    return std::move(issues_);
  }

 private:
  void add(int line, Issue issue) {
    issue.line = line;
    issues_.push_back(std::move(issue));
  }

  void add_to_roster(std::size_t entry, Issue issue) {
    issue.file = IssueFile::kRoster;
    add(entry < roster_->lines.size() ? roster_->lines[entry] : 0, std::move(issue));
  }

  [[nodiscard]] int line_of(std::string_view element, const std::string& text = {}) const {
    const XmlElement* found = find_element(document_.source.root, element, text);
    return found == nullptr ? 0 : found->line;
  }

  void check_number() {
    const bool expected = document_.kind != DocumentKind::kCoreviewSlip;
    if (!expected || (!document_.numbers.empty() && !document_.numbers.front().empty())) return;
    add(line_of("發文字號"), {.code = "number_missing",
                              .element = "發文字號",
                              .message_zh = "缺少發文字號。",
                              .remedy_zh = "請先取號，再行發文。"});
  }

  void check_secrecy() {
    if (upheld("classified", !document_.secrecy || policy_.classified_allowed)) return;
    const std::string grade(title_of(*document_.secrecy));
    add(line_of("密等"), {.code = "classified",
                          .element = "密等",
                          .found = grade,
                          .message_zh = "密等為「" + grade + "」之公文不得經電子交換。",
                          .remedy_zh = "請依文書處理規定以密件方式傳遞。"});
  }

  void check_files(const std::vector<AttachmentFact>& files) {
    std::set<std::string> claimed;
    for (const DeclaredFile& attachment : document_.attachments) {
      check_attachment(attachment, files);
      if (claimed.insert(attachment.file_name).second) continue;
      about_file("attachment_shared", attachment.file_name, "有兩個附件名指向同一檔案。",
                 "每一附件名各對應一個檔案。");
    }
    check_message(files);
    check_renditions(files);
    for (const AttachmentFact& file : files) {
      if (file.role != FileRole::kAttachment || claimed.contains(file.name)) continue;
      about_file("attachment_unused", file.name, "未列於公文之附件。",
                 "請於 <附件檔名> 引用，或移除該檔案。");
    }
    for (const DeclaredFile& file : document_.unused) {
      about_file("entity_unused", file.file_name, "已宣告但未引用。",
                 "請於 <附件檔名> 引用「" + file.entity + "」，或刪除其宣告。");
    }
  }

  void check_attachment(const DeclaredFile& attachment, const std::vector<AttachmentFact>& files) {
    if (const auto name = check_part_name(attachment.file_name); !name) {
      about_file("attachment_name", attachment.file_name, name.refusal().detail,
                 "請改用不含特殊符號之檔名。");
      return;
    }
    const auto same = [&](const AttachmentFact& file) {
      return file.role == FileRole::kAttachment && file.name == attachment.file_name;
    };
    const auto count = std::count_if(files.begin(), files.end(), same);
    if (count == 0) {
      about_file("attachment_missing", attachment.file_name, "找不到檔案。",
                 "請補上該檔案，檔名須與宣告完全相同。");
    } else if (count > 1) {
      about_file("attachment_repeated", attachment.file_name, "同名檔案不只一個。",
                 "請移除重複之檔案。");
    } else if (std::find_if(files.begin(), files.end(), same)->size == 0) {
      about_file("attachment_empty", attachment.file_name, "檔案沒有內容。", "請重新產製該檔案。");
    }
  }

  // A document that is sent again brings the 文書訊息 that its entity names.
  void check_message(const std::vector<AttachmentFact>& files) {
    const auto given = std::ranges::find(files, FileRole::kMessage, &AttachmentFact::role);
    const bool is_given = given != files.end();
    if (document_.message && (!is_given || given->name != document_.message->file_name)) {
      about_message("message_missing", document_.message->file_name, "公文宣告之檔案不在其中。",
                    "請以文書訊息（DM）附上該檔案。");
    } else if (!document_.message && is_given) {
      about_message("message_undeclared", given->name, "公文未宣告此檔案。",
                    "請於公文宣告實體「文書訊息表單」，或移除該檔案。");
    }
  }

  void about_message(const char* code, const std::string& name, const std::string& what,
                     std::string remedy) {
    add(0, {.code = code,
            .element = "文書訊息",
            .found = name,
            .message_zh = "文書訊息「" + name + "」：" + what,
            .remedy_zh = std::move(remedy)});
  }

  // Every rendition that a recipient is promised is there, and no other.
  void check_renditions(const std::vector<AttachmentFact>& files) {
    std::set<std::string> promised, given;
    for (const AttachmentFact& file : files) {
      if (file.role == FileRole::kRendition) given.insert(file.name);
    }
    if (document_.addressee) promised.insert(document_.addressee->portable_copy);
    if (roster_ != nullptr) {
      for (const Party& entry : roster_->entries) promised.insert(entry.portable_copy);
    }
    promised.erase("");
    for (const std::string& name : promised) {
      if (given.contains(name)) continue;
      about_rendition("rendition_missing", name, "找不到檔案。", "請補上該檔案，檔名須完全相同。");
    }
    for (const std::string& name : given) {
      if (promised.contains(name)) continue;
      about_rendition("rendition_unused", name, "沒有受文者載明此檔案。", "請載明，或移除該檔案。");
    }
  }

  void about_rendition(const char* code, const std::string& name, const std::string& what,
                       std::string remedy) {
    add(0, {.code = code,
            .element = "內含本文與附件之可攜式文件檔名",
            .found = name,
            .message_zh = "可攜式文件「" + name + "」：" + what,
            .remedy_zh = std::move(remedy),
            .file = roster_ == nullptr ? IssueFile::kInstance : IssueFile::kRoster});
  }

  void about_file(const char* code, const std::string& name, const std::string& what,
                  std::string remedy) {
    add(line_of("附件檔名"), {.code = code,
                              .element = "附件檔名",
                              .found = name,
                              .message_zh = "附件「" + name + "」：" + what,
                              .remedy_zh = std::move(remedy)});
  }

  void check_recipients() {
    check_duplicates(document_.originals, "正本");
    check_duplicates(document_.copies, "副本");
    if (document_.by_roster && roster_ == nullptr) {
      add(line_of("交換表"), {.code = "roster_missing",
                              .element = "交換表",
                              .message_zh = "公文載明依交換表單發送，但沒有交換表單（SW）檔。",
                              .remedy_zh = "請補上交換表單檔。"});
    }
    if (roster_ == nullptr) return;
    check_roster_duplicates();
    check_with_attachments();
    if (document_.addressee) {
      check_single_recipient();
    } else {
      check_roster_names();
    }
  }

  void check_duplicates(const std::vector<Party>& parties, const char* element) {
    std::set<std::string> seen;
    for (const Party& party : parties) {
      if (seen.insert(party.name + '\n' + party.title).second) continue;
      add(line_of(element),
          {.code = "recipient_twice",
           .element = element,
           .found = party.name,
           .message_zh = "〈" + std::string(element) + "〉之「" + party.name + "」重複。",
           .remedy_zh = "請移除重複之受文者。"});
    }
  }

  void about_entry(std::size_t index, const char* code, const std::string& what,
                   std::string remedy) {
    const RosterEntry& entry = roster_->entries[index];
    add_to_roster(index, {.code = code,
                             .element = "交換表單",
                             .found = entry.name,
                             .message_zh = "交換表單之「" + entry.name + "」（" + entry.org_code +
                                           entry.unit_code + "）" + what,
                             .remedy_zh = std::move(remedy)});
  }

  void check_roster_duplicates() {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < roster_->entries.size(); ++i) {
      const RosterEntry& entry = roster_->entries[i];
      const bool person = entry.kind == PartyKind::kPerson;
      const std::string who = person ? entry.name + '\n' + entry.title : "";
      if (seen.insert(entry.org_code + '\n' + entry.unit_code + '\n' + who).second) continue;
      about_entry(i, "recipient_twice", "重複。", "請移除重複之受文者。");
    }
  }

  void check_with_attachments() {
    if (!document_.attachments.empty()) return;
    for (std::size_t i = 0; i < roster_->entries.size(); ++i) {
      if (roster_->entries[i].with_attachments != true) continue;
      about_entry(i, "with_attachments_without_files", "註明含附件，但公文沒有附件。",
                  "請補列附件，或刪除 <含附件>。");
    }
  }

  // 分繕: the document's recipient and the roster's only entry are one.
  void check_single_recipient() {
    const Party& addressee = *document_.addressee;
    if (roster_->entries.size() != 1) {
      add(line_of("受文者"), {.code = "split_with_many",
                              .element = "受文者",
                              .found = std::to_string(roster_->entries.size()),
                              .message_zh = "分繕公文只有一個受文者，交換表單卻列有 " +
                                            std::to_string(roster_->entries.size()) + " 個。",
                              .remedy_zh = "請分別產製，或改以交換表一文多發。"});
      return;
    }
    const RosterEntry& entry = roster_->entries.front();
    if (entry.org_code == addressee.org_code && entry.unit_code == addressee.unit_code &&
        entry.name == addressee.name) {
      return;
    }
    about_entry(0, "split_mismatch", "與公文之受文者「" + addressee.name + "」不同。",
                "請使兩者一致。");
  }

  // 一文多發: whoever gets it stands among 正本, 副本 …; a 總稱 there may stand for any of them.
  void check_roster_names() {
    if (document_.kind == DocumentKind::kNotice || document_.kind == DocumentKind::kCoreviewSlip ||
        document_.kind == DocumentKind::kMemo) {
      return;  // these name no recipients
    }
    std::vector<const Party*> originals = pointers_to({&document_.originals});
    if (document_.meeting) {
      originals = pointers_to({&document_.meeting->attendees, &document_.meeting->observers});
    }
    const std::vector<const Party*> copies = pointers_to({&document_.copies});
    for (std::size_t i = 0; i < roster_->entries.size(); ++i) {
      const RosterEntry& entry = roster_->entries[i];
      const bool wants_original = entry.copy_kind != CopyForm::kCopy;
      const bool wants_copy = entry.copy_kind != CopyForm::kOriginal;
      const Party* copy = wants_copy ? find_party(copies, entry) : nullptr;
      const bool found = copy != nullptr || (wants_original && find_party(originals, entry));
      if (!found) {
        about_entry(i, "recipient_not_listed", "不在公文之正本、副本之列。",
                    "請核對名稱與本別，使交換表單與正副本一致。");
      } else if (copy != nullptr && disagree(*copy, entry)) {
        about_entry(i, "with_attachments_mismatch", "含附件之註記與公文副本不同。",
                    "請使兩者一致。");
      }
    }
  }

  static bool disagree(const Party& copy, const RosterEntry& entry) {
    if (copy.kind == PartyKind::kGroup) return false;
    return copy.with_attachments.value_or(false) != entry.with_attachments.value_or(false);
  }

  static std::vector<const Party*> pointers_to(
      const std::vector<const std::vector<Party>*>& lists) {
    std::vector<const Party*> all;
    for (const auto* list : lists) {
      for (const Party& party : *list) all.push_back(&party);
    }
    return all;
  }

  // By name; failing that, a group.
  static const Party* find_party(const std::vector<const Party*>& parties,
                                 const RosterEntry& entry) {
    const Party* group = nullptr;
    for (const Party* party : parties) {
      if (party->kind == PartyKind::kGroup) group = party;
      if (party->name == entry.name) return party;
    }
    return group;
  }

  const Document& document_;
  const Roster* roster_;
  const CheckPolicy& policy_;
  std::vector<Issue> issues_;
};

}  // namespace

std::vector<Issue> cross_check(const Document& document, const Roster* roster,
                               const std::vector<AttachmentFact>& files,
                               const CheckPolicy& policy) {
  return CrossCheck(document, roster, policy).run(files);
}

}  // namespace yizhan
