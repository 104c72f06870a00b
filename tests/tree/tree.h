#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/tree/functions.h"
#include "tests/tree/tokens.h"

// The source tree as the rules see it.

namespace yizhan::tree {

// One breach of one rule. `rule`, `path` and `symbol` are what tests/tolerated.txt names.
struct Finding {
  std::string rule;
  std::string path;
  std::string symbol;
  int line = 0;
  std::string message;

  [[nodiscard]] std::string text() const;
};

struct SourceFile {
  std::string path;    // from the root, with '/'
  std::string folder;  // "ground/base", "program"; empty outside src
  std::vector<Token> tokens;
  Definitions definitions;
  std::vector<int> widths;  // code points of each line

  [[nodiscard]] std::string name() const;  // "base_test.cc"
  [[nodiscard]] bool header() const { return path.ends_with(".h"); }
  // Unit tests beside the code, and all of tests/, fuzz/ and bench/.
  [[nodiscard]] bool test() const;
};

// One line of src/libraries.cmake.
struct Library {
  std::string folder;
  std::set<std::string> uses;  // folders
  std::set<std::string> test_uses;
  std::set<std::string> sources;  // of a program: its file; of a library: empty, the whole folder
};

struct Tree {
  std::vector<SourceFile> files;
  std::vector<Library> libraries;
  std::set<std::string> tables;  // of schema/schema.sql
};

// Reads src, tests, fuzz and bench below the root.
Tree read_tree(const std::filesystem::path& root);

// The whole of a text file; empty when there is none.
std::string read_text(const std::filesystem::path& path);

// Tiers and libraries: order, uses, cycles, faces.
std::vector<Finding> check_layers(const Tree& tree);
// Lengths, depths and counts.
std::vector<Finding> check_budgets(const Tree& tree);
// Banned words, calls, names and macros; HTML.
std::vector<Finding> check_words(const Tree& tree);
// Where SQL stands, and who names which table.
std::vector<Finding> check_sql(const Tree& tree);
// All of them.
std::vector<Finding> check_tree(const Tree& tree);

// Number of functions by length: up to 10 lines, up to 20 …, keyed by the upper bound.
std::map<int, int> function_lengths(const Tree& tree);

}  // namespace yizhan::tree
