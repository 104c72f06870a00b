#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "ground/xml/prolog.h"

namespace yizhan {
namespace {

std::string key_of(std::string_view system_id) {
  std::string key(system_id);
  std::transform(key.begin(), key.end(), key.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return key;
}

}  // namespace

void TypeCatalogue::add(std::string_view system_id, ByteView definition) {
  std::vector<XmlError> errors;
  auto xml = decode_xml(definition, errors);
  if (!xml)
    throw std::invalid_argument("type definition is badly encoded: " + std::string(system_id));
  by_id_[key_of(system_id)] = std::move(xml->text);
}

const std::string* TypeCatalogue::find(std::string_view system_id) const {
  const auto found = by_id_.find(key_of(system_id));
  return found == by_id_.end() ? nullptr : &found->second;
}

const std::string* XmlElement::attribute(std::string_view wanted) const {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const XmlAttribute& each) { return each.name == wanted; });
  return found == attributes.end() ? nullptr : &found->value;
}

const XmlElement* XmlElement::child(std::string_view wanted) const {
  for (const XmlNode& node : children) {
    const auto* element = std::get_if<XmlElement>(&node.value);
    if (element != nullptr && element->name == wanted) return element;
  }
  return nullptr;
}

std::vector<const XmlElement*> XmlElement::elements() const {
  std::vector<const XmlElement*> found;
  for (const XmlNode& node : children) {
    if (const auto* element = std::get_if<XmlElement>(&node.value)) found.push_back(element);
  }
  return found;
}

std::string XmlElement::text() const {
  std::string all;
  for (const XmlNode& node : children) {
    const auto* element = std::get_if<XmlElement>(&node.value);
    all += element == nullptr ? std::get<std::string>(node.value) : element->text();
  }
  return all;
}

}  // namespace yizhan
