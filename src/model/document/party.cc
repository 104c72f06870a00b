#include "model/document/party.h"

#include <array>

#include "model/document/reading.h"

namespace yizhan {
namespace {

constexpr std::array<std::string_view, 10> kCopyKinds = {"正本", "副本", "抄本", "影本", "譯本",
                                                         "稿本", "草稿", "定稿", "底圖", "藍圖"};
constexpr std::string_view kWith = "含附件";
constexpr std::string_view kWithout = "不含附件";

std::optional<PartyKind> find_kind(std::string_view element) {
  if (element == "姓名") return PartyKind::kPerson;
  if (element == "單位名") return PartyKind::kUnit;
  if (element == "全銜") return PartyKind::kAgency;
  if (element == "總稱") return PartyKind::kGroup;
  return std::nullopt;
}

std::string_view element_of(PartyKind kind) {
  switch (kind) {
    case PartyKind::kPerson:
      return "姓名";
    case PartyKind::kUnit:
      return "單位名";
    case PartyKind::kAgency:
      return "全銜";
    case PartyKind::kGroup:
      return "總稱";
  }
  YZ_ASSERT(false);
}

class PartyReader {
 public:
  explicit PartyReader(std::vector<Issue>& issues) : issues_(issues) {}

  std::vector<PartyAt> read(const XmlElement& element) {
    for (const XmlElement* child : element.elements()) {
      if (const auto kind = find_kind(child->name)) {
        begin(*kind, *child);
      } else {
        YZ_ASSERT(!parties_.empty());  // every content model begins with a name
        detail(parties_.back().party, *child);
      }
    }
    return std::move(parties_);
  }

 private:
  void begin(PartyKind kind, const XmlElement& element) {
    PartyAt at;
    at.line = element.line;
    at.party.kind = kind;
    at.party.name = text_in(element);
    if (at.party.name.empty()) {
      refuse(element, "name_empty", "〈" + element.name + "〉空白。", "請填寫名稱。");
    }
    for (const std::string_view mark : {"(含附件)", "（含附件）"}) {
      if (at.party.name.find(mark) == std::string::npos) continue;
      refuse(element, "name_annotated", "名稱中不得註記「(含附件)」。",
             "請改用 <含附件>含附件</含附件> 元素。");
    }
    parties_.push_back(std::move(at));
  }

  void detail(Party& party, const XmlElement& element) {
    const std::string text = text_in(element);
    if (element.name == "職稱") {
      party.title = text;
    } else if (element.name == "機關代碼") {
      party.org_code = text;
      if (!is_org_code(text)) {
        refuse(element, "org_code_invalid", "機關代碼「" + text + "」有誤。",
               "機關代碼為 10 碼英文大寫字母或數字，請依地址簿填寫。");
      }
    } else if (element.name == "單位代碼") {
      party.unit_code = text;
      if (!text.empty() && !is_unit_code(text)) {
        refuse(element, "unit_code_invalid", "單位代碼「" + text + "」有誤。",
               "單位代碼為 7 碼英文大寫字母或數字，請依地址簿填寫。");
      }
    } else if (element.name == kWith) {
      attachments(party, element, text);
    } else if (element.name == "內含本文與附件之可攜式文件檔名") {
      party.portable_copy = text;
    } else if (element.name == "本別") {
      copy_kind(party, element);
    }
  }

  void attachments(Party& party, const XmlElement& element, const std::string& text) {
    if (text == kWith) party.with_attachments = true;
    if (text == kWithout) party.with_attachments = false;
    if (text.empty() || party.with_attachments) return;
    refuse(element, "with_attachments_invalid", "〈含附件〉之內容「" + text + "」有誤。",
           "請填「含附件」或「不含附件」。");
  }

  static void copy_kind(Party& party, const XmlElement& element) {
    const XmlElement* kind = element.child("收發處理本別");
    const std::string* code = kind == nullptr ? nullptr : kind->attribute("代碼");
    if (code == nullptr) return;
    for (std::size_t i = 0; i < kCopyKinds.size(); ++i) {
      if (kCopyKinds[i] == *code) party.copy_kind = static_cast<CopyForm>(i);
    }
  }

  void refuse(const XmlElement& element, std::string code, std::string message,
              std::string remedy) {
    Issue issue;
    issue.code = std::move(code);
    issue.line = element.line;
    issue.element = element.name;
    issue.found = text_in(element);
    issue.message_zh = std::move(message);
    issue.remedy_zh = std::move(remedy);
    issues_.push_back(std::move(issue));
  }

  std::vector<Issue>& issues_;
  std::vector<PartyAt> parties_;
};

}  // namespace

std::string_view title_of(CopyForm kind) { return kCopyKinds.at(static_cast<std::size_t>(kind)); }

std::vector<PartyAt> parties_in(const XmlElement& element, std::vector<Issue>& issues) {
  return PartyReader(issues).read(element);
}

void add_party(XmlElement& to, const Party& party) {
  add(to, leaf(element_of(party.kind), party.name));
  if (!party.title.empty()) add(to, leaf("職稱", party.title));
  if (!party.org_code.empty()) add(to, leaf("機關代碼", party.org_code));
  if (!party.unit_code.empty()) add(to, leaf("單位代碼", party.unit_code));
  if (party.with_attachments) add(to, leaf(kWith, *party.with_attachments ? kWith : kWithout));
  if (!party.portable_copy.empty()) {
    add(to, leaf("內含本文與附件之可攜式文件檔名", party.portable_copy));
  }
  if (party.copy_kind) {
    XmlElement kind = leaf("收發處理本別", "");
    kind.attributes.push_back({"代碼", std::string(title_of(*party.copy_kind))});
    XmlElement copy = leaf("本別", "");
    add(copy, std::move(kind));
    add(to, std::move(copy));
  }
}

XmlElement element_of(std::string_view name, const std::vector<Party>& parties) {
  XmlElement element = leaf(name, "");
  for (const Party& party : parties) add_party(element, party);
  return element;
}

}  // namespace yizhan
