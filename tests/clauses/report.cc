#include <algorithm>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

#include "tests/clauses/evidence.h"
#include "tests/clauses/registry.h"
#include "tests/clauses/results.h"
#include "tests/tree/tree.h"

// ./dev clauses: clause × code × tests × events × cells of the forms, from the tree and the last
// run. Exit 1 when a claimed test did not pass.

namespace yizhan::clauses {
namespace {

struct Row {
  std::size_t code = 0;
  int claims = 0;
  Runs runs;
  std::size_t events = 0;
  std::string cells;
};

// Columns on a screen, where a CJK character is two.
std::size_t width_of(const std::string& text) {
  std::size_t width = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) width += byte >= 0xE0U ? 2U : 1U;
  }
  return width;
}

std::string pad(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, width_of(text)) + 1, ' ');
}

std::string count(std::size_t number) { return number == 0 ? "-" : std::to_string(number); }

// Code marks and events are counted by place, claims and runs by test.
std::map<std::string, Row> rows_of(const Registry& registry, const Evidence& evidence,
                                   const Results& results) {
  std::map<std::string, Row> rows;
  const auto row = [&](const std::string& number) -> Row* {
    const Clause* clause = registry.find(number);
    return clause == nullptr ? nullptr : &rows[clause->number];
  };
  for (const auto& [number, places] : evidence.code) {
    if (Row* at = row(number)) at->code += places.size();
  }
  for (const auto& [number, places] : evidence.events) {
    if (Row* at = row(number)) at->events += places.size();
  }
  for (const auto& [number, places] : evidence.claims) {
    std::set<std::string> tests;
    for (const Place& place : places) tests.insert(place.path + ":" + place.test);
    if (Row* at = row(number)) at->claims += static_cast<int>(tests.size());
  }
  for (const auto& [number, runs] : results.by_clause) {
    if (Row* at = row(number)) {
      at->runs.passed += runs.passed;
      at->runs.failed += runs.failed;
    }
  }
  for (const auto& [cell, number] : registry.cells) {
    if (Row* at = row(number); at != nullptr && cell != number) at->cells += cell + " ";
  }
  return rows;
}

// Why the row fails, or "".
std::string fault(const Row& row) {
  if (row.runs.failed > 0) return std::to_string(row.runs.failed) + " claimed tests did not pass";
  if (row.runs.passed < row.claims) {
    return std::to_string(row.claims) + " tests claim it, " + std::to_string(row.runs.passed) +
           " ran";
  }
  return {};
}

std::string state(const Registry& registry, const Clause& clause, const Row& row) {
  if (const std::string why = fault(row); !why.empty()) return "FAILS: " + why;
  if (clause.disposition == Disposition::kOutside) return "outside";
  if (registry.open.contains(clause.number)) return "open";
  return clause.disposition == Disposition::kEnforced ? "proven" : "recorded";
}

void print(const Clause& clause, const Row& row, const std::string& state) {
  const std::string tests = row.claims == 0 && row.runs.passed == 0
                                ? "-"
                                : std::to_string(row.runs.passed);
  std::cout << pad(clause.number, 12) << pad(clause.layers, 8)
            << pad(name_of(clause.disposition), 9) << pad(count(row.code), 5) << pad(tests, 6)
            << pad(count(row.events), 7) << pad(state, 9) << row.cells << "\n";
}

int report(const std::filesystem::path& root, const std::filesystem::path& directory) {
  const Registry registry = read_registry(root);
  const Evidence evidence = collect(tree::read_tree(root));
  const Results results = read_results(directory);
  if (results.programs == 0) {
    std::cerr << "no test results in " << directory.string() << ": run ./dev check first\n";
    return 1;
  }
  std::map<std::string, Row> rows = rows_of(registry, evidence, results);
  std::map<std::string, int> totals;
  bool failed = false;
  std::cout << "clause       layer    kind      code  tests  events  state     cells\n";
  for (const Clause& clause : registry.clauses) {
    const Row& row = rows[clause.number];
    const std::string how = state(registry, clause, row);
    failed = failed || how.starts_with("FAILS");
    ++totals[how.substr(0, how.find(':'))];
    print(clause, row, how);
  }
  std::cout << "\nclauses " << registry.clauses.size() << ":";
  for (const auto& [how, number] : totals) std::cout << " " << how << " " << number;
  std::cout << " (tests of " << results.programs << " programs, " << results.latest << ")\n";
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace yizhan::clauses

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: clauses_report SOURCE RESULTS\n";
    return 2;
  }
  try {
    return yizhan::clauses::report(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
