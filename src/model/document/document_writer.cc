#include <stdexcept>

#include "model/document/instance.h"
#include "model/document/reading.h"

// From values to the tree. The order of the calls is the order of the content models in formats/.

namespace yizhan {
namespace {

constexpr std::string_view kAttachmentNotation = "_X";

class DocumentWriter {
 public:
  explicit DocumentWriter(const Document& document) : document_(document) {}

  XmlElement write() {
    root_.name = title_of(document_.kind);
    switch (document_.kind) {
      case DocumentKind::kLetter:
        letter();
        break;
      case DocumentKind::kOrder:
        order();
        break;
      case DocumentKind::kNotice:
        notice();
        break;
      case DocumentKind::kMeetingNotice:
        meeting("開會");
        break;
      case DocumentKind::kInspectionNotice:
        meeting("會勘");
        break;
      case DocumentKind::kMemo:
        memo();
        break;
      case DocumentKind::kCoreviewSlip:
        coreview_slip();
        break;
    }
    return std::move(root_);
  }

 private:
  void letter() {
    senders();
    coded("函類別", document_.category);
    put(leaf("地址", document_.address));
    for (const std::string& line : document_.contact_lines) put(leaf("聯絡方式", line));
    addressee();
    issue_date();
    numbers();
    urgency_and_secrecy();
    attachments();
    put(texts("主旨", document_.subject));
    sections();
    put(element_of("正本", document_.originals));
    put(element_of("副本", document_.copies));
    signatures();
  }

  void order() {
    senders();
    coded("令類別", document_.category);
    addressee();
    issue_date();
    numbers();
    urgency_and_secrecy();
    attachments();
    put(texts("主旨", document_.subject));
    sections();
    put(element_of("正本", document_.originals));
    put(element_of("副本", document_.copies));
    signatures();
  }

  void notice() {
    senders();
    issue_date();
    numbers();
    attachments();
    put(texts("主旨", document_.subject));
    sections();
    signatures();
  }

  // `kind` is 開會 or 會勘.
  void meeting(const std::string& kind) {
    const Meeting& meeting = document_.meeting.value();
    senders();
    addressee();
    put(contacts(meeting));
    issue_date();
    numbers();
    urgency_and_secrecy();
    attachments();
    put(texts(kind + "事由", document_.subject));
    for (const Appointment& time : meeting.times) put(appointment(kind + "時間", time));
    put(texts(kind + "地點", meeting.place));
    put(persons("主持人", meeting.chairs));
    put(element_of("出席者", meeting.attendees));
    put(element_of("列席者", meeting.observers));
    put(element_of("副本", document_.copies));
    if (meeting.remarks) put(around("備註", section(*meeting.remarks)));
    signatures();
  }

  void memo() {
    senders();
    if (document_.by_roster || document_.addressee) addressee();
    for (const DocumentNumber& number : document_.numbers) put(parts_of(number));
    urgency_and_secrecy();
    if (!document_.handling.empty()) coded("擬辦方式", document_.handling);
    attachments();
    put(texts("主旨", document_.subject));
    sections();
    if (!document_.submit_to.empty()) put(submit_to());
    signatures();
    if (document_.issue_date) put(leaf("年月日", document_.issue_date->text()));
  }

  void coreview_slip() {
    if (document_.by_roster || document_.addressee) addressee();
    senders();
    put(texts("案情摘要", document_.subject));
    put(around("承辦單位", leaf("單位名", document_.case_unit)));
    for (const DocumentNumber& number : document_.numbers) put(number_of("收文字號", number));
    for (const Review& review : document_.reviews) {
      put(around("受會單位", leaf("單位名", review.unit)));
      put(around("會核意見", section(review.opinion)));
      put(moment("收會時間", review.received_on, review.received_at));
      put(moment("會畢時間", review.finished_on, review.finished_at));
    }
  }

  void put(XmlElement element) { add(root_, std::move(element)); }

  static XmlElement around(std::string_view name, XmlElement child) {
    XmlElement element = leaf(name, "");
    add(element, std::move(child));
    return element;
  }
  static XmlElement texts(std::string_view name, const std::string& text) {
    return around(name, leaf("文字", text));
  }

  void coded(std::string_view name, const std::string& code) {
    XmlElement element = leaf(name, "");
    if (!code.empty()) element.attributes.push_back({"代碼", code});
    put(std::move(element));
  }

  // A unit without an agency's code can only be the 單位 of a memo.
  void senders() {
    for (const Party& sender : document_.senders) {
      const bool bare = sender.kind == PartyKind::kUnit && sender.org_code.empty();
      put(element_of(bare ? "單位" : "發文機關", {sender}));
    }
  }

  void addressee() {
    if (document_.by_roster) {
      XmlElement table = leaf("交換表", *document_.by_roster);
      table.attributes.push_back({"交換表單", document_.roster.value().entity});
      put(around("受文者", std::move(table)));
    } else {
      put(element_of("受文者", {document_.addressee.value()}));
    }
  }

  void issue_date() {
    put(around("發文日期", leaf("年月日", document_.issue_date.value().text())));
  }

  static XmlElement parts_of(const DocumentNumber& number) {
    XmlElement parts = leaf("文號", "");
    add(parts, leaf("年度", number.year));
    add(parts, leaf("流水號", number.serial));
    if (!number.branch.empty()) add(parts, leaf("支號", number.branch));
    return parts;
  }

  static XmlElement number_of(std::string_view name, const DocumentNumber& number) {
    if (!number.free_text.empty()) return texts(name, number.free_text);
    XmlElement element = around(name, leaf("字", number.word));
    add(element, parts_of(number));
    return element;
  }

  void numbers() {
    for (const DocumentNumber& number : document_.numbers) put(number_of("發文字號", number));
  }

  void urgency_and_secrecy() {
    // In edition 99 an empty 速別 would mean 普通件.
    if (document_.urgency) {
      coded("速別", std::string(title_of(*document_.urgency)));
    } else if (document_.edition != Edition::k99) {
      coded("速別", "");
    }
    XmlElement grade = leaf("密等", "");
    if (document_.secrecy) {
      grade.attributes.push_back({"代碼", std::string(title_of(*document_.secrecy))});
    }
    XmlElement element = around("密等及解密條件或保密期限", std::move(grade));
    add(element, leaf("解密條件或保密期限", document_.declassification));
    put(std::move(element));
  }

  void attachments() {
    XmlElement element = texts("附件", document_.attachments_text);
    std::string names;
    for (const DeclaredFile& file : document_.attachments) {
      names += (names.empty() ? "" : " ") + file.entity;
    }
    if (!names.empty()) {
      XmlElement files = leaf("附件檔名", "");
      files.attributes.push_back({"附件名", names});
      add(element, std::move(files));
    }
    put(std::move(element));
  }

  static XmlElement section(const Section& section) {
    XmlElement element = texts("段落", section.text);
    if (!section.name.empty()) element.attributes.push_back({"段名", section.name});
    for (const Item& each : section.items) add(element, item(each));
    return element;
  }
  static XmlElement item(const Item& item) {
    XmlElement element = texts("條列", item.text);
    if (!item.number.empty()) element.attributes.push_back({"序號", item.number});
    for (const Item& each : item.items) add(element, DocumentWriter::item(each));
    return element;
  }
  void sections() {
    for (const Section& each : document_.sections) put(section(each));
  }

  void signatures() {
    for (const std::string& line : document_.signatures) put(leaf("署名", line));
  }

  static void add_person(XmlElement& to, const Person& person) {
    add(to, leaf("姓名", person.name));
    if (!person.title.empty()) add(to, leaf("職稱", person.title));
  }
  static XmlElement persons(std::string_view name, const std::vector<Person>& all) {
    XmlElement element = leaf(name, "");
    for (const Person& person : all) add_person(element, person);
    return element;
  }
  static XmlElement contacts(const Meeting& meeting) {
    XmlElement element = leaf("聯絡人及電話", "");
    for (const Contact& contact : meeting.contacts) {
      add_person(element, contact.person);
      add(element, leaf("電話", contact.phone));
    }
    return element;
  }
  [[nodiscard]] XmlElement submit_to() const {
    XmlElement element = leaf("敬陳", "");
    for (const Person& person : document_.submit_to) {
      add(element, leaf("職稱", person.title));
      if (!person.name.empty()) add(element, leaf("姓名", person.name));
    }
    return element;
  }

  static XmlElement appointment(std::string_view name, const Appointment& time) {
    XmlElement element = around(name, leaf("年月日", time.date.text()));
    add(element, leaf("星期", time.weekday));
    add(element, leaf("時分", time.time));
    return element;
  }
  static XmlElement moment(std::string_view name, const std::optional<RocDate>& date,
                           const std::string& time) {
    XmlElement element = around(name, leaf("年月日", date.value().text()));
    if (!time.empty()) add(element, leaf("時分", time));
    return element;
  }

  const Document& document_;
  XmlElement root_;
};

XmlProlog prolog_of(const Document& document) {
  XmlProlog prolog;
  prolog.encoding = document.encoding;
  prolog.root_name = title_of(document.kind);
  prolog.system_id = system_id_of(document.kind, document.edition, document.encoding);
  const auto declare = [&](const DeclaredFile& file, std::string_view notation) {
    prolog.entities.push_back({file.entity, file.file_name, std::string(notation), 0});
  };
  for (const DeclaredFile& file : document.attachments) declare(file, kAttachmentNotation);
  for (const DeclaredFile& file : document.unused) declare(file, kAttachmentNotation);
  if (document.roster) declare(*document.roster, "DI");
  if (document.message) declare(*document.message, "DM");
  for (const char* notation : {"DI", "DM", "_X"}) prolog.notations.push_back({notation, "", 0});
  return prolog;
}

}  // namespace

Bytes write_document(const Document& document) {
  return write_xml({prolog_of(document), DocumentWriter(document).write()});
}

}  // namespace yizhan
