#include "model/document/reading.h"

#include <algorithm>

namespace yizhan {
namespace {

// 〈會勘通知單〉 declared with 104_4 and the like: every other error would only follow from this.
std::optional<Issue> find_wrong_type(const XmlProlog& prolog) {
  const auto type = find_type(prolog.system_id);
  if (!type || type->root == prolog.root_name) return std::nullopt;
  Issue issue;
  issue.code = "type_definition_mismatch";
  issue.line = prolog.line;
  issue.element = prolog.root_name;
  issue.found = prolog.system_id;
  issue.message_zh = "〈" + prolog.root_name + "〉不能使用「" + prolog.system_id +
                     "」，該檔定義的是〈" + type->root + "〉。";
  issue.remedy_zh = "請更正 DOCTYPE 所指之型別定義。";
  for (const DocumentKind kind :
       {DocumentKind::kLetter, DocumentKind::kOrder, DocumentKind::kNotice,
        DocumentKind::kMeetingNotice, DocumentKind::kInspectionNotice, DocumentKind::kMemo,
        DocumentKind::kCoreviewSlip}) {
    if (title_of(kind) != prolog.root_name) continue;
    issue.expected = {system_id_of(kind, Edition::k104, prolog.encoding)};
    issue.remedy_zh = "請將 DOCTYPE 改為「" + issue.expected.front() + "」。";
  }
  return issue;
}

Issue not_a(bool roster, const XmlProlog& prolog) {
  Issue issue;
  issue.code = "wrong_kind_of_file";
  issue.line = prolog.line;
  issue.found = prolog.root_name;
  issue.message_zh = roster ? "此檔不是交換表單（SW）。" : "此檔不是公文本文（DI）。";
  issue.remedy_zh = "請確認檔案未放錯位置。";
  return issue;
}

}  // namespace

std::string text_in(const XmlElement& element) { return fold_text(element.text()); }

std::string text_in(const XmlElement& element, std::string_view child) {
  const XmlElement* found = element.child(child);
  return found == nullptr ? "" : text_in(*found);
}

XmlElement leaf(std::string_view name, std::string_view text) {
  XmlElement element;
  element.name = name;
  if (!text.empty()) element.children.push_back({std::string(text)});
  return element;
}

void add(XmlElement& to, XmlElement child) { to.children.push_back({std::move(child)}); }

std::optional<TypedTree> read_typed(ByteView bytes, bool roster, std::vector<Issue>& issues) {
  XmlReading reading = read_xml(bytes, builtin_types());
  if (reading.prolog) {
    if (auto issue = find_wrong_type(*reading.prolog)) {
      issues.push_back(std::move(*issue));
      return std::nullopt;
    }
  }
  if (!reading.ok()) {
    std::transform(reading.errors.begin(), reading.errors.end(), std::back_inserter(issues),
                   issue_of);
    return std::nullopt;
  }
  auto type = find_type(reading.prolog->system_id);
  if (!type || type->kind.has_value() == roster) {
    issues.push_back(not_a(roster, *reading.prolog));
    return std::nullopt;
  }
  return TypedTree{std::move(*type), std::move(*reading.prolog), std::move(*reading.root)};
}

}  // namespace yizhan
