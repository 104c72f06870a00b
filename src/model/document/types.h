#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ground/xml/xml.h"

// The document types that may be exchanged, by edition, and their type definitions (formats/).

namespace yizhan {

enum class DocumentKind {
  kLetter,            // 函
  kOrder,             // 令
  kNotice,            // 公告
  kMeetingNotice,     // 開會通知單
  kInspectionNotice,  // 會勘通知單
  kMemo,              // 簽
  kCoreviewSlip,      // 簽稿會核單
};

enum class Edition { k99, k104 };

std::string_view code_of(DocumentKind kind);   // "letter"
std::string_view title_of(DocumentKind kind);  // "函": also the name of the root element
std::optional<DocumentKind> find_document_kind(std::string_view code);
std::string_view code_of(Edition edition);     // "104"

// What a registered type definition is for.
struct RegisteredType {
  std::string root;                  // root element
  std::optional<DocumentKind> kind;  // empty: roster or message
  Edition edition = Edition::k104;
};
std::optional<RegisteredType> find_type(std::string_view system_id);

// The name under which a document calls its type definition. Edition 99 has no inspection notice,
// memo or co-review slip: std::invalid_argument.
std::string system_id_of(DocumentKind kind, Edition edition, XmlEncoding encoding);
std::string roster_system_id(Edition edition, XmlEncoding encoding);

// All of formats/, from the binary.
const TypeCatalogue& builtin_types();

}  // namespace yizhan
