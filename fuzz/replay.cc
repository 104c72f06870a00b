#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "fuzz/fuzzing.h"
#include "fuzz/replayed.h"

// Every committed seed through its fuzzer, in every build: fuzz/seeds/<fuzzer>/. A crash that a
// fuzzer found becomes a seed here.

namespace yizhan {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> files_in(const fs::path& folder) {
  std::vector<std::string> contents;
  if (!fs::exists(folder)) return contents;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    contents.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return contents;
}

class Replay : public ::testing::TestWithParam<Fuzzer> {};

INSTANTIATE_TEST_SUITE_P(Seeds, Replay, ::testing::ValuesIn(kFuzzers),
                         [](const auto& test) { return std::string(test.param.name); });

// And what a cut or a turned bit makes of them.
TEST_P(Replay, EndsWell) {
  const char* source = std::getenv("YIZHAN_SOURCE");
  const fs::path root = source == nullptr ? "." : source;
  std::vector<std::string> inputs = files_in(root / "fuzz/seeds" / GetParam().name);
  if (std::string_view(GetParam().name) == "document") {
    inputs = files_in(root / "tests/fixtures/documents");
  }
  ASSERT_FALSE(inputs.empty());
  const auto run = [](const std::string& input) {
    GetParam().run(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  };
  for (const std::string& input : inputs) {
    run(input);
    run(input.substr(0, input.size() / 2));
    std::string turned = input;
    if (!turned.empty()) {
      char& third = turned[turned.size() / 3];
      third = static_cast<char>(third ^ 4);
    }
    run(turned);
  }
}

}  // namespace
}  // namespace yizhan
