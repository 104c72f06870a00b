#include <sstream>

#include "ground/json/json.h"
#include "ground/xml/xml.h"
#include "model/document/document.h"
#include "tests/hostile/hostile_letter.h"
#include "tests/siege/outside_program.h"

// D09: what we accept says the same to a parser of others (second_parser.py): the same elements in
// the same order, the same attributes, the same text.

namespace yizhan {
namespace {

namespace fs = std::filesystem;

fs::path source() {
  const char* named = std::getenv("YIZHAN_SOURCE");
  return named == nullptr ? "." : named;
}

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\n") == std::string::npos;
}

Json said_of(const XmlElement& element) {
  Json attributes = Json::object(), children = Json::array();
  for (const XmlAttribute& each : element.attributes) attributes[each.name] = each.value;
  const bool has_elements = !element.elements().empty();
  for (const XmlNode& node : element.children) {
    if (const auto* child = std::get_if<XmlElement>(&node.value)) {
      children.push_back(said_of(*child));
      continue;
    }
    const auto& text = std::get<std::string>(node.value);
    if (text.empty() || (has_elements && is_blank(text))) continue;
    const bool goes_on = !children.empty() && children.back().is_string();
    if (goes_on) children.back() = children.back().get<std::string>() + text;
    else children.push_back(text);
  }
  return Json::array({element.name, attributes, children});
}

// The other parser's answers, in the order of the documents.
std::vector<std::string> second_opinions(const std::vector<fs::path>& documents) {
  std::vector<std::string> words = {"/usr/bin/python3", "-B",
                                    (source() / "tests/hostile/second_parser.py").string(),
                                    (source() / "formats").string()};
  for (const fs::path& document : documents) words.push_back(document.string());
  std::istringstream lines(output_of(std::move(words)));
  std::vector<std::string> answers;
  for (std::string line; std::getline(lines, line);) answers.push_back(line);
  return answers;
}

Bytes bytes_in(const fs::path& file) { return read_file(file, 8U << 20); }

TEST(D09SecondParser, SaysTheSameOfEveryDocumentThatWeAccept) {
  std::vector<fs::path> accepted;
  for (const auto& entry :
       fs::recursive_directory_iterator(source() / "tests/fixtures/documents")) {
    if (entry.is_regular_file() && read_xml(bytes_in(entry.path()), builtin_types()).ok()) {
      accepted.push_back(entry.path());
    }
  }
  ASSERT_GT(accepted.size(), 50U);
  const std::vector<std::string> others = second_opinions(accepted);
  ASSERT_EQ(others.size(), accepted.size()) << others.back();
  for (std::size_t i = 0; i < accepted.size(); ++i) {
    const XmlReading ours = read_xml(bytes_in(accepted[i]), builtin_types());
    ASSERT_FALSE(others[i].starts_with("bad")) << accepted[i] << ": " << others[i];
    EXPECT_EQ(said_of(*ours.root), Json::parse(others[i])) << accepted[i];
  }
  std::cout << accepted.size() << " documents\n";
}

// What the test above would not notice if it compared nothing.
TEST(D09SecondParser, SeesADifferenceOfOneCharacter) {
  const fs::path file = fresh_folder() / "letter.di";
  write_durably(file, bytes_of(letter_saying("")));
  const Json other = Json::parse(second_opinions({file}).at(0));
  const auto ours = [](const std::string& text) {
    return said_of(*read_xml(bytes_of(text), builtin_types()).root);
  };
  EXPECT_EQ(ours(letter_saying("")), other);
  EXPECT_NE(ours(letter_saying("　")), other);
  EXPECT_NE(ours(replaced(letter(), "代碼=\"函\"", "代碼=\"書函\"")), other);
  std::filesystem::remove_all(file.parent_path());
}

}  // namespace
}  // namespace yizhan
