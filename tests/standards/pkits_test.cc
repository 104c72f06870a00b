#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "ground/crypto/crypto.h"

// NIST's Public Key Interoperability Test Suite, as Debian packs it, through our path validation.
// pkits.txt says for each test what the suite wants, what we answer, and with which files:
//   4.1.1 accept ok END_ENTITY,CERTIFICATE,… LIST,…
// docs/conformance.md counts and justifies where the two differ.

namespace yizhan {
namespace {

namespace fs = std::filesystem;

const fs::path kSuite = "/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data";
// Within the life of the suite's good certificates and lists; age of lists is not its subject.
constexpr Time kThen = Time::from_ms(1'577'836'800'000);
constexpr std::chrono::hours kAnyAge{24 * 366 * 20};

struct Case {
  std::string number;
  std::string wanted;    // by the suite: accept or refuse
  std::string answered;  // by us: ok or the code of the refusal
  std::vector<std::string> certificates;
  std::vector<std::string> lists;
};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, ',');) {
    if (word != "-") words.push_back(word);
  }
  return words;
}

std::vector<Case> cases() {
  const char* source = std::getenv("YIZHAN_SOURCE");
  std::ifstream file(fs::path(source == nullptr ? "." : source) / "tests/standards/pkits.txt");
  std::vector<Case> all;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    Case one;
    std::string certificates;
    std::string lists;
    words >> one.number >> one.wanted >> one.answered >> certificates >> lists;
    one.certificates = split(certificates);
    one.lists = split(lists);
    all.push_back(one);
  }
  return all;
}

Bytes read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("missing: " + path.string());
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return copy_of(bytes_of(bytes));
}

Result<Certificate> certificate(const std::string& name) {
  return Certificate::parse(read(kSuite / "certs" / (name + ".crt")));
}

// As the product does it: what can not be read is not there.
std::string answer_to(const Case& one) {
  const TrustAnchors anchors({certificate("TrustAnchorRootCertificate").value()});
  std::vector<Certificate> known;
  for (std::size_t i = 1; i < one.certificates.size(); ++i) {
    if (const auto found = certificate(one.certificates[i])) known.push_back(*found);
  }
  std::vector<Certificate> issuers = known;
  issuers.push_back(anchors.roots().front());
  RevocationLists lists;
  for (const std::string& name : one.lists) {
    static_cast<void>(lists.add(read(kSuite / "crls" / (name + ".crl")), issuers).ok());
  }
  const auto end = certificate(one.certificates.front());
  if (!end) return std::string(code_of(end.reason()));
  const auto path = validate_path(
      {.certificate = *end, .at = kThen, .crl_age_max = kAnyAge}, anchors, known, lists);
  return path ? "ok" : std::string(code_of(path.reason()));
}

void PrintTo(const Case& one, std::ostream* out) { *out << one.number << ' ' << one.wanted; }

class Pkits : public testing::TestWithParam<Case> {};

TEST_P(Pkits, IsAnsweredAsTheTableSays) { EXPECT_EQ(answer_to(GetParam()), GetParam().answered); }

INSTANTIATE_TEST_SUITE_P(Suite, Pkits, testing::ValuesIn(cases()), [](const auto& test) {
  std::string name = test.param.number;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

// Everything else that the suite wants, we answer.
TEST(PkitsTable, DiffersFromTheSuiteInDsaKeysOnly) {
  const std::set<std::string> known = {"4.1.4", "4.1.5"};
  std::set<std::string> found;
  for (const Case& one : cases()) {
    if ((one.wanted == "accept") != (one.answered == "ok")) found.insert(one.number);
  }
  EXPECT_EQ(cases().size(), 224U);
  EXPECT_EQ(found, known);
}

}  // namespace
}  // namespace yizhan
