#include "tests/clauses/evidence.h"

#include <algorithm>
#include <iterator>
#include <regex>

namespace yizhan::clauses {
namespace {

constexpr std::size_t kFilesMax = 3;  // more, and the idea has scattered
constexpr const char* kEvents = "src/ground/journal/events.h";
constexpr const char* kEventTable = "src/ground/journal/events.cc";

bool is_of_events(const tree::SourceFile& file) {
  return file.path == kEvents || file.path == kEventTable;
}

const std::string& numeral() {
  static const std::string kNumeral = "(?:一|二|三|四|五|六|七|八|九|十)+";
  return kNumeral;
}

// 五(一)3, 五(六)4(1), 附錄四9交; a bracket or an appendix makes it unmistakable.
const std::string& unmistakable() {
  static const std::string kNumber = "附錄(?:四|五)[0-9]+(?:管|交)?|" + numeral() + R"(\()" +
                                     numeral() + R"(\)(?:[0-9]+(?:\([0-9]+\))?)?)";
  return kNumber;
}

std::vector<std::string> all_matches(const std::string& text, const std::regex& pattern) {
  std::vector<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) {
    found.push_back(it->str());
  }
  return found;
}

// The test whose body holds the line.
std::string test_at(const tree::SourceFile& file, int line) {
  for (const tree::Function& function : file.definitions.functions) {
    if (line >= function.line && line < function.line + function.lines) return function.name;
  }
  return {};
}

void collect_claims(const tree::SourceFile& file, Evidence& evidence) {
  const std::vector<tree::Token> tokens = tree::statements_of(file.tokens);
  for (std::size_t i = 0; i + 2 < tokens.size(); ++i) {
    if (tokens[i].kind == tree::TokenKind::kWord && tokens[i].text == "CLAUSE" &&
        tokens[i + 2].kind == tree::TokenKind::kString) {
      evidence.claims[tokens[i + 2].text].push_back(
          {file.path, tokens[i].line, test_at(file, tokens[i].line)});
    }
  }
}

bool spells(const std::vector<tree::Token>& tokens, std::size_t at,
            std::initializer_list<std::string_view> words) {
  if (at + words.size() > tokens.size()) return false;
  return std::equal(words.begin(), words.end(), tokens.begin() + static_cast<std::ptrdiff_t>(at),
                    [](std::string_view word, const tree::Token& token) {
                      return token.text == word;
                    });
}

// An event is proof of something only where production code records it.
void collect_events(const tree::SourceFile& file, Evidence& evidence) {
  const std::vector<tree::Token> tokens = tree::statements_of(file.tokens);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (file.path == kEvents && spells(tokens, i, {"enum", "class", "Event", "{"})) {
      for (i += 4; i < tokens.size() && tokens[i].text != "}"; ++i) {
        if (tokens[i].text != ",") evidence.declared[tokens[i].text] = tokens[i].line;
      }
    } else if (!file.test() && spells(tokens, i, {"Event", "::"}) && i + 2 < tokens.size()) {
      evidence.recorded.insert(tokens[i + 2].text);
    }
  }
}

void collect_file(const tree::SourceFile& file, Evidence& evidence) {
  for (const tree::Token& token : file.tokens) {
    const Place place{file.path, token.line, {}};
    if (token.kind == tree::TokenKind::kComment) {
      for (const std::string& number : numbers_in_comment(token.text)) {
        const bool decides = !file.test() && !is_of_events(file);
        (decides ? evidence.code : evidence.other)[number].push_back(place);
      }
    } else if (token.kind == tree::TokenKind::kString && is_of_events(file)) {
      for (const std::string& number : numbers_in_literal(token.text)) {
        evidence.events[number].push_back(place);
      }
    }
  }
  collect_claims(file, evidence);
  collect_events(file, evidence);
}

// The places of each clause, cells of the appendices counted for the clause that they repeat.
Places by_clause(const Registry& registry, const Places& places) {
  Places merged;
  for (const auto& [number, at] : places) {
    if (const Clause* clause = registry.find(number)) {
      std::ranges::copy(at, std::back_inserter(merged[clause->number]));
    }
  }
  return merged;
}

void check_known(const Registry& registry, const Places& places,
                 std::vector<tree::Finding>& found) {
  for (const auto& [number, at] : places) {
    if (registry.find(number) != nullptr) continue;
    for (const Place& place : at) {
      found.push_back({"unknown_clause", place.path, number, place.line,
                       "stands in no file of regulation/"});
    }
  }
}

void check_scatter(const Registry& registry, const Places& code,
                   std::vector<tree::Finding>& found) {
  for (const auto& [number, at] : by_clause(registry, code)) {
    std::set<std::string> files;
    for (const Place& place : at) {
      if (files.insert(place.path).second) continue;
      found.push_back({"cited_twice", place.path, number, place.line,
                       "one citation per clause and file, at the decision"});
    }
    if (files.size() > kFilesMax) {
      std::string all;
      for (const std::string& file : files) all += " " + file;
      found.push_back({"scattered", "regulation/clauses.txt", number, 0,
                       "cited in more than three files:" + all});
    }
  }
}

void check_built(const Registry& registry, const Evidence& evidence,
                 std::vector<tree::Finding>& found) {
  const Places claims = by_clause(registry, evidence.claims);
  const Places events = by_clause(registry, evidence.events);
  for (const Clause& clause : registry.clauses) {
    if (clause.disposition == Disposition::kOutside) continue;
    const bool enforced = clause.disposition == Disposition::kEnforced;
    const bool built = (enforced ? claims : events).contains(clause.number);
    const bool open = registry.open.contains(clause.number);
    if (!built && !open) {
      found.push_back({"unproven", "regulation/clauses.txt", clause.number, 0,
                       enforced ? "enforced, but no test has CLAUSE(\"" + clause.number + "\")"
                                : std::string("assisted, but no event in ") + kEvents});
    } else if (built && open) {
      found.push_back({"satisfied", "regulation/open.txt", clause.number, 0,
                       "is built: remove its line"});
    }
  }
}

}  // namespace

std::vector<std::string> numbers_in_comment(const std::string& comment) {
  static const std::regex kNumber(unmistakable());
  static const std::regex kBare("^\\s*(" + numeral() + ")\\s*(?:[:,]|$)");
  std::vector<std::string> found;
  if (std::smatch bare; std::regex_search(comment, bare, kBare)) found.push_back(bare[1].str());
  std::ranges::move(all_matches(comment, kNumber), std::back_inserter(found));
  return found;
}

std::vector<std::string> numbers_in_literal(const std::string& literal) {
  static const std::string kOne = "(?:" + unmistakable() + "|" + numeral() + ")";
  static const std::regex kNumbers(kOne + "(?:[, ]+" + kOne + ")*");
  static const std::regex kEach(kOne);
  if (!std::regex_match(literal, kNumbers)) return {};
  return all_matches(literal, kEach);
}

Evidence collect(const tree::Tree& tree) {
  Evidence evidence;
  for (const tree::SourceFile& file : tree.files) collect_file(file, evidence);
  return evidence;
}

std::vector<tree::Finding> check_evidence(const Registry& registry, const Evidence& evidence) {
  std::vector<tree::Finding> found = registry.broken;
  for (const Places* places :
       {&evidence.code, &evidence.claims, &evidence.events, &evidence.other}) {
    check_known(registry, *places, found);
  }
  for (const auto& [number, at] : evidence.claims) {
    for (const Place& place : at) {
      if (!place.test.empty()) continue;
      found.push_back({"stray_claim", place.path, number, place.line, "stands in no test"});
    }
  }
  for (const auto& [event, line] : evidence.declared) {
    if (evidence.recorded.contains(event)) continue;
    found.push_back({"unrecorded_event", kEvents, event, line, "no production code records it"});
  }
  check_scatter(registry, evidence.code, found);
  check_built(registry, evidence, found);
  return found;
}

}  // namespace yizhan::clauses
