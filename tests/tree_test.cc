#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "tests/tree/tolerated.h"
#include "tests/tree/tree.h"

// The rules of STYLE.md and ARCHITECTURE.md, held against the real tree.

namespace yizhan::tree {
namespace {

std::filesystem::path source_root() {
  const char* root = std::getenv("YIZHAN_SOURCE");
  return root != nullptr ? root : ".";
}

TEST(Tree, KeepsItsRules) {
  const std::filesystem::path root = source_root();
  const Tree tree = read_tree(root);
  ASSERT_GT(tree.files.size(), 20U) << "no source tree at " << root;
  ASSERT_FALSE(tree.libraries.empty());
  const Tolerance tolerance = parse_tolerated(read_text(root / "tests/tolerated.txt"));
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  for (const Finding& finding : apply(tolerance, check_tree(tree), root, today)) {
    ADD_FAILURE() << finding.text();
  }
  RecordProperty("tolerated", static_cast<int>(tolerance.lines.size()));
}

// For the reader of ./dev check: where the long functions are heading.
TEST(Tree, CountsItsFunctionsByLength) {
  const std::map<int, int> counts = function_lengths(read_tree(source_root()));
  ASSERT_FALSE(counts.empty());
  for (const auto& [lines, functions] : counts) {
    RecordProperty("functions_to_" + std::to_string(lines), functions);
  }
}

}  // namespace
}  // namespace yizhan::tree
