#include <algorithm>
#include <regex>

#include "tests/tree/tree.h"

// Words, calls, names and macros that this project does without.

namespace yizhan::tree {
namespace {

using Tokens = std::vector<Token>;

bool is(const Tokens& tokens, std::size_t i, std::string_view text) {
  return i < tokens.size() && tokens[i].text == text && tokens[i].kind != TokenKind::kString &&
         tokens[i].kind != TokenKind::kComment && tokens[i].kind != TokenKind::kCharacter;
}

// Macro bodies count as code: a call hides there as well.
Tokens code_of(const SourceFile& file) {
  Tokens code;
  std::ranges::copy_if(file.tokens, std::back_inserter(code), [](const Token& token) {
    return token.kind != TokenKind::kComment && token.kind != TokenKind::kInclude;
  });
  return code;
}

struct Report {
  const SourceFile& file;
  std::vector<Finding>& found;

  void operator()(const std::string& rule, const Token& at, const std::string& message) const {
    found.push_back({rule, file.path, at.text, at.line, message});
  }
};

// Is the function called at i the C library's, not a member or another namespace's?
bool calls_c_library(const Tokens& tokens, std::size_t i) {
  if (!is(tokens, i + 1, "(")) return false;
  if (i == 0) return true;
  if (is(tokens, i - 1, ".") || is(tokens, i - 1, "->")) return false;
  if (!is(tokens, i - 1, "::")) return true;
  return i == 1 || tokens[i - 2].kind != TokenKind::kWord || tokens[i - 2].text == "std";
}

void check_calls(const Tokens& tokens, const Report& report) {
  static const std::set<std::string> kBanned = {
      "system", "popen", "rand",   "srand",  "strcpy",  "strcat", "sprintf",
      "gets",   "strtok", "tmpnam", "mktemp", "tempnam", "alloca", "vsprintf"};
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].kind != TokenKind::kWord) continue;
    if (kBanned.contains(tokens[i].text) && calls_c_library(tokens, i)) {
      report("banned_call", tokens[i], "unsafe or blind: find the project's own way");
    }
    const bool member = i > 0 && (is(tokens, i - 1, ".") || is(tokens, i - 1, "->"));
    if (member && tokens[i].text == "detach" && is(tokens, i + 1, "(")) {
      report("banned_call", tokens[i], "a thread is joined by its owner");
    }
  }
}

void check_constructs(const Tokens& tokens, const Report& report) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (is(tokens, i, "catch") && is(tokens, i + 1, "(") && is(tokens, i + 2, ".") &&
        is(tokens, i + 3, ".") && is(tokens, i + 4, ".")) {
      report("catch_all", tokens[i], "name what is caught");
    }
    if (report.file.header() && is(tokens, i, "using") && is(tokens, i + 1, "namespace")) {
      report("using_namespace", tokens[i], "not in a header");
    }
    if (is(tokens, i, "[") && is(tokens, i + 1, "=") &&
        (is(tokens, i + 2, "]") || is(tokens, i + 2, ","))) {
      report("capture_all", tokens[i], "name what the lambda copies");
    }
    static const std::set<std::string> kMacros = {"YZ_TRY", "YZ_ASSERT", "CLAUSE"};
    if (tokens[i].kind == TokenKind::kDefine && !kMacros.contains(tokens[i].text)) {
      report("macro", tokens[i], "only YZ_TRY, YZ_ASSERT and CLAUSE are macros");
    }
  }
}

// Does the brace at i begin statements, not the members of a value?
bool opens_block(const Tokens& tokens, std::size_t i) {
  static const std::set<std::string> kBefore = {")",   "]",     ";",       "}",        "else", "do",
                                                "try", "const", "mutable", "noexcept", "override"};
  static const std::set<std::string> kAfter = {"return", "const", "auto",   "if",
                                               "for",    "while", "switch", "static"};
  if (i == 0 || kBefore.contains(tokens[i - 1].text)) return true;
  return i + 1 < tokens.size() && kAfter.contains(tokens[i + 1].text);
}

// Does a value's member stand before the one that i is part of?
bool follows_a_member(const Tokens& tokens, std::size_t i) {
  int depth = 0;
  bool comma = false;  // at this depth, since its opening bracket
  while (i-- > 0 && !(depth == 0 && is(tokens, i, ";"))) {
    if (is(tokens, i, ")") || is(tokens, i, "}") || is(tokens, i, "]")) ++depth;
    if (depth == 0 && is(tokens, i, ",")) comma = true;
    if (!is(tokens, i, "(") && !is(tokens, i, "{") && !is(tokens, i, "[")) continue;
    if (depth > 0) {
      --depth;
    } else if (is(tokens, i, "{")) {
      if (comma) return true;
      if (opens_block(tokens, i)) return false;
    } else {
      comma = false;
    }
  }
  return false;
}

// g++ 12 leaks the members that stand before a refusing YZ_TRY in a braced initializer.
void check_tries(const Tokens& tokens, const Report& report) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (is(tokens, i, "YZ_TRY") && tokens[i].kind == TokenKind::kWord &&
        follows_a_member(tokens, i)) {
      report("try_in_braces", tokens[i], "take it into a local first: what stands before it leaks");
    }
  }
}

void check_comments(const SourceFile& file, const Report& report) {
  static const std::regex kUnfinished(R"(\b(TODO|FIXME|XXX|HACK)\b)");
  for (const Token& token : file.tokens) {
    if (token.kind == TokenKind::kComment && std::regex_search(token.text, kUnfinished)) {
      report("unfinished", {token.kind, "comment", token.line, false},
             "finish it, or write an issue");
    }
  }
}

// Rendered text is the console's affair; XML in tests is data.
void check_html(const SourceFile& file, const Report& report) {
  static const std::regex kTag(R"(^\s*</?[A-Za-z])");
  if (file.test()) return;
  for (const Token& token : file.tokens) {
    if (token.kind == TokenKind::kString && std::regex_search(token.text, kTag)) {
      report("html", token, "HTML lives in web/");
    }
  }
}

void check_names(const SourceFile& file, const Report& report) {
  static const std::regex kPath(
      R"((^|[/_])(utils?|common|misc|helpers?|manager)([/_.]|$))", std::regex::icase);
  if (std::regex_search(file.path, kPath)) {
    report("banned_name", {TokenKind::kWord, "path", 1, false}, "find the noun that it is");
  }
  static const std::regex kType(R"(.(Manager|Helper|Helpers|Utils?|Impl|Data|Info)$)");
  for (const Type& type : file.definitions.types) {
    if (std::regex_search(type.name, kType)) {
      report("banned_name", {TokenKind::kWord, type.name, type.line, false},
             "say what the thing is");
    }
  }
}

}  // namespace

std::vector<Finding> check_words(const Tree& tree) {
  std::vector<Finding> found;
  for (const SourceFile& file : tree.files) {
    const Report report{file, found};
    const Tokens code = code_of(file);
    check_calls(code, report);
    check_constructs(code, report);
    check_tries(code, report);
    check_comments(file, report);
    check_html(file, report);
    check_names(file, report);
  }
  return found;
}

}  // namespace yizhan::tree
