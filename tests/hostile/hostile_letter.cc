#include "tests/hostile/hostile_letter.h"

namespace yizhan {

std::string letter() { return document_fixture("104_utf8/letter.di"); }

std::string letter_declaring(const std::string& declarations) {
  return replaced(letter(), std::string(kDoctype), std::string(kDoctype) + declarations + "\n");
}
std::string letter_saying(const std::string& markup) {
  return replaced(letter(), "<主旨>\n    <文字>檢送", "<主旨>\n    <文字>" + markup + "檢送");
}

Read read_as(PartKind kind, const std::string& text) {
  const bool is_di = kind == PartKind::kDi, is_sw = kind == PartKind::kSw;
  std::vector<Part> parts = {{"1150001234.di", "", PartKind::kDi, 0, {}},
                             {"1150001234.sw", "", PartKind::kSw, 0, {}}};
  std::vector<FileHandle> files;
  files.push_back(file_of(bytes_of(is_di ? text : letter())));
  files.push_back(file_of(bytes_of(is_sw ? text : document_fixture("104_utf8/letter.sw"))));
  if (!is_di && !is_sw) {
    parts.push_back({"1150001234.dm", "", kind, 0, {}});
    files.push_back(file_of(bytes_of(text)));
  }
  const auto inspection = Inspector(nursery()).inspect_document({.parts = parts, .files = files});
  if (!inspection) return {std::string(code_of(inspection.reason())), std::nullopt};
  std::string codes;
  for (const InspectionIssue& issue : inspection->issues) {
    if (!issue.code.starts_with("attachment_missing")) {
      codes += (codes.empty() ? "" : " ") + issue.code;
    }
  }
  if (codes.size() > 200) codes.resize(200);
  return {codes.empty() ? "facts" : codes, inspection->facts};
}

}  // namespace yizhan
