#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "model/document/document.h"

// For the tests of this folder: the documents of tests/fixtures/documents.

namespace yizhan {

inline std::filesystem::path source_root() {
  const char* root = std::getenv("YIZHAN_SOURCE");
  return root == nullptr ? std::filesystem::current_path() : std::filesystem::path(root);
}

inline std::filesystem::path fixture_root() { return source_root() / "tests/fixtures/documents"; }

inline Bytes bytes_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline Bytes fixture(std::string_view path) { return bytes_of_file(fixture_root() / path); }

inline std::vector<std::filesystem::path> fixtures_in(std::string_view folder,
                                                      std::string_view extension) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(fixture_root() / folder)) {
    if (entry.path().extension() == extension) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// The line on which `needle` first stands; 0 if nowhere.
inline int line_with(ByteView bytes, std::string_view needle) {
  const std::string_view text = text_of(bytes);
  const std::size_t at = text.find(needle);
  if (at == std::string_view::npos) return 0;
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<long>(at), '\n'));
}

inline std::string codes_of(const std::vector<Issue>& issues) {
  std::string codes;
  for (const Issue& issue : issues) codes += (codes.empty() ? "" : " ") + issue.code;
  return codes;
}

}  // namespace yizhan
