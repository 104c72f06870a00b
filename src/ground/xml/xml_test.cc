#include "ground/xml/xml.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace yizhan {
namespace {

constexpr std::string_view kType = R"(<?xml version="1.0" encoding="UTF-8"?>
<!ENTITY % set SYSTEM "set.ent">
%set;
<!ELEMENT 信 (寄件, 副本?, (圖 | 文)+)>
)";
constexpr std::string_view kSet = R"(<!ELEMENT 寄件 (#PCDATA)>
<!ELEMENT 副本 (#PCDATA)>
<!ELEMENT 文 (#PCDATA)>
<!ATTLIST 文 級 (甲 | 乙) "甲">
<!ELEMENT 圖 EMPTY>
<!ATTLIST 圖 檔 ENTITIES #REQUIRED>
)";

TypeCatalogue catalogue() {
  TypeCatalogue all;
  all.add("letter.dtd", bytes_of(kType));
  all.add("set.ent", bytes_of(kSet));
  return all;
}

std::string with_body(std::string_view body, std::string_view subset = "") {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE 信 SYSTEM \"letter.dtd\" [\n" +
         std::string(subset) + "]>\n" + std::string(body);
}

XmlReading read(std::string_view text, const XmlLimits& limits = {}) {
  return read_xml(bytes_of(text), catalogue(), limits);
}

XmlError first_error(std::string_view text, const XmlLimits& limits = {}) {
  const auto reading = read(text, limits);
  EXPECT_FALSE(reading.ok());
  EXPECT_FALSE(reading.root.has_value());
  return reading.errors.empty() ? XmlError{} : reading.errors.front();
}

TEST(Xml, ReadsTreePrologAndDefaults) {
  const auto reading =
      read(with_body("<信>\n  <寄件> 甲 &amp;\n乙</寄件>\n<圖 檔=\" a\"/>"
                     "<文><![CDATA[<]]>&#20013;</文></信>",
                     "<!ENTITY a SYSTEM \"x y.pdf\" NDATA n>\n"
                     "<!NOTATION n SYSTEM \"\">\n"));
  ASSERT_TRUE(reading.ok()) << reading.errors[0].found;
  const XmlElement& root = *reading.root;
  EXPECT_EQ(root.name, "信");
  ASSERT_EQ(root.elements().size(), 3U);
  EXPECT_EQ(root.children.size(), 3U);  // no white space between elements
  EXPECT_EQ(root.child("寄件")->text(), " 甲 &\n乙");
  EXPECT_EQ(root.child("寄件")->line, 7);
  EXPECT_EQ(*root.child("圖")->attribute("檔"), "a");
  EXPECT_EQ(root.child("文")->text(), "<中");
  EXPECT_EQ(*root.child("文")->attribute("級"), "甲");
  ASSERT_EQ(reading.prolog->entities.size(), 1U);
  EXPECT_EQ(reading.prolog->entities[0].system, "x y.pdf");
  EXPECT_EQ(reading.prolog->entities[0].line, 3);
  EXPECT_EQ(reading.prolog->notations[0].name, "n");
}

TEST(Xml, RefusesAReferenceToNoIdWithoutAWordOnStandardError) {
  TypeCatalogue all;
  all.add("r.dtd", bytes_of("<!ELEMENT r EMPTY>\n<!ATTLIST r to IDREF #REQUIRED>\n"));
  testing::internal::CaptureStderr();
  const auto reading = read_xml(bytes_of("<!DOCTYPE r SYSTEM \"r.dtd\"><r to='nobody'/>"), all);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  ASSERT_EQ(reading.errors.size(), 1U);
  EXPECT_EQ(reading.errors[0].fault, XmlFault::kInvalid);
}

TEST(Xml, SaysWhereAnElementLeavesItsModelAndWhatCouldStandThere) {
  const XmlError wrong = first_error(with_body("<信><寄件/>\n<圖2/></信>"));
  EXPECT_EQ(wrong.fault, XmlFault::kElementUnknown);
  const XmlError order = first_error(with_body("<信>\n<文/><寄件/></信>"));
  EXPECT_EQ(order.fault, XmlFault::kElementUnexpected);
  EXPECT_EQ(order.found, "文");
  EXPECT_EQ(order.expected, std::vector<std::string>{"寄件"});
  EXPECT_EQ(order.line, 5);
  const XmlError missing = first_error(with_body("<信><寄件/></信>"));
  EXPECT_EQ(missing.fault, XmlFault::kElementMissing);
  EXPECT_EQ(missing.expected, (std::vector<std::string>{"副本", "圖", "文"}));
  const XmlError late = first_error(with_body("<信><寄件/><文/><文/><副本/></信>"));
  EXPECT_EQ(late.found, "副本");
  EXPECT_EQ(late.expected, (std::vector<std::string>{"圖", "文"}));
  const XmlError text = first_error(with_body("<信>甲<寄件/><文/></信>"));
  EXPECT_EQ(text.fault, XmlFault::kTextUnexpected);
  const XmlError content = first_error(with_body("<信><寄件><文/></寄件><文/></信>"));
  EXPECT_EQ(content.fault, XmlFault::kElementInText);
  EXPECT_EQ(content.found, "文");
}

TEST(Xml, NamesWrongAttributes) {
  const auto fault = [](std::string_view body) { return first_error(with_body(body)).fault; };
  EXPECT_EQ(fault("<信><寄件/><文 級=\"丙\"/></信>"), XmlFault::kAttributeValue);
  EXPECT_EQ(fault("<信><寄件/><文 號=\"丙\"/></信>"), XmlFault::kAttributeUnknown);
  EXPECT_EQ(fault("<信><寄件/><圖/></信>"), XmlFault::kAttributeMissing);
  EXPECT_EQ(fault("<信><寄件/><圖 檔=\"a\"/></信>"), XmlFault::kEntityUndeclared);
  EXPECT_EQ(fault("<文>甲</文>"), XmlFault::kRootMismatch);
}

TEST(Xml, RefusesATypeThatLoadsWhatIsNotInTheCatalogue) {
  const auto canary = std::filesystem::temp_directory_path() / "yizhan_xml_canary.ent";
  std::ofstream(canary) << "<!ELEMENT 信 EMPTY>";
  TypeCatalogue all;
  const std::string type = "<!ENTITY % set SYSTEM \"" + canary.string() + "\">\n%set;\n";
  all.add("letter.dtd", bytes_of(type + "<!ELEMENT 信 EMPTY>"));
  const auto reading = read_xml(bytes_of("<!DOCTYPE 信 SYSTEM \"letter.dtd\"><信/>"), all);
  std::filesystem::remove(canary);
  ASSERT_FALSE(reading.ok());
  EXPECT_EQ(reading.errors[0].fault, XmlFault::kLoadRefused);
}

TEST(Xml, HoldsItsLimits) {
  const XmlLimits tight{
      .bytes_max = 400, .depth_max = 2, .attributes_max = 1, .declarations_max = 1};
  EXPECT_EQ(first_error(std::string(401, ' '), tight).fault, XmlFault::kTooLarge);
  EXPECT_EQ(first_error(with_body("<信><寄件><文/></寄件></信>"), tight).fault, XmlFault::kTooDeep);
  EXPECT_EQ(first_error(with_body("<信 a='' b=''/>"), tight).fault, XmlFault::kTooManyAttributes);
  EXPECT_EQ(first_error(with_body("<信/>", "<!NOTATION a SYSTEM ''><!NOTATION b SYSTEM ''>"), tight)
                .fault,
            XmlFault::kTooManyDeclarations);
  EXPECT_TRUE(read(with_body("<信><寄件/><文/></信>"), tight).ok());
}

TEST(Xml, RefusesEveryOtherDeclaration) {
  const auto fault = [](std::string_view subset) {
    return first_error(with_body("<信><寄件/><文/></信>", subset)).fault;
  };
  EXPECT_EQ(fault("<!ENTITY a \"x\">"), XmlFault::kEntityForbidden);
  EXPECT_EQ(fault("<!ENTITY a SYSTEM \"x\">"), XmlFault::kEntityForbidden);
  EXPECT_EQ(fault("<!ENTITY % a SYSTEM \"set.ent\">%a;"), XmlFault::kEntityForbidden);
  EXPECT_EQ(fault("%set;"), XmlFault::kEntityForbidden);
  EXPECT_EQ(fault("<!ELEMENT 信 ANY>"), XmlFault::kDeclarationForbidden);
  EXPECT_EQ(fault("<!NOTATION a PUBLIC \"x\">"), XmlFault::kPublicIdentifier);
  EXPECT_EQ(fault("<?x y?>"), XmlFault::kProcessingInstruction);
  EXPECT_EQ(fault("<!-- never ends"), XmlFault::kMalformed);
  EXPECT_TRUE(read(with_body("<信><寄件/><文/></信>", "<!-- <!ENTITY a \"x\"> -->\n")).ok());
}

TEST(Xml, SurvivesEveryPrefixOfADocument) {
  const std::string whole =
      with_body("<信><寄件 a='b'>&amp;</寄件><!-- x --><文><![CDATA[x]]></文></信>",
                "<!ENTITY a SYSTEM \"x\" NDATA n>\n<!NOTATION n SYSTEM \"\">");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(read(whole.substr(0, length)).ok()) << length;
  }
}

TEST(Xml, DecodesStrictly) {
  const auto utf8 = [](std::string_view text) {
    return decode(bytes_of(text), XmlEncoding::kUtf8);
  };
  EXPECT_EQ(utf8("\xEF\xBB\xBFé中🙂"), "é中🙂");
  EXPECT_EQ(utf8("\xC0\x80"), std::nullopt);
  EXPECT_EQ(utf8("\xED\xA0\x80"), std::nullopt);
  EXPECT_EQ(utf8("\xF4\x90\x80\x80"), std::nullopt);
  EXPECT_EQ(utf8("\xE4\xB8"), std::nullopt);
  const auto big5 = [](std::string_view text) {
    return decode(bytes_of(text), XmlEncoding::kBig5);
  };
  EXPECT_EQ(big5("\xA4\xA4\xA4\xE5 a"), "中文 a");
  EXPECT_EQ(big5("\xF9\xD9\xA3\xE1"), "墻€");  // of code page 950 only
  EXPECT_EQ(big5("\xA4"), std::nullopt);
  EXPECT_EQ(big5("\xFF"), std::nullopt);
  EXPECT_EQ(big5("\x80"), std::nullopt);
}

TEST(Xml, EncodesWhatBig5LacksAsReferences) {
  EXPECT_EQ(to_hex(encode("中碁a", XmlEncoding::kBig5)), "a4a4f9d661");
  EXPECT_EQ(text_of(encode("𠀀", XmlEncoding::kBig5)), "&#131072;");
  EXPECT_FALSE(can_express("𠀀", XmlEncoding::kBig5));
  EXPECT_TRUE(can_express("墻", XmlEncoding::kBig5));
  EXPECT_THROW(encode("\xC0", XmlEncoding::kUtf8), std::invalid_argument);
  EXPECT_THROW(encode("\xC0", XmlEncoding::kBig5), std::invalid_argument);
}

// Every character of code page 950 comes back as the bytes it was, but for the doubles.
TEST(Xml, Big5IsStableOverTheWholePlane) {
  int count = 0;
  for (int lead = 0x81; lead <= 0xFE; ++lead) {
    for (int trail = 0x40; trail <= 0xFE; ++trail) {
      const Bytes bytes = {static_cast<std::uint8_t>(lead), static_cast<std::uint8_t>(trail)};
      const auto text = decode(bytes, XmlEncoding::kBig5);
      if (!text) continue;
      ++count;
      EXPECT_EQ(decode(encode(*text, XmlEncoding::kBig5), XmlEncoding::kBig5), text);
    }
  }
  EXPECT_GT(count, 13'000);
}

TEST(Xml, WritesWhatItReads) {
  XmlDocument document;
  document.prolog.encoding = XmlEncoding::kBig5;
  document.prolog.root_name = "信";
  document.prolog.system_id = "letter.dtd";
  XmlElement child{.name = "寄件", .attributes = {}, .children = {{"<&>\"'𠀀\r\n\t"}}, .line = 0};
  XmlElement text{.name = "文", .attributes = {{"級", "乙"}}, .children = {}, .line = 0};
  document.root.name = "信";
  document.root.children = {{child}, {text}};
  const Bytes bytes = write_xml(document);
  const auto reading = read_xml(bytes, catalogue());
  ASSERT_TRUE(reading.ok()) << reading.errors[0].found;
  EXPECT_EQ(reading.prolog->encoding, XmlEncoding::kBig5);
  EXPECT_EQ(reading.root->child("寄件")->text(), "<&>\"'𠀀\r\n\t");
  EXPECT_EQ(*reading.root->child("文")->attribute("級"), "乙");
  document.prolog.system_id = "a\"b'";
  EXPECT_THROW(write_xml(document), std::invalid_argument);
}

TEST(Xml, ReadsOnManyThreadsAtOnce) {
  start_xml();
  const std::string good = with_body("<信><寄件/><文/></信>");
  const std::string bad = with_body("<信><文/></信>");
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < 50; ++turn) {
        if (!read(good).ok()) ++wrong;
        if (read(bad).errors.size() != 1) ++wrong;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace yizhan
