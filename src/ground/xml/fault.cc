#include "ground/xml/fault.h"

#include <libxml/tree.h>
#include <libxml/valid.h>

#include "ground/xml/content_model.h"

namespace yizhan {
namespace {

// Stands for text among the names of children; no element can be called so.
constexpr std::string_view kText = "#text";

std::string string_of(const char* chars) { return chars == nullptr ? "" : chars; }
std::string string_of(const xmlChar* chars) {
  return string_of(reinterpret_cast<const char*>(chars));
}

XmlError error_at(const xmlError& error, XmlFault fault) {
  XmlError result{fault, error.line, {}, {}, {}};
  const auto* node = static_cast<const xmlNode*>(error.node);
  if (node != nullptr && node->type == XML_ELEMENT_NODE) result.element = string_of(node->name);
  return result;
}

// `found` is what libxml2 quotes in its message.
XmlError quoting(const xmlError& error, XmlFault fault, const char* quoted) {
  XmlError result = error_at(error, fault);
  result.found = string_of(quoted);
  return result;
}

struct Child {
  std::string name;
  int line;
};

std::vector<Child> children_of(xmlNodePtr element) {
  std::vector<Child> children;
  for (xmlNodePtr node = element->children; node != nullptr; node = node->next) {
    const int line = static_cast<int>(xmlGetLineNo(node));
    if (node->type == XML_ELEMENT_NODE) {
      children.push_back({string_of(node->name), line});
    } else if (node->type != XML_COMMENT_NODE && xmlIsBlankNode(node) == 0) {
      children.push_back({std::string(kText), line});
    }
  }
  return children;
}

XmlError content_fault(const xmlError& error) {
  XmlError result = error_at(error, XmlFault::kInvalid);
  auto* node = static_cast<xmlNodePtr>(error.node);
  if (node == nullptr || node->doc == nullptr) return result;
  const xmlElementPtr declared = xmlGetDtdElementDesc(node->doc->extSubset, node->name);
  if (declared == nullptr) return result;
  const std::vector<Child> children = children_of(node);
  std::vector<std::string> names;
  for (const Child& child : children) names.push_back(child.name);
  auto fault = find_content_fault(declared->content, names);
  if (!fault) return result;
  result.expected = std::move(fault->expected);
  if (fault->at == children.size()) {
    result.fault = XmlFault::kElementMissing;
    return result;
  }
  const Child& wrong = children[fault->at];
  result.line = wrong.line;
  if (wrong.name == kText) {
    result.fault = XmlFault::kTextUnexpected;
  } else {
    result.fault = XmlFault::kElementUnexpected;
    result.found = wrong.name;
  }
  return result;
}

// libxml2 quotes the attribute, or the value and then the attribute.
XmlError attribute_fault(const xmlError& error) {
  XmlError result = error_at(error, XmlFault::kAttributeValue);
  const bool with_value = error.str3 != nullptr;
  const std::string name = string_of(with_value ? error.str2 : error.str1);
  result.found = with_value ? name + "=" + string_of(error.str1) : name;
  const auto* node = static_cast<const xmlNode*>(error.node);
  if (node == nullptr || node->type != XML_ELEMENT_NODE || node->doc == nullptr) return result;
  const xmlAttributePtr declared = xmlGetDtdAttrDesc(
      node->doc->extSubset, node->name, reinterpret_cast<const xmlChar*>(name.c_str()));
  if (declared == nullptr) return result;
  for (xmlEnumerationPtr each = declared->tree; each != nullptr; each = each->next) {
    result.expected.push_back(string_of(each->name));
  }
  return result;
}

std::optional<XmlError> invalid(const xmlError& error) {
  switch (error.code) {
    case XML_DTD_CONTENT_MODEL:
      return content_fault(error);
    case XML_DTD_NOT_EMPTY:
      return error_at(error, XmlFault::kContentForbidden);
    case XML_DTD_NOT_PCDATA: {
      XmlError result = error_at(error, XmlFault::kElementInText);
      auto* node = static_cast<xmlNodePtr>(error.node);
      const xmlNode* child = node == nullptr ? nullptr : xmlFirstElementChild(node);
      if (child != nullptr) result.found = string_of(child->name);
      return result;
    }
    case XML_DTD_INVALID_CHILD:
      return quoting(error, XmlFault::kElementInText, error.str1);
    case XML_DTD_UNKNOWN_ELEM:
      return error_at(error, XmlFault::kElementUnknown);
    case XML_DTD_UNKNOWN_ATTRIBUTE:
      return quoting(error, XmlFault::kAttributeUnknown, error.str1);
    case XML_DTD_MISSING_ATTRIBUTE: {
      XmlError result = error_at(error, XmlFault::kAttributeMissing);
      result.expected = {string_of(error.str2)};
      return result;
    }
    case XML_DTD_ATTRIBUTE_VALUE:
    case XML_DTD_NOTATION_VALUE:
      return attribute_fault(error);
    case XML_DTD_UNKNOWN_ENTITY:
    case XML_DTD_ENTITY_TYPE:
      return quoting(error, XmlFault::kEntityUndeclared, error.str2);
    case XML_DTD_UNKNOWN_NOTATION:
      return quoting(error, XmlFault::kNotationUndeclared, error.str1);
    case XML_DTD_ROOT_NAME: {
      XmlError result = quoting(error, XmlFault::kRootMismatch, error.str1);
      result.expected = {string_of(error.str2)};
      return result;
    }
    default:
      return quoting(error, XmlFault::kInvalid, error.message);
  }
}

}  // namespace

std::optional<XmlError> fault_of(const xmlError& error) {
  if (error.code == XML_ERR_INVALID_URI || error.code == XML_WAR_NS_URI_RELATIVE) {
    return std::nullopt;
  }
  if (error.domain == XML_FROM_VALID || error.domain == XML_FROM_DTD) return invalid(error);
  if (error.code == XML_ERR_TAG_NAME_MISMATCH) {
    XmlError result{XmlFault::kTagMismatch, error.line, string_of(error.str1), {}, {}};
    result.found = string_of(error.str2);
    return result;
  }
  return quoting(error, XmlFault::kMalformed, error.message);
}

}  // namespace yizhan
