#include <algorithm>
#include <map>
#include <optional>

#include "tests/tree/tree.h"

// ground → model → way, duty → role → program: left never includes right.

namespace yizhan::tree {
namespace {

using Graph = std::map<std::string, std::set<std::string>>;

struct Include {
  std::string path;    // "ground/base/base.h"
  std::string folder;  // "ground/base"
  int line;
};

std::string tier_of(const std::string& folder) { return folder.substr(0, folder.find('/')); }

std::optional<int> rank_of(const std::string& tier) {
  static const std::map<std::string, int> kRanks = {{"ground", 0}, {"model", 1}, {"way", 2},
                                                    {"duty", 2},   {"role", 3},  {"program", 4}};
  const auto found = kRanks.find(tier);
  return found == kRanks.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Include> own_includes(const SourceFile& file) {
  std::vector<Include> includes;
  for (const Token& token : file.tokens) {
    if (token.kind != TokenKind::kInclude || token.text.front() != '"') continue;
    const std::string path = token.text.substr(1, token.text.size() - 2);
    const std::size_t slash = path.rfind('/');
    includes.push_back({path, slash == std::string::npos ? "" : path.substr(0, slash), token.line});
  }
  return includes;
}

// "" when the folder may include the other, else the reason why not.
std::string why_not(const std::string& from, const std::string& to) {
  const std::string from_tier = tier_of(from);
  const std::string to_tier = tier_of(to);
  if (*rank_of(to_tier) > *rank_of(from_tier)) {
    return from_tier + " stands below " + to_tier + " and may not include it";
  }
  if (rank_of(to_tier) < rank_of(from_tier) || from == to) return {};
  if (from_tier == "ground" || from_tier == "model") return {};
  return from_tier + " and " + to_tier + " folders never include each other";
}

void check_include(const SourceFile& file, const Include& include, std::vector<Finding>& found) {
  const std::string tier = tier_of(include.folder);
  const bool of_tests = tier == "tests" || tier == "fuzz" || tier == "bench";
  if (of_tests && file.test()) return;
  if (of_tests || !rank_of(tier)) {
    found.push_back({"unknown_include", file.path, include.path, include.line,
                     "write the path from src/, as in \"ground/base/base.h\""});
    return;
  }
  if (include.folder == file.folder) return;
  if (!file.folder.empty()) {
    if (const std::string reason = why_not(file.folder, include.folder); !reason.empty()) {
      found.push_back({"tier_order", file.path, include.path, include.line, reason});
    }
  }
  const std::string face =
      include.folder + include.folder.substr(include.folder.rfind('/')) + ".h";
  const bool fuzzer = file.path.starts_with("fuzz/");  // looks at one parser from within
  if (include.path != face && !fuzzer) {
    found.push_back({"face", file.path, include.path, include.line,
                     "include the folder's face, " + face});
  }
}

bool belongs(const SourceFile& file, const Library& library) {
  return file.folder == library.folder &&
         (library.sources.empty() || library.sources.contains(file.path));
}

void compare_uses(const Tree& tree, const Library& library, std::vector<Finding>& found) {
  std::set<std::string> by_code;
  std::set<std::string> by_tests;
  bool exists = false;
  for (const SourceFile& file : tree.files) {
    if (!belongs(file, library)) continue;
    exists = true;
    for (const Include& include : own_includes(file)) {
      if (include.folder == library.folder || !rank_of(tier_of(include.folder))) continue;
      (file.test() ? by_tests : by_code).insert(include.folder);
    }
  }
  const std::string where = "src/libraries.cmake";
  const auto report = [&](const std::string& folder, const std::string& message) {
    found.push_back({"uses", where, library.folder + " → " + folder, 0, message});
  };
  if (!exists) return report("", "the line names a folder or program without a file");
  for (const std::string& folder : by_code) {
    if (!library.uses.contains(folder)) report(folder, "included but not in USES");
  }
  for (const std::string& folder : library.uses) {
    if (!by_code.contains(folder)) report(folder, "in USES but not included");
  }
  for (const std::string& folder : by_tests) {
    if (!library.uses.contains(folder) && !library.test_uses.contains(folder)) {
      report(folder, "included by a test but in neither USES nor TEST_USES");
    }
  }
  for (const std::string& folder : library.test_uses) {
    if (!by_tests.contains(folder)) report(folder, "in TEST_USES but not included by a test");
  }
}

void check_listed(const Tree& tree, std::vector<Finding>& found) {
  for (const SourceFile& file : tree.files) {
    if (!file.path.starts_with("src/")) continue;
    const bool listed = std::ranges::any_of(
        tree.libraries, [&](const Library& library) { return belongs(file, library); });
    if (!listed) {
      found.push_back({"uses", file.path, file.folder, 1,
                       "belongs to no yizhan_library or yizhan_program line"});
    }
  }
}

// Depth first; `path` is the way from the start to `folder`.
void seek_cycle(const Graph& graph, std::vector<std::string>& path, std::set<std::string>& done,
                std::vector<Finding>& found) {
  const std::string folder = path.back();
  const auto next = graph.find(folder);
  if (next == graph.end() || done.contains(folder)) return;
  for (const std::string& to : next->second) {
    const auto seen = std::ranges::find(path, to);
    if (seen != path.end()) {
      std::string circle;
      for (auto it = seen; it != path.end(); ++it) circle += *it + " → ";
      found.push_back({"cycle", "src/" + to, to, 0, circle + to});
      continue;
    }
    path.push_back(to);
    seek_cycle(graph, path, done, found);
    path.pop_back();
  }
  done.insert(folder);
}

void check_cycles(const Tree& tree, std::vector<Finding>& found) {
  Graph graph;
  for (const Library& library : tree.libraries) {
    if (library.sources.empty()) graph[library.folder] = library.uses;
  }
  for (const SourceFile& file : tree.files) {
    if (file.test()) continue;
    for (const Include& include : own_includes(file)) {
      if (include.folder != file.folder) graph[file.folder].insert(include.folder);
    }
  }
  std::set<std::string> done;
  for (const auto& [folder, to] : graph) {
    std::vector<std::string> path{folder};
    seek_cycle(graph, path, done, found);
  }
}

}  // namespace

std::vector<Finding> check_layers(const Tree& tree) {
  std::vector<Finding> found;
  for (const SourceFile& file : tree.files) {
    for (const Include& include : own_includes(file)) check_include(file, include, found);
  }
  for (const Library& library : tree.libraries) compare_uses(tree, library, found);
  check_listed(tree, found);
  check_cycles(tree, found);
  return found;
}

}  // namespace yizhan::tree
