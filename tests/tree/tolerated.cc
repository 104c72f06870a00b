#include "tests/tree/tolerated.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>

namespace yizhan::tree {
namespace {

namespace chrono = std::chrono;

constexpr chrono::days kAgeMax{60};
constexpr const char* kPath = "tests/tolerated.txt";

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream in(line);
  for (std::string field; std::getline(in, field, '\t');) fields.push_back(field);
  return fields;
}

std::optional<chrono::sys_days> parse_date(const std::string& text) {
  unsigned parts[3] = {};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int i = 0; i < 3; ++i) {
    const auto [next, error] = std::from_chars(at, end, parts[i]);
    if (error != std::errc{} || (i < 2 ? next == end || *next != '-' : next != end)) return {};
    at = next + 1;
  }
  const chrono::year_month_day date{chrono::year(static_cast<int>(parts[0])),
                                    chrono::month(parts[1]), chrono::day(parts[2])};
  return date.ok() ? std::optional(chrono::sys_days(date)) : std::nullopt;
}

bool covers(const Tolerated& line, const Finding& finding) {
  return line.rule == finding.rule && line.path == finding.path &&
         (line.symbol.empty() || line.symbol == finding.symbol);
}

Finding fault(const Tolerated& line, const std::string& message) {
  return {"tolerated", kPath, line.rule + " " + line.path, line.line, message};
}

}  // namespace

Tolerance parse_tolerated(const std::string& text) {
  Tolerance tolerance;
  std::istringstream in(text);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const std::vector<std::string> fields = split(line);
    const auto date = fields.size() == 5 ? parse_date(fields[2]) : std::nullopt;
    if (!date || fields[4].empty()) {
      tolerance.broken.push_back({"tolerated", kPath, "", number,
                                  "needs rule, path[:symbol], date, decision record, reason"});
      continue;
    }
    const std::size_t colon = fields[1].find(':');
    const std::string symbol = colon == std::string::npos ? "" : fields[1].substr(colon + 1);
    tolerance.lines.push_back({fields[0], fields[1].substr(0, colon), symbol, *date, fields[3],
                               fields[4], number});
  }
  return tolerance;
}

std::vector<Finding> apply(const Tolerance& tolerance, const std::vector<Finding>& found,
                           const std::filesystem::path& root, chrono::sys_days today) {
  std::vector<Finding> left = tolerance.broken;
  for (const Finding& finding : found) {
    const bool tolerated = std::ranges::any_of(
        tolerance.lines, [&](const Tolerated& line) { return covers(line, finding); });
    if (!tolerated) left.push_back(finding);
  }
  for (const Tolerated& line : tolerance.lines) {
    const bool used = std::ranges::any_of(
        found, [&](const Finding& finding) { return covers(line, finding); });
    if (!used) left.push_back(fault(line, "is not needed any more: remove the line"));
    if (today - line.since > kAgeMax) left.push_back(fault(line, "is older than 60 days"));
    if (line.since > today) left.push_back(fault(line, "is dated in the future"));
    if (!line.record.starts_with("docs/decisions/") ||
        !std::filesystem::exists(root / line.record)) {
      left.push_back(fault(line, "names no decision record that exists"));
    }
  }
  return left;
}

}  // namespace yizhan::tree
