#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <set>

#include "ground/xml/xml.h"
#include "tests/standards/xml_suite.h"

// Our reader takes only documents of the catalogue and refuses by design nearly everything that XML
// allows beside. So each document of the suite is read twice: as it is, and "moved", with its
// internal subset made the type definition in the catalogue, so that its body is really read.
// xml_suite.txt freezes both answers; docs/conformance.md explains them.

namespace yizhan {
namespace {

// In the order of XmlFault.
constexpr std::array<const char*, 30> kFaults = {
    "too_large",          "too_deep",            "too_many_attributes", "too_many_declarations",
    "encoding_unknown",   "encoding_broken",     "no_doctype",          "doctype_unregistered",
    "public_id",          "declaration",         "entity",              "entity_twice",
    "entity_reference",   "instruction",         "malformed",           "tag_mismatch",
    "load_refused",       "root_mismatch",       "element_unknown",     "element_unexpected",
    "element_missing",    "text_unexpected",     "content_forbidden",   "element_in_text",
    "attribute_unknown",  "attribute_missing",   "attribute_value",     "entity_undeclared",
    "notation_undeclared", "invalid"};
static_assert(static_cast<std::size_t>(XmlFault::kInvalid) + 1 == kFaults.size());

constexpr const char* kNotMoved = "-";
constexpr const char* kMovedId = "moved.dtd";
constexpr std::chrono::seconds kReadingMax{1};

struct Answer {
  std::string as_is;
  std::string moved;
};

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

void add_if_text(TypeCatalogue& catalogue, const std::string& id, ByteView definition) {
  try {
    catalogue.add(id, definition);
  } catch (const std::invalid_argument&) {
    return;  // neither UTF-8 nor Big5: the documents that want it miss it
  }
}

// The type with its definitions taken out of the document, when it names no other.
struct Moved {
  std::string document;
  std::string definition;
};

std::optional<Moved> move_subset(std::string_view text) {
  const std::size_t type = text.find("<!DOCTYPE");
  if (type == std::string_view::npos) return std::nullopt;
  const std::size_t open = text.find_first_of("[>\"'", type);
  if (open == std::string_view::npos || text[open] != '[') return std::nullopt;
  for (std::size_t at = text.find(']', open); at != std::string_view::npos;
       at = text.find(']', at + 1)) {
    const std::size_t end = text.find_first_not_of(" \t\r\n", at + 1);
    if (end == std::string_view::npos || text[end] != '>' || text[at - 1] == ']') continue;
    return Moved{std::string(text.substr(0, open)) + " SYSTEM \"" + kMovedId + "\"" +
                     std::string(text.substr(end)),
                 std::string(text.substr(open + 1, at - open - 1))};
  }
  return std::nullopt;
}

class XmlConformance : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const XmlSuite suite = XmlSuite::load();
    std::map<std::string, TypeCatalogue> catalogues;
    for (const XmlSuiteTest& test : suite.tests) {
      const std::string folder = folder_of(test.path);
      if (!catalogues.contains(folder)) catalogues[folder] = definitions_under(suite, folder);
      answer(test, suite.files.at(test.path), catalogues[folder]);
    }
  }

  static TypeCatalogue definitions_under(const XmlSuite& suite, const std::string& folder) {
    TypeCatalogue catalogue;
    for (const auto& [path, bytes] : suite.files) {
      const bool definition = path.ends_with(".dtd") || path.ends_with(".ent");
      if (definition && path.starts_with(folder)) {
        add_if_text(catalogue, path.substr(folder.size()), bytes);
      }
    }
    return catalogue;
  }

  static void answer(const XmlSuiteTest& test, ByteView bytes, TypeCatalogue catalogue) {
    Answer answer{read(bytes, catalogue), kNotMoved};
    if (const auto moved = move_subset(text_of(bytes))) {
      add_if_text(catalogue, kMovedId, bytes_of(moved->definition));
      answer.moved = read(bytes_of(moved->document), catalogue);
    }
    const std::string folder = folder_of(test.path);
    lines_[folder + " " + test.kind + " " + answer.as_is + " " + answer.moved + ":"].insert(
        test.path.substr(folder.size()));
    answers_.emplace_back(test, answer);
  }

  static std::string read(ByteView bytes, const TypeCatalogue& catalogue) {
    const auto start = std::chrono::steady_clock::now();
    const XmlReading reading = read_xml(bytes, catalogue);
    longest_ = std::max(longest_, std::chrono::steady_clock::now() - start);
    if (reading.ok()) return reading.root ? "ok" : "nothing";
    return kFaults.at(static_cast<std::size_t>(reading.errors.front().fault));
  }

  // One line for all documents of a folder that fare alike.
  static std::string table() {
    std::string text;
    for (const auto& [line, names] : lines_) {
      text += line;
      for (const std::string& name : names) text += " " + name;
      text += "\n";
    }
    return text;
  }

  static inline std::vector<std::pair<XmlSuiteTest, Answer>> answers_;
  static inline std::map<std::string, std::set<std::string>> lines_;
  static inline std::chrono::steady_clock::duration longest_{};
};

TEST_F(XmlConformance, EveryDocumentIsAnsweredAsTheTableSays) {
  EXPECT_EQ(answers_.size(), 2584U);
  const char* source = std::getenv("YIZHAN_SOURCE");
  const std::string folder = std::string(source == nullptr ? "." : source) + "/tests/standards/";
  std::ifstream file(folder + "xml_suite.txt", std::ios::binary);
  const std::string frozen((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
  const char* build = std::getenv("YIZHAN_BUILD");
  const std::string now = std::string(build == nullptr ? "." : build) + "/xml_suite.now.txt";
  if (frozen == table()) return;
  std::ofstream(now, std::ios::binary) << table();
  FAIL() << "compare tests/standards/xml_suite.txt with " << now;
}

// The fault lies in the type definition, which for us the catalogue holds and no sender: an XML
// declaration where a text declaration belongs (p30fail1, decl01), and what XML forbids inside a
// document only, parameter entities within declarations.
const std::set<std::string> kFaultOfTheDefinition = {
    "oasis/p30fail1.xml",       "sun/not-wf/decl01.xml",    "ibm/not-wf/P29/ibm29n03.xml",
    "ibm/not-wf/P29/ibm29n07.xml", "xmltest/not-wf/sa/160.xml", "xmltest/not-wf/sa/161.xml",
    "xmltest/not-wf/sa/162.xml"};

TEST_F(XmlConformance, NoDocumentThatIsNotWellFormedIsAccepted) {
  std::set<std::string> accepted;
  int count = 0;
  for (const auto& [test, answer] : answers_) {
    if (!test.kind.starts_with("not-wf")) continue;
    ++count;
    EXPECT_NE(answer.as_is, "nothing") << test.path;
    if (answer.as_is == "ok") accepted.insert(test.path);
  }
  EXPECT_EQ(count, 1498);
  EXPECT_EQ(accepted, std::set<std::string>{"oasis/p30fail1.xml"});
}

TEST_F(XmlConformance, NorWhenItsTypeIsInTheCatalogue) {
  std::set<std::string> accepted;
  int count = 0;
  for (const auto& [test, answer] : answers_) {
    // Editions before the fifth took fewer characters into names.
    if (test.kind != "not-wf" || answer.moved == kNotMoved) continue;
    ++count;
    if (answer.moved == "ok") accepted.insert(test.path);
  }
  EXPECT_GT(count, 700);
  accepted.insert("oasis/p30fail1.xml");  // whose definition was outside from the first
  EXPECT_EQ(accepted, kFaultOfTheDefinition);
}

TEST_F(XmlConformance, NoReadingTakesASecond) { EXPECT_LT(longest_, kReadingMax); }

}  // namespace
}  // namespace yizhan
