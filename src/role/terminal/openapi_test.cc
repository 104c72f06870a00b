#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

// api/openapi.yaml and the routes are written apart; this holds them together.

namespace yizhan {
namespace {

std::filesystem::path source_root() {
  const char* root = std::getenv("YIZHAN_SOURCE");
  return root == nullptr ? std::filesystem::current_path() : std::filesystem::path(root);
}

std::set<std::string> described() {
  std::ifstream yaml(source_root() / "api/openapi.yaml");
  const std::regex path("^  (/[^:]*):$"), method("^    (get|put|post|delete):$");
  std::set<std::string> all;
  std::string at;
  std::smatch match;
  for (std::string line; std::getline(yaml, line);) {
    if (line.starts_with("components:")) break;
    if (std::regex_match(line, match, path)) at = match[1];
    if (std::regex_match(line, match, method)) all.insert(match[1].str() + " " + at);
  }
  return all;
}

std::set<std::string> routed() {
  const std::regex route("Method::k(Get|Put|Post|Delete), \"([^\"]+)\"");
  std::set<std::string> all;
  const std::filesystem::path folder = source_root() / "src/role/terminal";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.path().filename().string().ends_with("_routes.cc")) continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (std::sregex_iterator it(text.begin(), text.end(), route), end; it != end; ++it) {
      std::string method = (*it)[1];
      method.front() = static_cast<char>(method.front() + ('a' - 'A'));
      all.insert(method + " " + (*it)[2].str());
    }
  }
  return all;
}

TEST(OpenApi, DescribesEveryRouteAndNoOther) {
  EXPECT_GE(routed().size(), 25U);
  EXPECT_EQ(described(), routed());
}

}  // namespace
}  // namespace yizhan
