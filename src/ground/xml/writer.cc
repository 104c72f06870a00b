#include <stdexcept>

#include "ground/xml/xml.h"

namespace yizhan {
namespace {

std::string escape(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\t':
        safe += "&#9;";
        break;
      case '\n':
        safe += "&#10;";
        break;
      case '\r':
        safe += "&#13;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

// Nothing in a prolog can be escaped.
const std::string& require_plain(const std::string& text, XmlEncoding encoding) {
  if (text.find_first_of("#\t\r\n") != std::string::npos || !can_express(text, encoding)) {
    throw std::invalid_argument("cannot stand in a prolog: " + text);
  }
  return text;
}

// A literal has no escapes: its quotes must be the other ones.
std::string quoted(const std::string& text, XmlEncoding encoding) {
  const char quote = text.find('"') == std::string::npos ? '"' : '\'';
  if (text.find(quote) != std::string::npos) {
    throw std::invalid_argument("cannot be quoted in a prolog: " + text);
  }
  return quote + require_plain(text, encoding) + quote;
}

std::string write_prolog(const XmlProlog& prolog) {
  const XmlEncoding encoding = prolog.encoding;
  std::string text = "<?xml version=\"1.0\" encoding=\"";
  text += encoding == XmlEncoding::kBig5 ? "Big5" : "UTF-8";
  text += "\"?>\n<!DOCTYPE " + require_plain(prolog.root_name, encoding) + " SYSTEM " +
          quoted(prolog.system_id, encoding);
  const bool declares = !prolog.entities.empty() || !prolog.notations.empty();
  if (declares) text += " [\n";
  for (const XmlUnparsedEntity& entity : prolog.entities) {
    text += "<!ENTITY " + require_plain(entity.name, encoding) + " SYSTEM " +
            quoted(entity.system, encoding) + " NDATA " + require_plain(entity.notation, encoding) +
            ">\n";
  }
  for (const XmlNotation& notation : prolog.notations) {
    text += "<!NOTATION " + require_plain(notation.name, encoding) + " SYSTEM " +
            quoted(notation.system, encoding) + ">\n";
  }
  if (declares) text += ']';
  return text + ">\n";
}

void write_element(const XmlElement& element, std::string& text) {
  text += '<' + element.name;
  for (const XmlAttribute& attribute : element.attributes) {
    text += ' ' + attribute.name + "=\"" + escape(attribute.value) + '"';
  }
  if (element.children.empty()) {
    text += "/>\n";
    return;
  }
  text += '>';
  const bool holds_elements = !element.elements().empty();
  if (holds_elements) text += '\n';
  for (const XmlNode& node : element.children) {
    if (const auto* child = std::get_if<XmlElement>(&node.value)) {
      write_element(*child, text);
    } else {
      text += escape(std::get<std::string>(node.value));
    }
  }
  text += "</" + element.name + ">\n";
}

}  // namespace

Bytes write_xml(const XmlDocument& document) {
  std::string text = write_prolog(document.prolog);
  write_element(document.root, text);
  return encode(text, document.prolog.encoding);
}

}  // namespace yizhan
