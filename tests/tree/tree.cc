#include "tests/tree/tree.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <optional>
#include <regex>
#include <sstream>

namespace yizhan::tree {
namespace fs = std::filesystem;
namespace {

std::vector<int> widths_of(std::string_view text) {
  std::vector<int> widths(1, 0);
  for (const char c : text) {
    if (c == '\n') {
      widths.push_back(0);
    } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {  // not a continuation byte
      ++widths.back();
    }
  }
  return widths;
}

// "src/ground/base/time.cc" → "ground/base"
std::string folder_of(const std::string& path) {
  static constexpr std::string_view kSource = "src/";
  if (!path.starts_with(kSource)) return {};
  const std::size_t end = path.rfind('/');
  return end < kSource.size() ? std::string{} : path.substr(kSource.size(), end - kSource.size());
}

SourceFile read_source(const fs::path& root, const fs::path& file) {
  const std::string text = read_text(file);
  SourceFile source;
  source.path = fs::relative(file, root).generic_string();
  source.folder = folder_of(source.path);
  source.tokens = tokens_of(text);
  source.definitions = definitions_of(statements_of(source.tokens));
  source.widths = widths_of(text);
  return source;
}

// "way_admit" → "way/admit"; nullopt for what is no folder of src.
std::optional<std::string> folder_named(const std::string& library) {
  static const std::set<std::string> kTiers = {"ground", "model", "way", "duty", "role"};
  const std::size_t underscore = library.find('_');
  if (underscore == std::string::npos || !kTiers.contains(library.substr(0, underscore))) {
    return std::nullopt;
  }
  return library.substr(0, underscore) + "/" + library.substr(underscore + 1);
}

// The words between the parentheses of yizhan_library(…) or yizhan_program(…).
Library parse_library(std::string_view call, const std::string& words) {
  Library library;
  std::istringstream in(words);
  std::string word;
  in >> word;
  library.folder = call == "program" ? "program" : folder_named(word).value_or(word);
  std::string section;
  while (in >> word) {
    if (word == "USES" || word == "LINKS" || word == "TEST_USES" || word == "SOURCE") {
      section = word;
      continue;
    }
    if (section == "SOURCE") library.sources.insert("src/program/" + word);
    const std::optional<std::string> folder = folder_named(word);
    if (!folder) continue;
    (section == "TEST_USES" ? library.test_uses : library.uses).insert(*folder);
  }
  return library;
}

std::vector<Library> read_libraries(const fs::path& root) {
  std::string text = read_text(root / "src/libraries.cmake") + read_text(root / "CMakeLists.txt");
  text = std::regex_replace(text, std::regex("#[^\n]*"), "");
  static const std::regex kCall(R"(yizhan_(library|program)\s*\(([^)]*)\))");
  std::vector<Library> libraries;
  for (std::sregex_iterator it(text.begin(), text.end(), kCall), end; it != end; ++it) {
    libraries.push_back(parse_library((*it)[1].str(), (*it)[2].str()));
  }
  return libraries;
}

std::set<std::string> read_tables(const fs::path& root) {
  const std::string text = read_text(root / "schema/schema.sql");
  static const std::regex kTable(R"(CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+))",
                                 std::regex::icase);
  std::set<std::string> tables;
  for (std::sregex_iterator it(text.begin(), text.end(), kTable), end; it != end; ++it) {
    tables.insert((*it)[1].str());
  }
  return tables;
}

}  // namespace

std::string Finding::text() const {
  return path + ":" + std::to_string(line) + ": [" + rule + "] " +
         (symbol.empty() ? "" : symbol + ": ") + message;
}

std::string SourceFile::name() const { return path.substr(path.rfind('/') + 1); }

bool SourceFile::test() const {
  return folder.empty() || path.ends_with("_test.cc") || path.ends_with("_test.h");
}

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Tree read_tree(const fs::path& root) {
  Tree tree;
  for (const char* top : {"src", "tests", "fuzz", "bench"}) {
    if (!fs::exists(root / top)) continue;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / top)) {
      const fs::path extension = entry.path().extension();
      if (entry.is_regular_file() && (extension == ".cc" || extension == ".h")) {
        tree.files.push_back(read_source(root, entry.path()));
      }
    }
  }
  std::ranges::sort(tree.files, {}, &SourceFile::path);
  tree.libraries = read_libraries(root);
  tree.tables = read_tables(root);
  return tree;
}

std::vector<Finding> check_tree(const Tree& tree) {
  std::vector<Finding> all;
  for (const auto check : {check_layers, check_budgets, check_words, check_sql}) {
    std::ranges::move(check(tree), std::back_inserter(all));
  }
  return all;
}

}  // namespace yizhan::tree
