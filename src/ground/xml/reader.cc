#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/valid.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <new>

#include "ground/xml/fault.h"
#include "ground/xml/prolog.h"

namespace yizhan {
namespace {

constexpr std::size_t kErrorsMax = 50;
constexpr std::size_t kShownBytesMax = 200;

// What one call carries through libxml2 (in the parser context's _private).
struct Session {
  const TypeCatalogue& catalogue;
  std::vector<XmlError>& errors;
};

// Only the catalogue of the running session is ever read. Refusing is an error of ours, since
// libxml2 would call the document valid all the same.
xmlParserInputPtr load_from_catalogue(const char* url, const char*, xmlParserCtxtPtr context) {
  if (context == nullptr || context->_private == nullptr) return nullptr;
  auto& session = *static_cast<Session*>(context->_private);
  const std::string id = url == nullptr ? "" : url;
  const std::string* definition = session.catalogue.find(id);
  if (definition == nullptr) {
    session.errors.push_back({XmlFault::kLoadRefused, 0, {}, id, {}});
    return nullptr;
  }
  xmlParserInputBufferPtr buffer = xmlParserInputBufferCreateMem(
      definition->data(), static_cast<int>(definition->size()), XML_CHAR_ENCODING_UTF8);
  // Out of memory inside C code: libxml2 reports what it could not load.
  if (buffer == nullptr) return nullptr;
  xmlParserInputPtr input = xmlNewIOInputStream(context, buffer, XML_CHAR_ENCODING_UTF8);
  if (input == nullptr) return nullptr;
  // The base against which the tag sets are named.
  input->filename = reinterpret_cast<char*>(xmlStrdup(reinterpret_cast<const xmlChar*>(url)));
  return input;
}

void on_error(void* user_data, xmlErrorPtr error) {
  auto* context = static_cast<xmlParserCtxtPtr>(user_data);
  auto& session = *static_cast<Session*>(context->_private);
  if (session.errors.size() >= kErrorsMax) return;
  if (auto fault = fault_of(*error)) session.errors.push_back(std::move(*fault));
}

// References to ids are judged at the end of the document, past serror, and libxml2 would print
// what the sender wrote there to standard error. Such a document is refused all the same.
void keep_silent(void*, const char*, ...) {}

struct FreeContext {
  void operator()(xmlParserCtxtPtr context) const {
    if (context->myDoc != nullptr) xmlFreeDoc(context->myDoc);
    xmlFreeParserCtxt(context);
  }
};
using Context = std::unique_ptr<xmlParserCtxt, FreeContext>;

std::string text_of_chars(const xmlChar* chars) {
  return chars == nullptr ? "" : reinterpret_cast<const char*>(chars);
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

XmlElement tree_of(xmlNodePtr node) {
  XmlElement element;
  element.name = text_of_chars(node->name);
  element.line = static_cast<int>(xmlGetLineNo(node));
  for (xmlAttrPtr attribute = node->properties; attribute != nullptr; attribute = attribute->next) {
    xmlChar* value = xmlNodeListGetString(node->doc, attribute->children, 1);
    element.attributes.push_back({text_of_chars(attribute->name), text_of_chars(value)});
    xmlFree(value);
  }
  const bool holds_elements = xmlFirstElementChild(node) != nullptr;
  for (xmlNodePtr child = node->children; child != nullptr; child = child->next) {
    if (child->type == XML_ELEMENT_NODE) {
      element.children.push_back({tree_of(child)});
    } else if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) {
      std::string text = text_of_chars(child->content);
      if (!holds_elements || !is_blank(text)) element.children.push_back({std::move(text)});
    }
  }
  return element;
}

std::optional<XmlElement> validate(const DecodedXml& xml, const TypeCatalogue& catalogue,
                                   std::vector<XmlError>& errors) {
  Session session{catalogue, errors};
  const Context context(xmlNewParserCtxt());
  if (context == nullptr) throw std::bad_alloc();
  context->_private = &session;
  context->sax->serror = on_error;
  context->vctxt.error = keep_silent;
  // No NOENT, no HUGE, no XINCLUDE: see the threats in xml.h.
  constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_DTDLOAD | XML_PARSE_DTDATTR |
                           XML_PARSE_DTDVALID | XML_PARSE_NOCDATA | XML_PARSE_BIG_LINES;
  xmlDocPtr document =
      xmlCtxtReadMemory(context.get(), xml.text.data(), static_cast<int>(xml.text.size()), nullptr,
                        "UTF-8", kOptions);
  context->myDoc = document;
  const bool good = document != nullptr && context->wellFormed != 0 && context->valid != 0;
  if (!good && errors.empty()) errors.push_back({XmlFault::kInvalid, 0, {}, {}, {}});
  if (!errors.empty()) return std::nullopt;
  return tree_of(xmlDocGetRootElement(document));
}

// Whole characters only, and not too many: errors are shown to people and written as JSON.
void make_presentable(std::string& text) {
  std::string kept;
  std::size_t i = 0;
  while (i < text.size() && kept.size() < kShownBytesMax) {
    const std::size_t start = i;
    UChar32 c = 0;
    U8_NEXT(reinterpret_cast<const std::uint8_t*>(text.data()), i, text.size(), c);
    if (c >= 0x20) kept.append(text, start, i - start);
  }
  text = std::move(kept);
}

std::optional<XmlElement> read(ByteView bytes, const TypeCatalogue& catalogue,
                               const XmlLimits& limits, XmlReading& reading) {
  auto& errors = reading.errors;
  if (bytes.size() > limits.bytes_max) {
    errors.push_back({XmlFault::kTooLarge, 0, {}, std::to_string(bytes.size()), {}});
    return std::nullopt;
  }
  const auto xml = decode_xml(bytes, errors);
  if (!xml) return std::nullopt;
  auto scan = scan_prolog(*xml, limits, errors);
  if (!scan) return std::nullopt;
  reading.prolog = std::move(scan->prolog);
  const XmlProlog& prolog = *reading.prolog;
  if (catalogue.find(prolog.system_id) == nullptr) {
    errors.push_back({XmlFault::kDoctypeUnregistered, prolog.line, {}, prolog.system_id, {}});
    return std::nullopt;
  }
  const std::string_view body = std::string_view(xml->text).substr(scan->body_at);
  if (!scan_body(XmlCursor(body, scan->body_line), limits, errors)) return std::nullopt;
  return validate(*xml, catalogue, errors);
}

}  // namespace

void start_xml() {
  static std::once_flag once;
  std::call_once(once, [] {
    xmlInitParser();
    xmlSetExternalEntityLoader(load_from_catalogue);
  });
}

XmlReading read_xml(ByteView bytes, const TypeCatalogue& catalogue, const XmlLimits& limits) {
  start_xml();
  XmlReading reading;
  reading.root = read(bytes, catalogue, limits, reading);
  for (XmlError& error : reading.errors) {
    make_presentable(error.element);
    make_presentable(error.found);
    for (std::string& name : error.expected) make_presentable(name);
  }
  return reading;
}

}  // namespace yizhan
