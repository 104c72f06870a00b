#include <algorithm>
#include <array>
#include <iterator>
#include <sstream>

#include "model/document/instance.h"
#include "model/document/reading.h"

namespace yizhan {
namespace {

constexpr std::string_view kRosterEntity = "表單";
constexpr std::string_view kOldRosterEntity = "名單";  // edition 91
constexpr std::string_view kMessageEntity = "文書訊息表單";
constexpr std::array<std::string_view, 3> kUrgencies = {"普通件", "速件", "最速件"};
constexpr std::array<std::string_view, 4> kSecrecies = {"密", "機密", "極機密", "絕對機密"};

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), std::istream_iterator<std::string>()};
}

std::string attribute_or_empty(const XmlElement& element, std::string_view name) {
  const std::string* value = element.attribute(name);
  return value == nullptr ? "" : *value;
}

// The same element means the same in every type, so the reader follows the element names; that
// they stand in the right order and number is already proven by the type definition.
class DocumentReader {
 public:
  DocumentReader(const TypedTree& tree, std::vector<Issue>& issues)
      : tree_(tree), issues_(issues) {}

  Document read() {
    document_.kind = *tree_.type.kind;
    document_.edition = tree_.type.edition;
    document_.encoding = tree_.prolog.encoding;
    if (document_.kind == DocumentKind::kMeetingNotice ||
        document_.kind == DocumentKind::kInspectionNotice) {
      document_.meeting.emplace();
    }
    for (const XmlElement* element : tree_.root.elements()) dispatch(*element);
    declared_files();
    return std::move(document_);
  }

 private:
  using Handler = void (DocumentReader::*)(const XmlElement&);
  struct Entry {
    std::string_view name;
    Handler handler;
  };
  static std::span<const Entry> handlers();

  void dispatch(const XmlElement& element) {
    for (const Entry& entry : handlers()) {
      if (entry.name == element.name) return (this->*entry.handler)(element);
    }
  }

  void refuse(const XmlElement& at, std::string code, std::string message, std::string remedy) {
    Issue issue;
    issue.code = std::move(code);
    issue.line = at.line;
    issue.element = at.name;
    issue.found = text_in(at);
    issue.message_zh = std::move(message);
    issue.remedy_zh = std::move(remedy);
    issues_.push_back(std::move(issue));
  }

  std::vector<Party> parties(const XmlElement& element) {
    std::vector<Party> found;
    for (PartyAt& at : parties_in(element, issues_)) found.push_back(std::move(at.party));
    return found;
  }

  // 姓名 and 職稱 in either order, as 主持人 and 敬陳 have them; `first` begins a new one.
  static std::vector<Person> persons(const XmlElement& element, std::string_view first) {
    std::vector<Person> found;
    for (const XmlElement* child : element.elements()) {
      if (child->name == first) found.emplace_back();
      if (child->name == "姓名") found.back().name = text_in(*child);
      if (child->name == "職稱") found.back().title = text_in(*child);
    }
    return found;
  }

  std::optional<RocDate> date(const XmlElement& element) {
    auto parsed = RocDate::parse(text_in(element));
    if (parsed) return *parsed;
    refuse(element, "date_invalid", parsed.refusal().detail, "請填寫存在之日期，月、日不補零。");
    return std::nullopt;
  }

  void on_sender(const XmlElement& element) {
    for (Party& party : parties(element)) document_.senders.push_back(std::move(party));
  }
  void on_category(const XmlElement& element) {
    document_.category = attribute_or_empty(element, "代碼");
  }
  void on_address(const XmlElement& element) { document_.address = text_in(element); }
  void on_contact_line(const XmlElement& element) {
    document_.contact_lines.push_back(text_in(element));
  }
  void on_signature(const XmlElement& element) { document_.signatures.push_back(text_in(element)); }
  void on_subject(const XmlElement& element) {
    document_.subject = text_in(element, "文字");
    if (document_.subject.empty()) {
      refuse(element, "subject_empty", "〈" + element.name + "〉空白。", "請填寫內容。");
    }
  }

  void on_addressee(const XmlElement& element) {
    if (const XmlElement* table = element.child("交換表")) {
      document_.by_roster = text_in(*table);
      roster_entity_ = attribute_or_empty(*table, "交換表單");
      roster_line_ = table->line;
      return;
    }
    auto found = parties(element);
    if (!found.empty()) document_.addressee = std::move(found.front());
  }

  void on_issue_date(const XmlElement& element) {
    const XmlElement* inner = element.child("年月日");
    document_.issue_date = date(inner == nullptr ? element : *inner);
  }

  void on_number(const XmlElement& element) {
    DocumentNumber number;
    number.word = text_in(element, "字");
    number.free_text = text_in(element, "文字");
    const XmlElement* parts = element.name == "文號" ? &element : element.child("文號");
    if (parts != nullptr) {
      number.year = text_in(*parts, "年度");
      number.serial = text_in(*parts, "流水號");
      number.branch = text_in(*parts, "支號");
    }
    const bool digits = all_digits(number.year) && all_digits(number.serial);
    const bool whole = parts == nullptr || (!number.year.empty() && !number.serial.empty());
    if (number.empty() || !digits || !whole || number.year.size() > 3) {
      refuse(element, "number_invalid", "〈" + element.name + "〉有誤或空白。",
             "年度為民國年、流水號為數字，例如 115 與 0001234。");
    }
    document_.numbers.push_back(std::move(number));
  }

  void on_urgency(const XmlElement& element) {
    const auto found =
        std::find(kUrgencies.begin(), kUrgencies.end(), attribute_or_empty(element, "代碼"));
    if (found == kUrgencies.end()) return;
    document_.urgency = static_cast<DocumentUrgency>(found - kUrgencies.begin());
  }

  void on_secrecy(const XmlElement& element) {
    document_.declassification = text_in(element, "解密條件或保密期限");
    const XmlElement* grade = element.child("密等");
    if (grade == nullptr) return;
    const auto found =
        std::find(kSecrecies.begin(), kSecrecies.end(), attribute_or_empty(*grade, "代碼"));
    if (found == kSecrecies.end()) return;
    document_.secrecy = static_cast<Secrecy>(found - kSecrecies.begin());
  }

  void on_attachments(const XmlElement& element) {
    document_.attachments_text = text_in(element, "文字");
    for (const XmlElement* child : element.elements()) {
      for (std::string& entity : words_of(attribute_or_empty(*child, "附件名"))) {
        if (is_attachment(entity)) {
          refuse(*child, "attachment_twice", "附件名「" + entity + "」重複引用。",
                 "請刪除重複者。");
        }
        document_.attachments.push_back({std::move(entity), {}});
      }
    }
  }

  void on_section(const XmlElement& element) { document_.sections.push_back(section(element)); }

  Section section(const XmlElement& element) {
    Section read;
    read.name = fold_text(attribute_or_empty(element, "段名"));
    read.text = text_in(element, "文字");
    read.items = items(element);
    if (!read.name.empty() && !read.name.ends_with("：") && !read.name.ends_with(":")) {
      refuse(element, "section_name_colon", "段名「" + read.name + "」缺少冒號。",
             "段名須含冒號，請改為「" + read.name + "：」。");
    }
    return read;
  }

  static std::vector<Item> items(const XmlElement& element) {
    std::vector<Item> found;
    for (const XmlElement* child : element.elements()) {
      if (child->name != "條列") continue;
      found.push_back(
          {fold_text(attribute_or_empty(*child, "序號")), text_in(*child, "文字"), items(*child)});
    }
    return found;
  }

  void on_originals(const XmlElement& element) { document_.originals = parties(element); }
  void on_copies(const XmlElement& element) { document_.copies = parties(element); }

  void on_contacts(const XmlElement& element) {
    for (const XmlElement* child : element.elements()) {
      auto& contacts = document_.meeting->contacts;
      if (child->name == "姓名") contacts.push_back({{text_in(*child), {}}, {}});
      if (child->name == "職稱") contacts.back().person.title = text_in(*child);
      if (child->name == "電話") contacts.back().phone = text_in(*child);
    }
  }

  void on_time(const XmlElement& element) {
    if (const auto day = date(*element.child("年月日"))) {
      document_.meeting->times.push_back(
          {*day, text_in(element, "星期"), text_in(element, "時分")});
    }
  }

  void on_place(const XmlElement& element) { document_.meeting->place = text_in(element, "文字"); }
  void on_chair(const XmlElement& element) { document_.meeting->chairs = persons(element, "姓名"); }
  void on_attendees(const XmlElement& element) { document_.meeting->attendees = parties(element); }
  void on_observers(const XmlElement& element) { document_.meeting->observers = parties(element); }
  void on_remarks(const XmlElement& element) {
    document_.meeting->remarks = section(*element.child("段落"));
  }

  void on_handling(const XmlElement& element) {
    document_.handling = attribute_or_empty(element, "代碼");
  }
  void on_submit_to(const XmlElement& element) { document_.submit_to = persons(element, "職稱"); }
  void on_case_unit(const XmlElement& element) { document_.case_unit = text_in(element, "單位名"); }

  void on_review(const XmlElement& element) {
    document_.reviews.emplace_back();
    document_.reviews.back().unit = text_in(element, "單位名");
  }
  void on_opinion(const XmlElement& element) {
    document_.reviews.back().opinion = section(*element.child("段落"));
  }
  void on_received(const XmlElement& element) {
    document_.reviews.back().received_on = date(*element.child("年月日"));
    document_.reviews.back().received_at = text_in(element, "時分");
  }
  void on_finished(const XmlElement& element) {
    document_.reviews.back().finished_on = date(*element.child("年月日"));
    document_.reviews.back().finished_at = text_in(element, "時分");
  }

  // What the prolog declares, sorted by what refers to it.
  void declared_files() {
    for (const XmlUnparsedEntity& entity : tree_.prolog.entities) {
      DeclaredFile file{entity.name, entity.system};
      if (auto* attachment = is_attachment(entity.name)) {
        attachment->file_name = entity.system;
      } else if (entity.name == roster_entity_) {
        document_.roster = std::move(file);
      } else if (entity.name == kMessageEntity) {
        document_.message = std::move(file);
      } else {
        document_.unused.push_back(std::move(file));
      }
    }
    roster_names();
  }

  DeclaredFile* is_attachment(std::string_view entity) {
    auto& all = document_.attachments;
    const auto found = std::find_if(
        all.begin(), all.end(), [&](const DeclaredFile& file) { return file.entity == entity; });
    return found == all.end() ? nullptr : &*found;
  }

  void roster_names() {
    XmlElement at;
    at.name = "交換表";
    at.line = roster_line_;
    if (roster_entity_ == kOldRosterEntity) {
      refuse(at, "roster_entity_old", "交換表單之實體名稱「名單」為 91 版用法。",
             "請改為「表單」，宣告與引用一併更正。");
    }
    if (document_.by_roster && !document_.roster) {
      refuse(at, "roster_is_attachment", "「" + roster_entity_ + "」同時列為交換表單與附件。",
             "請自 <附件檔名> 移除「" + roster_entity_ + "」。");
    }
    if (document_.roster && !document_.roster->file_name.ends_with(".sw")) {
      at.name = document_.roster->entity;
      refuse(at, "roster_file_name", "交換表單之檔名「" + document_.roster->file_name + "」有誤。",
             "交換表單之副檔名須為小寫 .sw。");
    }
  }

  const TypedTree& tree_;
  std::vector<Issue>& issues_;
  Document document_;
  std::string roster_entity_{kRosterEntity};  // a split document declares it and refers nowhere
  int roster_line_ = 0;
};

std::span<const DocumentReader::Entry> DocumentReader::handlers() {
  using Reader = DocumentReader;
  static constexpr std::array<Entry, 39> kHandlers = {{
      {"發文機關", &Reader::on_sender},    {"單位", &Reader::on_sender},
      {"函類別", &Reader::on_category},    {"令類別", &Reader::on_category},
      {"地址", &Reader::on_address},       {"聯絡方式", &Reader::on_contact_line},
      {"受文者", &Reader::on_addressee},   {"發文日期", &Reader::on_issue_date},
      {"年月日", &Reader::on_issue_date},  {"發文字號", &Reader::on_number},
      {"收文字號", &Reader::on_number},    {"文號", &Reader::on_number},
      {"速別", &Reader::on_urgency},       {"密等及解密條件或保密期限", &Reader::on_secrecy},
      {"附件", &Reader::on_attachments},   {"主旨", &Reader::on_subject},
      {"開會事由", &Reader::on_subject},   {"會勘事由", &Reader::on_subject},
      {"案情摘要", &Reader::on_subject},   {"段落", &Reader::on_section},
      {"正本", &Reader::on_originals},     {"副本", &Reader::on_copies},
      {"署名", &Reader::on_signature},     {"聯絡人及電話", &Reader::on_contacts},
      {"開會時間", &Reader::on_time},      {"會勘時間", &Reader::on_time},
      {"開會地點", &Reader::on_place},     {"會勘地點", &Reader::on_place},
      {"主持人", &Reader::on_chair},       {"出席者", &Reader::on_attendees},
      {"列席者", &Reader::on_observers},   {"備註", &Reader::on_remarks},
      {"擬辦方式", &Reader::on_handling},  {"敬陳", &Reader::on_submit_to},
      {"承辦單位", &Reader::on_case_unit}, {"受會單位", &Reader::on_review},
      {"會核意見", &Reader::on_opinion},   {"收會時間", &Reader::on_received},
      {"會畢時間", &Reader::on_finished},
  }};
  return kHandlers;
}

}  // namespace

std::string_view title_of(DocumentUrgency urgency) {
  return kUrgencies.at(static_cast<std::size_t>(urgency));
}
std::string_view title_of(Secrecy secrecy) {
  return kSecrecies.at(static_cast<std::size_t>(secrecy));
}

SendMode send_mode_of(const Document& document) {
  return document.by_roster ? SendMode::kMulti : SendMode::kSplit;
}

Checked<Document> parse_document(ByteView di) {
  Checked<Document> checked;
  auto tree = read_typed(di, false, checked.issues);
  if (!tree) return checked;
  Document document = DocumentReader(*tree, checked.issues).read();
  document.source.root = std::move(tree->root);
  if (checked.issues.empty()) checked.value = std::move(document);
  return checked;
}

}  // namespace yizhan
