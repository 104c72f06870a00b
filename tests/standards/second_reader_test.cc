#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "tests/siege/outside_program.h"
#include "tests/support/evidence_maker.h"
#include "tests/support/key_folder.h"

// Everything we sign, read by a second reader that is not ours and not OpenSSL's
// (second_reader.py): on every message, whole, broken or forged, both say the same.

namespace yizhan {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMessageMax = 64 * 1024;
constexpr int kMutations = 300;
constexpr std::uint32_t kSeed = 20261123;

std::string script(const std::string& name) {
  const char* source = std::getenv("YIZHAN_SOURCE");
  return std::string(source == nullptr ? "." : source) + "/tests/standards/" + name;
}

void write(const fs::path& path, ByteView bytes) {
  std::ofstream file(path, std::ios::binary);
  file << text_of(bytes);
  if (!file.flush()) throw std::runtime_error("write " + path.string());
}

Bytes read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// "ok" and the digest of the content, or "bad".
using Opinions = std::map<std::string, std::string>;

Opinions our_opinions(const fs::path& folder) {
  Opinions all;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto opened = cms_verify(read(entry.path()), kMessageMax);
    all[entry.path().stem()] = opened ? "ok " + sha256(opened->content).hex() : "bad";
  }
  return all;
}

// What the second reader gives as its reason is for people: it may differ from ours.
Opinions other_opinions(const fs::path& folder, std::string& said) {
  said = output_of({"/usr/bin/python3", "-B", script("second_reader.py"), folder.string()});
  Opinions all;
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    std::string word;
    std::string digest;
    words >> name >> word >> digest;
    all[name] = word == "ok" ? "ok " + digest : word;
  }
  return all;
}

class SecondReader : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    for (const KeyKind kind : {KeyKind::kEcP256, KeyKind::kEcP384, KeyKind::kRsa}) {
      for (int round = 0; round < 2; ++round) add_messages(kind);
    }
  }
  SecondReader() {
    for (const auto& [name, cms] : messages_) write(path(name), cms);
  }

  [[nodiscard]] fs::path path(const std::string& name) const {
    return folder_.path() / (name + ".cms");
  }

  // A header, evidence of an agency and of a centre, a verdict and a decision.
  static void add_messages(KeyKind kind) {
    SmallExchange exchange;
    const SoftwareKey key = exchange.authority.issue({.subject = "第二讀者", .kind = kind});
    for (SoftwareKey* party : {&exchange.a.sign, &exchange.b.sign, &exchange.first.evidence,
                               &exchange.first.scanner, &exchange.first.chen}) {
      *party = key;
    }
    const TestPackage package = make_package(exchange);
    add("header", package.sealed.cms);
    Statement handover = statement_by(exchange.b, EvidenceType::kHandover, package);
    handover.detail = "說明";
    add("handover", sign_statement(handover, exchange.b.sign).value().cms);
    const Statement held = statement_by(exchange.first, EvidenceType::kHeld, package);
    add("held", sign_statement(held, exchange.first.evidence).value().cms);
    const Verdict verdict = verdict_by(exchange.first, package);
    add("verdict", sign_verdict(verdict, exchange.first.scanner).value().cms);
    add("decision", decision_by(exchange.first.chen, DecisionKind::kRelease, package).cms);
  }
  static void add(const std::string& what, Bytes cms) {
    messages_.emplace_back(what + std::to_string(messages_.size()), std::move(cms));
  }

  // One octet changed, taken out or put in, or a stretch of octets doubled or gone.
  Bytes mutate(const Bytes& cms) {
    Bytes changed = cms;
    const auto at = changed.begin() + static_cast<std::ptrdiff_t>(draw(changed.size()));
    const auto rest = static_cast<std::size_t>(changed.end() - at);
    const auto until = at + static_cast<std::ptrdiff_t>(1 + draw(std::min<std::size_t>(rest, 64)));
    const Bytes stretch(at, until);
    switch (draw(5)) {
      case 0:
        *at = static_cast<std::uint8_t>(*at ^ (1U << draw(8)));
        break;
      case 1:
        *at = static_cast<std::uint8_t>(*at + 1 + draw(255));
        break;
      case 2:
        changed.insert(at, static_cast<std::uint8_t>(draw(256)));
        break;
      case 3:
        changed.insert(at, stretch.begin(), stretch.end());
        break;
      default:
        changed.erase(at, until);
    }
    return changed;
  }
  std::size_t draw(std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_);
  }

  // How many both accept; every opinion of one is the other's.
  std::size_t agreed() const {
    std::string said;
    const Opinions ours = our_opinions(folder_.path());
    const Opinions others = other_opinions(folder_.path(), said);
    EXPECT_EQ(ours.size(), others.size()) << said.substr(0, 2000);
    std::size_t accepted = 0;
    for (const auto& [name, opinion] : ours) {
      const auto found = others.find(name);
      EXPECT_EQ(opinion, found == others.end() ? "nothing" : found->second) << name;
      accepted += opinion == "bad" ? 0U : 1U;
    }
    return accepted;
  }

  TemporaryFolder folder_;
  static inline std::vector<std::pair<std::string, Bytes>> messages_;
  std::mt19937 random_{kSeed};
};

TEST_F(SecondReader, AcceptsEveryMessageOfOurs) {
  EXPECT_EQ(messages_.size(), 30U);
  EXPECT_EQ(agreed(), messages_.size());
}

TEST_F(SecondReader, RefusesWhatWeRefuseOfBrokenMessages) {
  for (int count = 0; count < kMutations; ++count) {
    const auto& [name, cms] = messages_[draw(messages_.size())];
    const Bytes changed = mutate(cms);
    if (changed != cms) write(path(name + "-" + std::to_string(count)), changed);
  }
  EXPECT_EQ(agreed(), messages_.size());
}

TEST_F(SecondReader, RefusesWhatWeRefuseOfForgedForms) {
  const std::string said =
      output_of({"/usr/bin/python3", "-B", script("forge.py"), folder_.path().string()});
  ASSERT_EQ(said, "");
  const auto files = std::distance(fs::directory_iterator(folder_.path()), {});
  // 30 messages, 14 forms each, and high S of the 20 that have an S.
  EXPECT_EQ(files, 30 + 30 * 14 + 20);
  EXPECT_EQ(agreed(), messages_.size());
}

}  // namespace
}  // namespace yizhan
