#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

// docs/threat-model.md keeps its promises: every row is there once, every file and every test that
// it names exists, and every attack of ours has a file that its row names.

namespace yizhan {
namespace {

std::filesystem::path root() {
  const char* source = std::getenv("YIZHAN_SOURCE");
  return source == nullptr ? "." : source;
}

// "| N01 | threat | control | proof |" by its id.
std::map<std::string, std::vector<std::string>> read_rows() {
  std::map<std::string, std::vector<std::string>> rows;
  std::ifstream file(root() / "docs/threat-model.md");
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> cells;
    std::istringstream stream(line);
    for (std::string cell; std::getline(stream, cell, '|');) cells.push_back(cell);
    const bool row = cells.size() >= 2 && cells[1].size() == 5 && std::isdigit(cells[1][2]) != 0;
    if (!row) continue;
    EXPECT_TRUE(rows.emplace(cells[1].substr(1, 3), cells).second) << "twice: " << line;
  }
  return rows;
}

// How many rows each family has.
const std::map<char, int> kFamilies = {
    {'N', 14}, {'K', 12}, {'M', 10}, {'C', 8},  {'P', 6},  {'D', 12}, {'V', 10}, {'E', 14},
    {'L', 13}, {'X', 4},  {'A', 12}, {'S', 14}, {'T', 7},  {'U', 16}, {'O', 11}};

TEST(ThreatModel, HasEveryRowWithThreatControlAndProof) {
  auto rows = read_rows();
  for (const auto& [family, count] : kFamilies) {
    for (int number = 1; number <= count; ++number) {
      const std::string id = family + std::string(number < 10 ? "0" : "") + std::to_string(number);
      const auto row = rows.find(id);
      if (row == rows.end()) {
        ADD_FAILURE() << id << " is missing";
        continue;
      }
      EXPECT_EQ(row->second.size(), 5U) << id << ": threat, control, proof";
      for (std::size_t i = 1; i < row->second.size(); ++i) {
        EXPECT_GT(row->second[i].size(), 4U) << id;
      }
      rows.erase(row);
    }
  }
  EXPECT_TRUE(rows.empty()) << rows.begin()->first << " is not in the list of this test";
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The names of tests among the words that follow a path: many words in one, as here.
std::vector<std::string> test_names_in(const std::string& text) {
  std::vector<std::string> names;
  std::string word;
  for (const char c : text + " ") {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      word += c;
      continue;
    }
    const auto capitals = std::ranges::count_if(word, [](char l) { return l >= 'A' && l <= 'Z'; });
    if (capitals >= 2 && static_cast<std::size_t>(capitals) < word.size() / 2) {
      names.push_back(word);
    }
    word.clear();
  }
  return names;
}

// What is in `these`, and what follows it up to the next proof.
struct Proof {
  std::string path;
  std::string words;
};

std::vector<Proof> proofs_in(const std::string& text) {
  std::vector<Proof> proofs;
  for (std::size_t at = text.find('`'); at != std::string::npos; at = text.find('`', at)) {
    const std::size_t end = text.find('`', at + 1);
    if (end == std::string::npos) break;
    proofs.push_back({text.substr(at + 1, end - at - 1), ""});
    at = end + 1;
    proofs.back().words = text.substr(at, text.find_first_of(";|`", at) - at);
  }
  return proofs;
}

bool has_test(const std::string& code, const std::string& name) {
  return std::regex_search(code,
                           std::regex("\\nTEST(_F|_P)?\\(\\s*\\w+,\\s*" + name + "\\)"));
}

TEST(ThreatModel, NamesNoFileAndNoTestThatDoesNotExist) {
  int paths = 0, tests = 0;
  for (const auto& [id, cells] : read_rows()) {
    // Of a control only what is a path: a setting has its name there too.
    for (const Proof& proof : proofs_in(cells.back())) {
      ++paths;
      EXPECT_TRUE(std::filesystem::exists(root() / proof.path)) << id << ": " << proof.path;
      EXPECT_NE(proof.path, "tests/hostile") << id << " names no test";
      EXPECT_NE(proof.path, "tests/siege") << id << " names no test";
      if (!proof.path.ends_with("_test.cc")) continue;
      const std::string code = read(root() / proof.path);
      const std::vector<std::string> names = test_names_in(proof.words);
      EXPECT_FALSE(names.empty()) << id << ": " << proof.path << " and which test?";
      for (const std::string& name : names) {
        ++tests;
        EXPECT_TRUE(has_test(code, name)) << id << ": " << proof.path << ": " << name;
      }
    }
  }
  EXPECT_GT(paths, 150);
  EXPECT_GT(tests, 150);
}

TEST(ThreatModel, HasAFileForEveryAttackNamedByItsRow) {
  const auto rows = read_rows();
  int files = 0;
  for (const char* folder : {"tests/hostile", "tests/siege"}) {
    for (const auto& entry : std::filesystem::directory_iterator(root() / folder)) {
      const std::string name = entry.path().filename();
      if (!name.ends_with("_test.cc") || name == "threat_model_test.cc") continue;
      ++files;
      std::string id = name.substr(0, 3);
      id[0] = static_cast<char>(std::toupper(id[0]));
      const auto row = rows.find(id);
      ASSERT_TRUE(row != rows.end() && name[3] == '_') << name << " is named after no row";
      const std::string path = "`" + std::string(folder) + "/" + name + "`";
      EXPECT_NE(row->second.back().find(path), std::string::npos)
          << id << " does not name " << name;
    }
  }
  EXPECT_GT(files, 35);
}

}  // namespace
}  // namespace yizhan
