#include "tests/tree/tokens.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/tree/functions.h"

namespace yizhan::tree {
namespace {

std::vector<std::string> texts(std::string_view source, TokenKind kind) {
  std::vector<std::string> found;
  for (const Token& token : tokens_of(source)) {
    if (token.kind == kind) found.push_back(token.text);
  }
  return found;
}

using Texts = std::vector<std::string>;

TEST(Tokens, TellCommentsFromStrings) {
  constexpr std::string_view kSource = "a = \"// no\"; // yes \"x\"\n/* two\nlines */ 'c'";
  EXPECT_EQ(texts(kSource, TokenKind::kString), (Texts{"// no"}));
  EXPECT_EQ(texts(kSource, TokenKind::kComment), (Texts{" yes \"x\"", " two\nlines "}));
  EXPECT_EQ(texts(kSource, TokenKind::kCharacter), (Texts{"c"}));
}

TEST(Tokens, KnowRawStringsEscapesAndDigitSeparators) {
  constexpr std::string_view kSource =
      "x(R\"sql(SELECT \")\" FROM t)sql\", u8\"q\\\"z\", 1'000'000, '\\'');";
  EXPECT_EQ(texts(kSource, TokenKind::kString), (Texts{"SELECT \")\" FROM t", "q\\\"z"}));
  EXPECT_EQ(texts(kSource, TokenKind::kCharacter), (Texts{"\\'"}));
  EXPECT_EQ(texts(kSource, TokenKind::kWord), (Texts{"x", "1'000'000"}));
}

TEST(Tokens, SeeDirectivesAndCountLines) {
  const std::vector<Token> tokens =
      tokens_of("#include \"a/b.h\"\n# define X(y) \\\n  rand()\nint z;\n");
  EXPECT_EQ(tokens[0].kind, TokenKind::kInclude);
  EXPECT_EQ(tokens[0].text, "\"a/b.h\"");
  EXPECT_EQ(tokens[1].kind, TokenKind::kDefine);
  EXPECT_EQ(tokens[1].text, "X");
  const auto word = std::ranges::find(tokens, "z", &Token::text);
  ASSERT_NE(word, tokens.end());
  EXPECT_EQ(word->line, 4);
  EXPECT_EQ(statements_of(tokens).size(), 3U);
}

TEST(Tokens, SurviveWhatIsCutShort) {
  for (const std::string_view source :
       {"\"", "'", "R\"(", "R\"x", "/*", "//", "#", "#include", "#include \"", "\\", "{{(", "})]",
        "template <", "operator", "f() : a{", "\"\\"}) {
    EXPECT_NO_THROW(definitions_of(statements_of(tokens_of(source)))) << source;
  }
}

Definitions read(std::string_view source) {
  return definitions_of(statements_of(tokens_of(source)));
}

Texts names_in(const Definitions& definitions) {
  Texts names;
  for (const Function& function : definitions.functions) names.push_back(function.name);
  return names;
}

TEST(Functions, HaveNamesParametersAndLengths) {
  const Definitions found = read(R"cc(
namespace a {
template <class T, class U = std::map<int, int>>
Result<std::map<T, U>> Box<T>::put(std::map<int, int> a, void (*f)(int, int), int c = g(1, 2))
    const noexcept(true) {
  return {};
}
struct Point : Base<int, int> {
  Point(int x, int y) : x_{x}, y_(y) { use(); }
  bool operator()(int a) const { return a; }
  bool operator<(const Point&) const = default;
  virtual void far(int a, int b, int c) = 0;
  std::function<void(int, int)> callback_{};
  int x_{0}, y_ = f(1, 2, 3);
};
enum class Kind : int { kOne = 1 << 3, kTwo };
}  // namespace a
)cc");
  ASSERT_EQ(names_in(found), (Texts{"Box::put", "Point", "operator", "operator", "far"}));
  EXPECT_EQ(found.functions[0].parameters, 3);
  EXPECT_EQ(found.functions[0].lines, 5);
  EXPECT_EQ(found.functions[1].parameters, 2);
  EXPECT_EQ(found.functions[2].parameters, 1);
  EXPECT_EQ(found.functions[3].parameters, 1);
  EXPECT_EQ(found.functions[3].lines, 0);
  EXPECT_EQ(found.functions[4].parameters, 3);
  ASSERT_EQ(found.types.size(), 2U);
  EXPECT_EQ(found.types[0].name, "Point");
  EXPECT_EQ(found.types[1].name, "Kind");
}

TEST(Functions, CountBlocksNotInitialisers) {
  const Definitions found = read(R"cc(
void f() {
  const std::vector<Pair> pairs{{1, {2, 3}}, {4, {5, 6}}};
  for (int i : {1, 2}) {
    run([&](int x) -> Result<void> {
      if (x) { return Point{.x = 1}; }
    });
  }
}
)cc");
  ASSERT_EQ(found.functions.size(), 1U);
  EXPECT_EQ(found.functions[0].nesting, 3);
}

TEST(Functions, AreTestsAndLambdasInTables) {
  const Definitions found = read(R"cc(
TEST(Suite, Name) { EXPECT_TRUE(x); }
const Table kTable = {
  {"a", [](int x) {
     return x;
   }},
};
const auto kOne = [] { return 1; };
)cc");
  ASSERT_EQ(names_in(found), (Texts{"Suite.Name", "lambda", "lambda"}));
  EXPECT_EQ(found.functions[1].lines, 3);
}

}  // namespace
}  // namespace yizhan::tree
