#include "tests/hostile/hostile_letter.h"

// D03: documents that explode.

namespace yizhan {
namespace {

// The same question to a child that may add no more than that to its address space.
bool answers_within(const std::string& text, std::uint64_t memory) {
  const Bytes question = canonical_json(
      {{"parts", Json::array({{{"name", "a.di"},
                               {"kind", "di"},
                               {"length", static_cast<std::int64_t>(text.size())}}})},
       {"classified_allowed", false}});
  const FileHandle file = file_of(bytes_of(text));
  const std::array descriptors{file.descriptor()};
  const ConfinedLimits tight{.memory_bytes = memory};
  return nursery().watch("document", question, descriptors, tight).end == ConfinedEnd::kAnswered;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string laughs() {
  std::string declarations = "<!ENTITY a0 \"哈\">";
  for (int i = 1; i < 10; ++i) {
    declarations += "<!ENTITY a" + std::to_string(i) + " \"" +
                    repeated("&a" + std::to_string(i - 1) + ";", 10) + "\">";
  }
  return declarations;
}

TEST(D03XmlBombs, AreRefusedWithinASecondAnd64Mebibytes) {
  const std::size_t full = (4U << 20) - 20'000;
  std::string attributes;
  for (int i = 0; i < 300'000; ++i) attributes += " a" + std::to_string(i) + "=\"\"";
  std::string declarations;
  for (int i = 0; i < 60'000; ++i) {
    declarations += "<!ENTITY e" + std::to_string(i) + " SYSTEM \"a.pdf\" NDATA _X>\n";
  }
  const std::vector<std::pair<const char*, std::string>> bombs = {
      {"billion laughs", replaced(letter_declaring(laughs()), "<文字>檢送", "<文字>&a9;檢送")},
      {"laughs unused", letter_declaring(laughs())},
      {"quadratic", replaced(letter_declaring("<!ENTITY q \"" + repeated("q", 50'000) + "\">"),
                             "<文字>檢送", "<文字>" + repeated("&q;", 50'000) + "檢送")},
      {"recursive", letter_declaring("<!ENTITY a \"&b;\"><!ENTITY b \"&a;\">")},
      {"parameter laughs", letter_declaring("<!ENTITY % a \"1\"><!ENTITY % b \"%a;%a;\">")},
      {"deep", letter_saying(repeated("<文字>", 400'000))},
      {"deep and closed", letter_saying(repeated("<b>", 300'000) + repeated("</b>", 300'000))},
      {"attributes", letter_saying("<文字" + attributes + "/>")},
      {"long attribute", letter_saying("<文字 a=\"" + repeated("x", full) + "\"/>")},
      {"long name", letter_saying("<" + repeated("名", full / 3) + "/>")},
      {"declarations", letter_declaring(declarations)},
      {"siblings", letter_saying(repeated("<b/>", full / 4))},
      {"comment", letter_saying("<!--" + repeated("- ", full / 2))},
      {"cdata", letter_saying("<![CDATA[" + repeated("]]", full / 2))},
      {"references", letter_saying("<b>" + repeated("&#x4e00;", full / 8) + "</b>")},
      {"brackets", std::string(kDoctype) + repeated("<", full)},
      {"too large", letter() + repeated(" ", 5U << 20)}};
  for (const auto& [name, document] : bombs) {
    const Read read = in_time(name, [&] { return read_as(PartKind::kDi, document); });
    EXPECT_FALSE(read.facts && read.codes == "facts") << name;
    EXPECT_NE(read.codes, "scan_incomplete") << name;
    EXPECT_TRUE(answers_within(document, 64ULL << 20)) << name;
  }
}

TEST(D03LargeDocuments, ThatAreHonestAreRead) {
  const std::string clause = "<條列 序號=\"一、\"><文字>" + repeated("依", 300) + "</文字></條列>";
  const std::string large = replaced(letter(), "    <條列 序號=\"三、\">",
                                     repeated(clause, 3500) + "    <條列 序號=\"三、\">");
  ASSERT_GT(large.size(), 3'000'000U);
  EXPECT_EQ(read_as(PartKind::kDi, large).codes, "facts");
}

}  // namespace
}  // namespace yizhan
