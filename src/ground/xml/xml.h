#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ground/base/base.h"

// A safe, validating XML reader, and its writer. Hostile bytes in, an immutable tree or errors out.
//
// What a document may be, checked before libxml2 sees it: UTF-8 (strict; a byte order mark is
// accepted) or Big5 (read as CP950); one DOCTYPE naming a type definition of the catalogue; in its
// internal subset only NOTATION and unparsed (NDATA) ENTITY declarations; no other entity, no
// PUBLIC identifier, no processing instruction; the limits below. Nothing is ever loaded from disk
// or network. Every call stands alone: calls may run on several threads at once.

namespace yizhan {

// The entity loader of libxml2 is one for the process. Call once at start, before other threads
// and before confinement; read_xml calls it too. Everything else that uses libxml2 in this process
// can load nothing any more.
void start_xml();

enum class XmlEncoding { kUtf8, kBig5 };

// UTF-8 text of the bytes; nullopt when they are not well encoded (overlong forms, surrogates,
// bytes that CP950 does not know). A byte order mark is dropped.
std::optional<std::string> decode(ByteView bytes, XmlEncoding encoding);
// What the encoding cannot express becomes a numeric character reference.
// `utf8` must be valid; std::invalid_argument otherwise.
Bytes encode(std::string_view utf8, XmlEncoding encoding);
// False if encode would write a character reference.
bool can_express(std::string_view utf8, XmlEncoding encoding);

// Type definitions and tag sets by the SYSTEM id under which documents name them (ASCII case is
// ignored: producers write both 104_roster_utf8.dtd and 104_Roster_utf8.dtd).
class TypeCatalogue {
 public:
  // std::invalid_argument if the bytes are neither UTF-8 nor Big5 as they declare.
  void add(std::string_view system_id, ByteView definition);
  // UTF-8 text without its XML declaration, or nullptr.
  [[nodiscard]] const std::string* find(std::string_view system_id) const;

 private:
  std::map<std::string, std::string> by_id_;  // key in lower case
};

struct XmlLimits {
  std::size_t bytes_max = 4U << 20U;
  int depth_max = 64;
  int attributes_max = 256;     // of one element
  int declarations_max = 1024;  // in the internal subset
};

struct XmlAttribute {
  std::string name;
  std::string value;
  bool operator==(const XmlAttribute&) const = default;
};

struct XmlNode;

struct XmlElement {
  std::string name;
  std::vector<XmlAttribute> attributes;  // with the defaults of the type definition
  std::vector<XmlNode> children;         // white space between elements is left out
  int line = 0;

  // nullptr if there is none.
  [[nodiscard]] const std::string* attribute(std::string_view wanted) const;
  // The first child element of that name, or nullptr.
  [[nodiscard]] const XmlElement* child(std::string_view wanted) const;
  [[nodiscard]] std::vector<const XmlElement*> elements() const;
  // The text of this element and of all below it.
  [[nodiscard]] std::string text() const;
};

struct XmlNode {
  std::variant<std::string, XmlElement> value;
};

struct XmlNotation {
  std::string name;
  std::string system;
  int line = 0;
};

struct XmlUnparsedEntity {
  std::string name;
  std::string system;  // as written: data, never a path to open
  std::string notation;
  int line = 0;
};

struct XmlProlog {
  XmlEncoding encoding = XmlEncoding::kUtf8;
  std::string root_name;  // of the DOCTYPE
  std::string system_id;
  std::vector<XmlNotation> notations;
  std::vector<XmlUnparsedEntity> entities;
  int line = 0;  // of the DOCTYPE
};

struct XmlDocument {
  XmlProlog prolog;
  XmlElement root;
};

enum class XmlFault {
  kTooLarge,
  kTooDeep,
  kTooManyAttributes,
  kTooManyDeclarations,
  kEncodingUnsupported,  // found: the declared name
  kEncodingBroken,
  kDoctypeMissing,
  kDoctypeUnregistered,  // found: the SYSTEM id
  kPublicIdentifier,
  kDeclarationForbidden,  // of the internal subset; found: what it is
  kEntityForbidden,       // parsed or parameter entity; found: its name
  kEntityTwice,           // found: its name
  kEntityReference,       // found: the reference
  kProcessingInstruction,
  kMalformed,          // found: what libxml2 says
  kTagMismatch,        // element: opened; found: closed
  kLoadRefused,        // found: the id
  kRootMismatch,       // found: the root; expected: the name in the DOCTYPE
  kElementUnknown,     // not in the type definition; element
  kElementUnexpected,  // in element, found; instead of expected
  kElementMissing,     // element ends where expected must come
  kTextUnexpected,     // element may hold elements only
  kContentForbidden,   // element must be empty
  kElementInText,      // element may hold text only; found
  kAttributeUnknown,   // found: the attribute
  kAttributeMissing,   // expected: the attribute
  kAttributeValue,     // found: attribute=value; expected: the values, if they are listed
  kEntityUndeclared,   // found: the name
  kNotationUndeclared,
  kInvalid,  // any other rule of the type definition; found: what libxml2 says
};

struct XmlError {
  XmlFault fault = XmlFault::kMalformed;
  int line = 0;  // 1 is the first; 0 where none applies
  std::string element;
  std::string found;
  std::vector<std::string> expected;
};

// `root` only when there is no error; `prolog` also when only the body is wrong.
struct XmlReading {
  std::optional<XmlProlog> prolog;
  std::optional<XmlElement> root;
  std::vector<XmlError> errors;  // in the order of the text, at most 50

  [[nodiscard]] bool ok() const { return errors.empty(); }
};

// Reads and validates.
XmlReading read_xml(ByteView bytes, const TypeCatalogue& catalogue, const XmlLimits& limits = {});

// Writes XML declaration, DOCTYPE and tree, one element a line. Names and system ids of the prolog
// must be expressible in the encoding, without control characters, '#' or both kinds of quotes;
// std::invalid_argument otherwise.
Bytes write_xml(const XmlDocument& document);

}  // namespace yizhan
