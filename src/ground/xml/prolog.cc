#include "ground/xml/prolog.h"

#include <algorithm>
#include <cctype>

namespace yizhan {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

struct Declaration {
  std::string encoding;  // empty: none declared
  std::size_t length = 0;
  bool well_formed = true;
};

// One `name="value"` of the XML declaration.
std::optional<std::string> take_setting(XmlCursor& cursor, std::string_view name) {
  XmlCursor ahead = cursor;
  if (!ahead.skip_space() || !ahead.take(name)) return std::nullopt;
  ahead.skip_space();
  if (!ahead.take("=")) return std::nullopt;
  ahead.skip_space();
  const auto value = ahead.take_quoted();
  if (!value) return std::nullopt;
  cursor = ahead;
  return std::string(*value);
}

// Big5 and UTF-8 agree on ASCII, so the declaration is read before anything is decoded.
Declaration read_declaration(std::string_view text) {
  XmlCursor cursor(text);
  if (!text.starts_with("<?xml ") && !text.starts_with("<?xml\t")) return {};
  cursor.skip(5);
  Declaration declaration;
  declaration.well_formed = take_setting(cursor, "version") == "1.0";
  declaration.encoding = take_setting(cursor, "encoding").value_or("");
  const auto standalone = take_setting(cursor, "standalone").value_or("no");
  cursor.skip_space();
  declaration.well_formed &= standalone == "no" || standalone == "yes";
  declaration.well_formed &= cursor.take("?>");
  declaration.length = cursor.at();
  return declaration;
}

class PrologScanner {
 public:
  PrologScanner(const DecodedXml& xml, const XmlLimits& limits, std::vector<XmlError>& errors)
      : cursor_(xml.text), limits_(limits), errors_(errors) {
    scan_.prolog.encoding = xml.encoding;
  }

  std::optional<PrologScan> scan() {
    if (!skip_misc()) return std::nullopt;
    if (!cursor_.take("<!DOCTYPE")) return fail(XmlFault::kDoctypeMissing, "");
    if (!doctype() || !skip_misc()) return std::nullopt;
    if (cursor_.rest().starts_with("<!")) return fail(XmlFault::kDeclarationForbidden, "DOCTYPE");
    scan_.body_at = cursor_.at();
    scan_.body_line = cursor_.line();
    return std::move(scan_);
  }

 private:
  std::nullopt_t fail(XmlFault fault, std::string_view found) {
    errors_.push_back({fault, cursor_.line(), {}, std::string(found), {}});
    return std::nullopt;
  }
  bool refuse(XmlFault fault, std::string_view found) {
    fail(fault, found);
    return false;
  }
  bool malformed() { return refuse(XmlFault::kMalformed, cursor_.rest().substr(0, 1)); }

  // White space and comments.
  bool skip_misc() {
    cursor_.skip_space();
    while (cursor_.rest().starts_with("<!--")) {
      if (!cursor_.skip_comment()) return malformed();
      cursor_.skip_space();
    }
    if (cursor_.rest().starts_with("<?")) return refuse(XmlFault::kProcessingInstruction, "");
    return true;
  }

  bool doctype() {
    scan_.prolog.line = cursor_.line();
    if (!cursor_.skip_space()) return malformed();
    scan_.prolog.root_name = cursor_.take_name();
    cursor_.skip_space();
    if (cursor_.rest().starts_with("PUBLIC")) return refuse(XmlFault::kPublicIdentifier, "DOCTYPE");
    const auto system = system_literal();
    if (!system) return malformed();
    scan_.prolog.system_id = *system;
    cursor_.skip_space();
    if (cursor_.take("[") && !internal_subset()) return false;
    cursor_.skip_space();
    return cursor_.take(">") || malformed();
  }

  std::optional<std::string> system_literal() {
    if (!cursor_.take("SYSTEM") || !cursor_.skip_space()) return std::nullopt;
    const auto literal = cursor_.take_quoted();
    const auto is_control = [](char c) { return c >= '\0' && c < ' '; };
    if (!literal || std::any_of(literal->begin(), literal->end(), is_control)) return std::nullopt;
    return std::string(*literal);
  }

  bool internal_subset() {
    for (int count = 0; skip_misc(); ++count) {
      if (cursor_.take("]")) return true;
      if (count >= limits_.declarations_max) return refuse(XmlFault::kTooManyDeclarations, "");
      if (!declaration()) return false;
    }
    return false;
  }

  bool declaration() {
    if (cursor_.peek() == '%') return refuse(XmlFault::kEntityForbidden, "%");
    if (cursor_.take("<!ENTITY")) return entity();
    if (cursor_.take("<!NOTATION")) return notation();
    if (cursor_.take("<!")) return refuse(XmlFault::kDeclarationForbidden, cursor_.take_name());
    return malformed();
  }

  // <!ENTITY name SYSTEM "file" NDATA notation>
  bool entity() {
    XmlUnparsedEntity entity{.name = {}, .system = {}, .notation = {}, .line = cursor_.line()};
    if (!cursor_.skip_space()) return malformed();
    entity.name = cursor_.take_name();
    if (entity.name.empty()) return refuse(XmlFault::kEntityForbidden, cursor_.rest().substr(0, 1));
    if (!cursor_.skip_space()) return malformed();
    if (cursor_.rest().starts_with("PUBLIC")) {
      return refuse(XmlFault::kPublicIdentifier, entity.name);
    }
    const auto system = system_literal();
    if (!system) return refuse(XmlFault::kEntityForbidden, entity.name);
    entity.system = *system;
    const bool spaced = cursor_.skip_space();
    if (!spaced || !cursor_.take("NDATA") || !cursor_.skip_space()) {
      return refuse(XmlFault::kEntityForbidden, entity.name);
    }
    entity.notation = cursor_.take_name();
    return end_of(entity, scan_.prolog.entities);
  }

  // <!NOTATION name SYSTEM "anything">
  bool notation() {
    XmlNotation notation{.name = {}, .system = {}, .line = cursor_.line()};
    if (!cursor_.skip_space()) return malformed();
    notation.name = cursor_.take_name();
    if (!cursor_.skip_space()) return malformed();
    if (cursor_.rest().starts_with("PUBLIC")) {
      return refuse(XmlFault::kPublicIdentifier, notation.name);
    }
    const auto system = system_literal();
    if (!system) return malformed();
    notation.system = *system;
    return end_of(notation, scan_.prolog.notations);
  }

  // Of two declarations of one name XML takes the first; a clerk would not know, so neither passes.
  template <class T>
  bool end_of(T& declared, std::vector<T>& all) {
    cursor_.skip_space();
    if (!cursor_.take(">") || declared.name.empty()) return malformed();
    const bool twice = std::any_of(all.begin(), all.end(),
                                   [&](const T& other) { return other.name == declared.name; });
    if (twice) return refuse(XmlFault::kEntityTwice, declared.name);
    all.push_back(std::move(declared));
    return true;
  }

  XmlCursor cursor_;
  const XmlLimits& limits_;
  std::vector<XmlError>& errors_;
  PrologScan scan_;
};

}  // namespace

std::optional<DecodedXml> decode_xml(ByteView bytes, std::vector<XmlError>& errors) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  std::string_view text = text_of(bytes);
  const bool marked = text.starts_with(kMark);
  if (marked) text.remove_prefix(kMark.size());
  const Declaration declaration = read_declaration(text);
  const std::string name = lower(declaration.encoding);
  const auto refuse = [&](XmlFault fault, std::string found) {
    errors.push_back({fault, 1, {}, std::move(found), {}});
    return std::nullopt;
  };
  if (!declaration.well_formed) return refuse(XmlFault::kMalformed, "<?xml");
  DecodedXml xml;
  if (name == "big5" && !marked) {
    xml.encoding = XmlEncoding::kBig5;
  } else if (!name.empty() && name != "utf-8") {
    return refuse(XmlFault::kEncodingUnsupported, declaration.encoding);
  }
  auto body = decode(bytes_of(text.substr(declaration.length)), xml.encoding);
  if (!body || body->find('\0') != std::string::npos) return refuse(XmlFault::kEncodingBroken, "");
  const std::string_view dropped = text.substr(0, declaration.length);
  xml.text.assign(static_cast<std::size_t>(std::count(dropped.begin(), dropped.end(), '\n')), '\n');
  xml.text += *body;
  return xml;
}

std::optional<PrologScan> scan_prolog(const DecodedXml& xml, const XmlLimits& limits,
                                      std::vector<XmlError>& errors) {
  return PrologScanner(xml, limits, errors).scan();
}

}  // namespace yizhan
