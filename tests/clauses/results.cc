#include "tests/clauses/results.h"

#include <libxml/parser.h>
#include <libxml/tree.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace yizhan::clauses {
namespace {

std::string attribute(const xmlNode* node, const char* name) {
  const std::unique_ptr<xmlChar, decltype(xmlFree)> value(
      xmlGetProp(node, reinterpret_cast<const xmlChar*>(name)), xmlFree);
  return value ? reinterpret_cast<const char*>(value.get()) : "";
}

bool is_named(const xmlNode* node, std::string_view name) {
  return node->type == XML_ELEMENT_NODE && name == reinterpret_cast<const char*>(node->name);
}

void add_test(const xmlNode* test, Results& results) {
  bool passed = attribute(test, "result") == "completed";
  std::vector<std::string> clauses;
  for (const xmlNode* child = test->children; child != nullptr; child = child->next) {
    if (is_named(child, "failure") || is_named(child, "skipped")) passed = false;
    if (!is_named(child, "properties")) continue;
    for (const xmlNode* property = child->children; property; property = property->next) {
      if (is_named(property, "property") && attribute(property, "name").starts_with("clause:")) {
        clauses.push_back(attribute(property, "value"));
      }
    }
  }
  for (const std::string& clause : clauses) {
    Runs& runs = results.by_clause[clause];
    ++(passed ? runs.passed : runs.failed);
  }
}

void add_program(const std::filesystem::path& path, Results& results) {
  const std::unique_ptr<xmlDoc, decltype(&xmlFreeDoc)> document(
      xmlReadFile(path.c_str(), nullptr, XML_PARSE_NONET | XML_PARSE_NOERROR), xmlFreeDoc);
  if (!document) throw std::runtime_error(path.string() + " is not XML: run the tests again");
  const xmlNode* suites = xmlDocGetRootElement(document.get());
  results.latest = std::max(results.latest, attribute(suites, "timestamp"));
  ++results.programs;
  for (const xmlNode* suite = suites->children; suite != nullptr; suite = suite->next) {
    for (const xmlNode* test = suite->children; test != nullptr; test = test->next) {
      if (is_named(test, "testcase")) add_test(test, results);
    }
  }
}

}  // namespace

Results read_results(const std::filesystem::path& directory) {
  Results results;
  if (!std::filesystem::exists(directory)) return results;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".xml") add_program(entry.path(), results);
  }
  return results;
}

}  // namespace yizhan::clauses
