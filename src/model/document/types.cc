#include "model/document/types.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <stdexcept>

#include "ground/base/base.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kDocumentFormats;

namespace {

struct KindRow {
  DocumentKind kind;
  std::string_view code;
  std::string_view root;
  std::string_view number;  // within the name of the type definition
  bool in_99;
};

using enum DocumentKind;
constexpr std::array<KindRow, 7> kKinds = {{
    {kLetter, "letter", "函", "2", true},
    {kOrder, "order", "令", "1", true},
    {kNotice, "notice", "公告", "3", true},
    {kMeetingNotice, "meeting_notice", "開會通知單", "4", true},
    {kInspectionNotice, "inspection_notice", "會勘通知單", "B", false},
    {kMemo, "memo", "簽", "5", false},
    {kCoreviewSlip, "coreview_slip", "簽稿會核單", "6", false},
}};

const KindRow& row_of(DocumentKind kind) {
  const auto& row = kKinds.at(static_cast<std::size_t>(kind));
  YZ_ASSERT(row.kind == kind);  // the table stands in the order of the enum
  return row;
}

std::string name_of(Edition edition, std::string_view number, XmlEncoding encoding) {
  std::string name(code_of(edition));
  name += '_';
  name += number;
  return name + (encoding == XmlEncoding::kBig5 ? "_big5.dtd" : "_utf8.dtd");
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

std::optional<RegisteredType> find_type(std::string_view system_id, Edition edition,
                                        XmlEncoding encoding) {
  for (const KindRow& row : kKinds) {
    if (edition == Edition::k99 && !row.in_99) continue;
    if (same_name(system_id, name_of(edition, row.number, encoding))) {
      return RegisteredType{std::string(row.root), row.kind, edition};
    }
  }
  if (same_name(system_id, name_of(edition, "roster", encoding))) {
    return RegisteredType{"交換表單", std::nullopt, edition};
  }
  return std::nullopt;
}

}  // namespace

std::string_view code_of(DocumentKind kind) { return row_of(kind).code; }
std::string_view title_of(DocumentKind kind) { return row_of(kind).root; }

std::optional<DocumentKind> find_document_kind(std::string_view code) {
  const auto row = std::ranges::find(kKinds, code, &KindRow::code);
  return row == kKinds.end() ? std::nullopt : std::optional(row->kind);
}

std::string_view code_of(Edition edition) {
  switch (edition) {
    case Edition::k99:
      return "99";
    case Edition::k104:
      return "104";
  }
  YZ_ASSERT(false);
}

std::optional<RegisteredType> find_type(std::string_view system_id) {
  for (const Edition edition : {Edition::k99, Edition::k104}) {
    for (const XmlEncoding encoding : {XmlEncoding::kUtf8, XmlEncoding::kBig5}) {
      if (auto type = find_type(system_id, edition, encoding)) return type;
    }
  }
  return std::nullopt;
}

std::string system_id_of(DocumentKind kind, Edition edition, XmlEncoding encoding) {
  const KindRow& row = row_of(kind);
  if (edition == Edition::k99 && !row.in_99) {
    throw std::invalid_argument("edition 99 has no " + std::string(row.code));
  }
  return name_of(edition, row.number, encoding);
}

std::string roster_system_id(Edition edition, XmlEncoding encoding) {
  return name_of(edition, "roster", encoding);
}

const TypeCatalogue& builtin_types() {
  static const TypeCatalogue catalogue = [] {
    TypeCatalogue all;
    for (const EmbeddedFile& format : kDocumentFormats) {
      all.add(format.name, bytes_of(format.content));
    }
    return all;
  }();
  return catalogue;
}

}  // namespace yizhan
