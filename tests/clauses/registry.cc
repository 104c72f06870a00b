#include "tests/clauses/registry.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>

namespace yizhan::clauses {
namespace {

using Fields = std::vector<std::string>;

// The lines of one file that are no comments, by their tabs.
class Table {
 public:
  Table(const std::filesystem::path& root, std::string path) : path_(std::move(path)) {
    std::istringstream in(tree::read_text(root / path_));
    int number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      if (!line.empty() && line.front() != '#') rows_.emplace_back(number, split(line));
    }
  }

  template <class Read>
  void each(Registry& registry, const Read& read) const {
    for (const auto& [number, fields] : rows_) {
      const std::string fault = read(fields);
      if (fault.empty()) continue;
      registry.broken.push_back({"registry", path_, fields.front(), number, fault});
    }
  }

 private:
  static Fields split(const std::string& line) {
    Fields fields;
    std::istringstream in(line);
    for (std::string field; std::getline(in, field, '\t');) fields.push_back(field);
    return fields;
  }

  std::string path_;
  std::vector<std::pair<int, Fields>> rows_;
};

std::optional<Disposition> parse_disposition(const std::string& word) {
  for (const auto disposition :
       {Disposition::kEnforced, Disposition::kAssisted, Disposition::kOutside}) {
    if (word == name_of(disposition)) return disposition;
  }
  return std::nullopt;
}

bool known_layers(const std::string& layers) {
  static const std::set<std::string> kLayers = {"管", "交", "終"};
  if (layers == "all") return true;
  std::istringstream in(layers);
  bool any = false;
  for (std::string layer; std::getline(in, layer, ',');) {
    any = true;
    if (!kLayers.contains(layer)) return false;
  }
  return any;
}

// Adds the clause of one line; returns what is wrong with the line.
std::string add_clause(Registry& registry, const Fields& fields) {
  if (fields.size() < 5) return "needs number, layer, disposition, hash, words";
  const auto disposition = parse_disposition(fields[2]);
  if (!disposition) return "disposition is enforced, assisted or outside";
  if (!known_layers(fields[1])) return "layer is all, or some of 管,交,終";
  if (fields.size() != (*disposition == Disposition::kOutside ? 6U : 5U)) {
    return "a reason stands with outside, and only there";
  }
  if (registry.find(fields[0]) != nullptr) return "stands twice";
  registry.clauses.push_back({fields[0], fields[1], *disposition, fields[4]});
  if (fields[3] != short_hash(fields[4])) {
    return "the words have changed: look at every claim on this clause again, then write " +
           short_hash(fields[4]);
  }
  return {};
}

std::string add_cell(Registry& registry, const Fields& fields) {
  if (fields.size() != 3) return "needs cell, clause, words";
  if (registry.find(fields[1]) == nullptr) return "names no clause";
  if (fields[0] != fields[1] && registry.find(fields[0]) != nullptr) return "stands twice";
  registry.cells.emplace(fields[0], fields[1]);
  return {};
}

std::string add_open(Registry& registry, const Fields& fields) {
  const auto clause = std::ranges::find(registry.clauses, fields[0], &Clause::number);
  if (clause == registry.clauses.end()) return "names no clause";
  if (clause->disposition == Disposition::kOutside) return "is outside, there is nothing to build";
  return registry.open.insert(fields[0]).second ? "" : "stands twice";
}

}  // namespace

const Clause* Registry::find(const std::string& number) const {
  const auto cell = cells.find(number);
  const std::string& name = cell == cells.end() ? number : cell->second;
  const auto clause = std::ranges::find(clauses, name, &Clause::number);
  return clause == clauses.end() ? nullptr : &*clause;
}

Registry read_registry(const std::filesystem::path& root) {
  Registry registry;
  Table(root, "regulation/clauses.txt").each(registry, [&](const Fields& fields) {
    return add_clause(registry, fields);
  });
  for (const char* appendix : {"regulation/appendix4.txt", "regulation/appendix5.txt"}) {
    Table(root, appendix).each(registry, [&](const Fields& fields) {
      return add_cell(registry, fields);
    });
  }
  Table(root, "regulation/open.txt").each(registry, [&](const Fields& fields) {
    return add_open(registry, fields);
  });
  if (registry.clauses.empty()) {
    registry.broken.push_back({"registry", "regulation/clauses.txt", "", 0, "holds no clause"});
  }
  return registry;
}

std::string short_hash(const std::string& words) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  if (EVP_Digest(words.data(), words.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    return {};
  }
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (std::size_t i = 0; i < 4; ++i) {
    hex += kDigits[digest[i] >> 4U];
    hex += kDigits[digest[i] & 15U];
  }
  return hex;
}

std::string name_of(Disposition disposition) {
  switch (disposition) {
    case Disposition::kEnforced: return "enforced";
    case Disposition::kAssisted: return "assisted";
    case Disposition::kOutside: return "outside";
  }
  return {};
}

}  // namespace yizhan::clauses
