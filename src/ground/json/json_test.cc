#include "ground/json/json.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace yizhan {
namespace {

Result<Json> parse(std::string_view text, JsonLimits limits = {}) {
  return parse_json(bytes_of(text), limits);
}

std::string canonical(std::string_view text) {
  const auto value = parse(text);
  return value.ok() ? std::string(text_of(canonical_json(*value))) : value.refusal().detail;
}

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') +
         std::string(static_cast<std::size_t>(depth), ']');
}

TEST(ParseJson, ReadsEveryKindOfValue) {
  const auto value = parse(R"( {"a":[1,-2,true,false,null,"驛站 😀",{}],"b":{"c":[[]]}} )");
  ASSERT_TRUE(value.ok()) << value.refusal().detail;
  EXPECT_EQ(value->dump(), R"({"a":[1,-2,true,false,null,"驛站 😀",{}],"b":{"c":[[]]}})");
  EXPECT_EQ(parse("7")->get<int>(), 7);
}

TEST(ParseJson, ReadsIntegersThatADoubleHoldsExactlyAndNoOthers) {
  EXPECT_EQ(parse("9007199254740991")->get<std::int64_t>(), kJsonIntegerMax);
  EXPECT_EQ(parse("-9007199254740991")->get<std::int64_t>(), -kJsonIntegerMax);
  for (const char* text :
       {"9007199254740992", "-9007199254740992", "18446744073709551616", "1.0", "1e2", "0.5",
        "-9223372036854775808", "1E400", "01", "+1", ".5", "1.", "NaN", "Infinity", "0x10", "-"}) {
    ASSERT_FALSE(parse(text).ok()) << text;
    EXPECT_EQ(parse(text).reason(), Reason::kMalformed) << text;
  }
}

TEST(ParseJson, RefusesANameGivenTwiceAtAnyDepth) {
  EXPECT_FALSE(parse(R"({"a":1,"a":1})").ok());
  EXPECT_FALSE(parse(R"({"x":[{"a":1,"b":{},"a":2}]})").ok());
  EXPECT_FALSE(parse(R"({"a":1,"\u0061":2})").ok()) << "the same name, written with an escape";
  EXPECT_TRUE(parse(R"({"a":{"a":{"a":1}}})").ok());
  EXPECT_EQ(parse(R"({"a":1,"a":1})").refusal().detail, "成員名稱重複，於成員 「a」");
}

TEST(ParseJson, RefusesTextThatIsNotInterchangeUnicode) {
  const std::vector<std::string> bad = {
      "\"\xff\"",              // no UTF-8 at all
      "\"\xc0\xaf\"",          // overlong
      "\"\xed\xa0\x80\"",      // surrogate in UTF-8
      "\"\xf4\x90\x80\x80\"",  // above U+10FFFF
      R"("\ud800")",           // lone surrogates
      R"("\udc00")",
      R"("\ud800x")",
      R"("\uffff")",  // noncharacters
      R"("\ufdd0")",
      R"("\ud83f\udfff")",
      R"({"\ufffe":1})",
      "\"\t\"",
      "\"\x01\"",
  };
  for (const auto& text : bad) EXPECT_FALSE(parse(text).ok()) << text;
  EXPECT_EQ(parse(R"("\ud83d\ude00")")->get<std::string>(), "😀");
}

TEST(ParseJson, RefusesWhateverSurroundsTheValue) {
  using std::string_literals::operator""s;
  for (const std::string& text :
       {"\xEF\xBB\xBF{}"s, "{} {}"s, "{}x"s, ""s, " "s, "{}\0"s, "{}\0garbage"s, "\0{}"s, "[1,]"s,
        "{\"a\":1,}"s, "{'a':1}"s, "[1] // comment"s, "\"\0\""s, "{\"a\"}"s, "[1 2]"s}) {
    EXPECT_FALSE(parse(text).ok()) << text;
  }
}

TEST(ParseJson, RefusesDepthAboveTheLimitWithoutRecursion) {
  EXPECT_TRUE(parse(nested(32)).ok());
  EXPECT_FALSE(parse(nested(33)).ok());
  EXPECT_TRUE(parse("5", {.depth_max = 0}).ok());
  EXPECT_FALSE(parse("[]", {.depth_max = 0}).ok());
  const std::string hostile(2'000'000, '[');
  EXPECT_EQ(parse(hostile, {.bytes_max = hostile.size()}).reason(), Reason::kMalformed);
}

TEST(ParseJson, RefusesMoreBytesThanAllowed) {
  EXPECT_TRUE(parse("[1]", {.bytes_max = 3}).ok());
  EXPECT_EQ(parse("[1]", {.bytes_max = 2}).reason(), Reason::kTooLarge);
}

TEST(ParseJson, SaysWhereTheGrammarBroke) {
  EXPECT_EQ(parse(R"({"a": tru})").refusal().detail, "JSON 語法錯誤，位置 10");
  EXPECT_EQ(parse("{\"\\u001b[31m\":1.5}").refusal().detail.find('\x1b'), std::string::npos);
}

TEST(CanonicalJson, WritesTheStringsOfRfc8785) {  // §3.2.2, less its floats
  EXPECT_EQ(canonical(R"({
      "numbers": [333333333, 4, 2],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    })"),
            "{\"literals\":[null,true,false],\"numbers\":[333333333,4,2],"
            "\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

TEST(CanonicalJson, SortsNamesByUtf16CodeUnits) {  // RFC 8785 §3.2.3
  EXPECT_EQ(canonical(R"({
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis"
    })"),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\","
            "\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\","
            "\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}");
}

TEST(CanonicalJson, EscapesControlsTheOneWay) {
  EXPECT_EQ(canonical(R"("\b\t\n\f\r\u0000\u001f\u007f")"),
            "\"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f\"");
}

TEST(CanonicalJson, IsAFixedPoint) {
  for (const char* text : {R"({"b":[{"y":-1,"x":{}}],"a":"\u00e9"})", "[]", "0",
                           "-9007199254740991", R"({"":{"":[]}})", R"(["\u2028"])"}) {
    const std::string once = canonical(text);
    EXPECT_EQ(canonical(once), once);
  }
}

TEST(CanonicalJson, ThrowsForBytesThatAreNotUtf8) {
  EXPECT_THROW(canonical_json(Json("\xff")), std::invalid_argument);
}

TEST(CanonicalJsonDeathTest, HasNoFormForFloats) {
  EXPECT_DEATH(canonical_json(Json(1.5)), "");
  EXPECT_DEATH(canonical_json(Json(std::uint64_t{1} << 53)), "");
}

const Json kHeader = *parse(R"({
    "name": "驛站", "count": 3, "big": 9007199254740991, "sealed": true,
    "list": [1, 2], "inner": {"x": 1}, "salt": "AQID", "time": "2026-11-22T03:04:05Z",
    "root": "00000000000000000000000000000000000000000000000000000000000000ff"})");

TEST(Members, ReadsWhatIsThere) {
  Members members(kHeader, "header");
  EXPECT_EQ(members.text("name"), "驛站");
  EXPECT_EQ(members.integer("count", {.min = 1, .max = 3}), 3);
  EXPECT_EQ(members.integer("big"), kJsonIntegerMax);
  EXPECT_TRUE(members.flag("sealed"));
  EXPECT_EQ(members.array("list").size(), 2U);
  EXPECT_EQ(members.object("inner").size(), 1U);
  EXPECT_EQ(members.base64("salt"), (Bytes{1, 2, 3}));
  EXPECT_EQ(members.sha256("root").octets[31], 0xff);
  EXPECT_EQ(members.time("time").text(), "2026-11-22T03:04:05.000Z");
  EXPECT_EQ(members.optional_text("absent"), std::nullopt);
  EXPECT_TRUE(members.check().ok());
}

std::string problem_of(std::string_view json, void (*read)(Members&)) {
  const auto value = parse(json);
  Members members(*value, "header");
  read(members);
  const auto verdict = members.check();
  return verdict.ok() ? "" : verdict.refusal().detail;
}

TEST(Members, NamesTheFirstProblemAndReadsDefaultsMeanwhile) {
  Members members(kHeader, "header");
  EXPECT_EQ(members.text("absent"), "");
  EXPECT_EQ(members.integer("name"), 0);
  EXPECT_TRUE(members.array("name").empty());
  EXPECT_TRUE(members.object("list").is_object());
  EXPECT_EQ(members.check().refusal(), (Refusal{Reason::kMalformed, "header：absent 缺少此成員"}));
}

TEST(Members, RefusesWrongTypesAndForms) {
  EXPECT_EQ(problem_of(R"({"a":"1"})", [](Members& m) { m.integer("a"); }), "header：a 須為整數");
  EXPECT_EQ(problem_of(R"({"a":1})", [](Members& m) { m.text("a"); }), "header：a 須為字串");
  EXPECT_EQ(problem_of(R"({"a":null})", [](Members& m) { m.optional_text("a"); }),
            "header：a 須為字串");
  EXPECT_EQ(problem_of(R"({"a":1})", [](Members& m) { m.flag("a"); }), "header：a 須為布林值");
  EXPECT_EQ(problem_of(R"({"a":4})", [](Members& m) { m.integer("a", {.min = 1, .max = 3}); }),
            "header：a 須介於 1 與 3");
  EXPECT_EQ(problem_of(R"({"a":"AQI"})", [](Members& m) { m.base64("a"); }),
            "header：a 內容不合格式");
  EXPECT_EQ(problem_of(R"({"a":"FF"})", [](Members& m) { m.sha256("a"); }),
            "header：a 內容不合格式");
  EXPECT_EQ(problem_of(R"({"a":"yesterday"})", [](Members& m) { m.time("a"); }),
            "header：a 內容不合格式");
  EXPECT_EQ(problem_of("[]", [](Members& m) { m.text("a"); }), "header：須為物件");
}

TEST(Members, RefusesAMemberThatNobodyAskedFor) {
  EXPECT_EQ(problem_of(R"({"a":"1","b":2})", [](Members& m) { m.text("a"); }),
            "header：不認得之成員「b」");
}

TEST(Members, ReadsThroughParseFunctions) {
  const auto digit = [](const std::string& text) -> Result<int> {
    if (text.size() != 1) return Refusal{Reason::kUnknownAgency, "須為一位數"};
    return text[0] - '0';
  };
  const Json json = {{"a", "7"}, {"b", "77"}};
  Members members(json, "header");
  EXPECT_EQ(members.parsed<int>("a", digit), 7);
  EXPECT_EQ(members.parsed<int>("b", digit), std::nullopt);
  EXPECT_EQ(members.check().refusal(), (Refusal{Reason::kUnknownAgency, "header：b 須為一位數"}));
}

}  // namespace
}  // namespace yizhan
