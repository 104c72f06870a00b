#include "model/document/render.h"

namespace yizhan {
namespace {

constexpr std::string_view kIndent = "　";  // U+3000, as wide as one character

// Numbering stands in half-width parentheses in the file, in full-width ones on paper.
std::string on_paper(std::string_view number) {
  std::string text;
  for (const char c : number) {
    if (c == '(') {
      text += "（";
    } else if (c == ')') {
      text += "）";
    } else {
      text += c;
    }
  }
  return text;
}

std::string names_of(const std::vector<Party>& parties) {
  std::string text;
  for (const Party& party : parties) {
    if (!text.empty()) text += "、";
    text += party.name + party.title;
    if (party.with_attachments) text += *party.with_attachments ? "（含附件）" : "（不含附件）";
  }
  return text;
}

std::string names_of(const std::vector<Person>& persons) {
  std::string text;
  for (const Person& person : persons) {
    if (!text.empty()) text += "、";
    text += person.name + person.title;
  }
  return text;
}

class Page {
 public:
  explicit Page(const Document& document) : document_(document) {}

  std::string write() {
    head();
    facts();
    if (document_.meeting) meeting(*document_.meeting);
    body();
    reviews();
    foot();
    return std::move(text_);
  }

 private:
  void line(std::string_view text) {
    text_ += text;
    text_ += '\n';
  }
  void gap() {
    if (!text_.ends_with("\n\n")) text_ += '\n';
  }
  void field(std::string_view name, std::string_view value) {
    line(std::string(name) + "：" + std::string(value));
  }
  void field_if_any(std::string_view name, std::string_view value) {
    if (!value.empty()) field(name, value);
  }

  void head() {
    line("檔　　號：");
    line("保存年限：");
    gap();
    std::string title;
    for (const Party& sender : document_.senders) {
      title += title.empty() ? sender.name : "、" + sender.name;
    }
    const std::string kind(title_of(document_.kind));
    line(title + std::string(kIndent) + (document_.category.empty() ? kind : document_.category));
    gap();
    field_if_any("地址", document_.address);
    for (const std::string& contact : document_.contact_lines) line(contact);
    gap();
  }

  void facts() {
    if (document_.by_roster) field("受文者", *document_.by_roster);
    if (document_.addressee) field("受文者", names_of({*document_.addressee}));
    if (document_.issue_date) field("發文日期", document_.issue_date->text());
    for (const DocumentNumber& number : document_.numbers) field(number_title(), number.text());
    if (document_.kind == DocumentKind::kCoreviewSlip) {
      field("承辦單位", document_.case_unit);
    } else if (document_.kind != DocumentKind::kNotice) {
      field("速別", document_.urgency ? title_of(*document_.urgency) : "");
      const std::string grade(document_.secrecy ? title_of(*document_.secrecy) : "");
      field("密等及解密條件或保密期限", grade + document_.declassification);
    }
    if (document_.kind != DocumentKind::kCoreviewSlip) attachments();
    gap();
  }

  // As the element is called in each kind.
  [[nodiscard]] std::string_view number_title() const {
    if (document_.kind == DocumentKind::kMemo) return "文號";
    if (document_.kind == DocumentKind::kCoreviewSlip) return "收文字號";
    return "發文字號";
  }

  void attachments() {
    field("附件", document_.attachments_text);
    for (const DeclaredFile& file : document_.attachments) {
      line(std::string(kIndent) + "・" + file.file_name);
    }
  }

  void meeting(const Meeting& meeting) {
    const std::string verb = document_.kind == DocumentKind::kInspectionNotice ? "會勘" : "開會";
    field(verb + "事由", document_.subject);
    for (const Appointment& time : meeting.times) {
      field(verb + "時間", time.date.text() + "（" + time.weekday + "）" + time.time);
    }
    field(verb + "地點", meeting.place);
    field("主持人", names_of(meeting.chairs));
    for (const Contact& contact : meeting.contacts) {
      field("聯絡人及電話",
            contact.person.name + contact.person.title + std::string(kIndent) + contact.phone);
    }
    gap();
    field("出席者", names_of(meeting.attendees));
    field("列席者", names_of(meeting.observers));
    field("副本", names_of(document_.copies));
    if (meeting.remarks) {
      line("備註：");
      section(*meeting.remarks);
    }
    gap();
  }

  void body() {
    if (document_.meeting) return;
    field(document_.kind == DocumentKind::kCoreviewSlip ? "案情摘要" : "主旨", document_.subject);
    for (const Section& each : document_.sections) section(each);
    gap();
  }

  void section(const Section& section) {
    if (!section.name.empty() || !section.text.empty()) line(section.name + section.text);
    items(section.items, std::string(kIndent));
  }

  void items(const std::vector<Item>& items, const std::string& indent) {
    for (const Item& item : items) {
      line(indent + on_paper(item.number) + item.text);
      this->items(item.items, indent + std::string(kIndent));
    }
  }

  void reviews() {
    for (const Review& review : document_.reviews) {
      field("受會單位", review.unit);
      section(review.opinion);
      if (review.received_on) {
        field("收會時間", review.received_on->text() + review.received_at);
      }
      if (review.finished_on) {
        field("會畢時間", review.finished_on->text() + review.finished_at);
      }
      gap();
    }
  }

  void foot() {
    if (!document_.originals.empty()) {
      field("正本", names_of(document_.originals));
      field("副本", names_of(document_.copies));
      gap();
    }
    field_if_any("敬陳", names_of(document_.submit_to));
    for (const std::string& signature : document_.signatures) line(signature);
  }

  const Document& document_;
  std::string text_;
};

}  // namespace

std::string render_text(const Document& document) { return Page(document).write(); }

}  // namespace yizhan
