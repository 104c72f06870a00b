#include "model/document/issue.h"

#include <array>

namespace yizhan {
namespace {

using enum XmlFault;

struct Wording {
  XmlFault fault;
  const char* code;
  const char* message;  // {元素} {找到} {應為} are replaced
  const char* remedy;
};

constexpr std::array<Wording, 30> kWordings = {{
    {kTooLarge, "too_large", "檔案過大（{找到} 位元組），上限為 4 MiB。", "請將大量內容改列附件。"},
    {kTooDeep, "too_deep", "元素層次過深，上限為 64 層。", "請減少條列之層次。"},
    {kTooManyAttributes, "too_many_attributes", "〈{元素}〉之屬性過多。", "請刪除多餘之屬性。"},
    {kTooManyDeclarations, "too_many_declarations", "DOCTYPE 內之宣告過多，上限為 1024 項。",
     "請減少附件數，或將附件合併。"},
    {kEncodingUnsupported, "encoding_unsupported", "編碼「{找到}」不在規定之列。",
     "請以 UTF-8 或 Big5 重新產製。"},
    {kEncodingBroken, "encoding_broken", "內容含有不合所宣告編碼之位元組。",
     "請確認檔案實際編碼與 XML 宣告一致；難字請改用 UTF-8。"},
    {kDoctypeMissing, "doctype_missing", "缺少 DOCTYPE 宣告，無法辨識文書種類。",
     "請由公文製作系統重新匯出；勿以會略去 DOCTYPE 之程式另存。"},
    {kDoctypeUnregistered, "doctype_unregistered", "DOCTYPE 所指「{找到}」未經登錄。",
     "請改用規定之檔名，例如 104_2_utf8.dtd。"},
    {kPublicIdentifier, "public_identifier", "「{找到}」使用 PUBLIC 識別碼，本系統不接受。",
     "請改用 SYSTEM。"},
    {kDeclarationForbidden, "declaration_forbidden", "DOCTYPE 內不得有 {找到} 宣告。",
     "請僅保留附件、表單之 ENTITY 與 NOTATION 宣告。"},
    {kEntityForbidden, "entity_forbidden", "實體「{找到}」不是 NDATA 檔案實體，本系統不接受。",
     "請改為 <!ENTITY 名稱 SYSTEM \"檔名\" NDATA _X>。"},
    {kEntityTwice, "entity_twice", "「{找到}」重複宣告。", "請刪除重複之宣告，每一附件一個名稱。"},
    {kEntityReference, "entity_reference", "內文不得有「{找到}」之引用。",
     "「&」請寫作 &amp;，「<」請寫作 &lt;。"},
    {kProcessingInstruction, "processing_instruction", "不得含有處理指令（<?…?>）。",
     "請刪除 XML 宣告以外之處理指令。"},
    {kMalformed, "malformed", "XML 語法不正確。", "請由公文製作系統重新匯出。"},
    {kTagMismatch, "tag_mismatch", "開始標籤〈{元素}〉與結束標籤〈{找到}〉不相符。",
     "請補上〈/{元素}〉或更正結束標籤。"},
    {kLoadRefused, "load_refused", "型別定義引用「{找到}」，未經登錄。",
     "請洽交換中心登錄該型別定義。"},
    {kRootMismatch, "root_mismatch", "最外層元素為〈{找到}〉，與 DOCTYPE 之「{應為}」不同。",
     "請使兩者一致。"},
    {kElementUnknown, "element_unknown", "此文書種類沒有〈{元素}〉元素。",
     "請更正元素名稱，或確認 DOCTYPE 所指之文書種類。"},
    {kElementUnexpected, "element_unexpected", "〈{元素}〉之內出現〈{找到}〉，此處應為{應為}。",
     "請依規定之順序與次數排列，並補齊缺漏之元素。"},
    {kElementMissing, "element_missing", "〈{元素}〉內容不完整，尚缺{應為}。", "請補齊。"},
    {kTextUnexpected, "text_unexpected", "〈{元素}〉之內不得直接填寫文字，此處應為{應為}。",
     "請將文字放入規定之子元素。"},
    {kContentForbidden, "content_forbidden", "〈{元素}〉應為空元素，不得有內容。",
     "請將值寫於屬性，並清除元素之內容。"},
    {kElementInText, "element_in_text", "〈{元素}〉只能填寫文字，不得含有〈{找到}〉。",
     "請移除其中之標籤。"},
    {kAttributeUnknown, "attribute_unknown", "〈{元素}〉沒有「{找到}」屬性。", "請刪除該屬性。"},
    {kAttributeMissing, "attribute_missing", "〈{元素}〉缺少「{應為}」屬性。", "請補上該屬性。"},
    {kAttributeValue, "attribute_value", "〈{元素}〉之「{找到}」有誤，應為{應為}。",
     "請改用規定之代碼。"},
    {kEntityUndeclared, "entity_undeclared", "「{找到}」未於 DOCTYPE 宣告為檔案實體。",
     "請於 DOCTYPE 宣告該附件，或更正附件名。"},
    {kNotationUndeclared, "notation_undeclared", "檔案實體所用之 NOTATION「{找到}」未宣告。",
     "請補上 <!NOTATION _X SYSTEM \"\"> 等宣告。"},
    {kInvalid, "invalid", "不符合型別定義。", "請由公文製作系統重新匯出。"},
}};

// Known mistakes of producers deserve a better remedy than the rule's own.
struct KnownMistake {
  XmlFault fault;
  const char* element;
  const char* found;  // empty: any
  const char* remedy;
};
constexpr std::array<KnownMistake, 8> kMistakes = {{
    {kContentForbidden, "密等", "", "非密件請寫 <密等/>；密件請寫於「代碼」屬性。"},
    {kTextUnexpected, "受文者", "",
     "請以 <全銜>、<機關代碼> 等填寫；一文多發時填 <交換表 交換表單=\"表單\">。"},
    {kElementMissing, "正本", "", "沒有個別受文者時，請至少填一個 <總稱>。"},
    {kElementMissing, "主持人", "", "主持人須有 <姓名>；以單位或職務為名者，亦填於 <姓名>。"},
    {kElementUnexpected, "主持人", "", "主持人須有 <姓名>；以單位或職務為名者，亦填於 <姓名>。"},
    {kElementUnexpected, "", "正本", "<正本> 只能有一個，請將所有正本受文者列於其內。"},
    {kElementUnexpected, "開會通知單", "地址",
     "開會通知單沒有 <地址>，請刪除；聯絡資料填於 <聯絡人及電話>。"},
    {kElementUnexpected, "會勘通知單", "地址",
     "會勘通知單沒有 <地址>，請刪除；聯絡資料填於 <聯絡人及電話>。"},
}};

const Wording& wording_of(XmlFault fault) {
  const auto& wording = kWordings.at(static_cast<std::size_t>(fault));
  YZ_ASSERT(wording.fault == fault);  // the table stands in the order of the enum
  return wording;
}

bool names(const char* wanted, const std::string& actual) {
  return std::string_view(wanted).empty() || wanted == actual;
}

const char* remedy_of(const XmlError& error) {
  for (const KnownMistake& mistake : kMistakes) {
    if (mistake.fault == error.fault && names(mistake.element, error.element) &&
        names(mistake.found, error.found)) {
      return mistake.remedy;
    }
  }
  return wording_of(error.fault).remedy;
}

std::string list_of(const std::vector<std::string>& names) {
  if (names.empty()) return "（無）";
  std::string list;
  for (const std::string& name : names) {
    if (!list.empty()) list += "或";
    list += "〈" + name + "〉";
  }
  return list;
}

// One pass, so that what a hostile file brings is never itself a place to fill.
std::string fill(std::string_view pattern, const XmlError& error) {
  std::string text;
  while (!pattern.empty()) {
    const std::size_t open = pattern.find('{');
    text += pattern.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = pattern.find('}', open);
    const std::string_view place = pattern.substr(open + 1, close - open - 1);
    if (place == "元素") text += error.element;
    if (place == "找到") text += error.found;
    if (place == "應為") text += list_of(error.expected);
    pattern.remove_prefix(close + 1);
  }
  return text;
}

}  // namespace

Issue issue_of(const XmlError& error) {
  const Wording& wording = wording_of(error.fault);
  Issue issue;
  issue.code = wording.code;
  issue.line = error.line;
  issue.element = error.element;
  issue.found = error.found;
  issue.expected = error.expected;
  issue.message_zh = fill(wording.message, error);
  issue.remedy_zh = fill(remedy_of(error), error);
  return issue;
}

}  // namespace yizhan
