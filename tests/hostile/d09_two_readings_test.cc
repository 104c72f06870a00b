#include "tests/hostile/hostile_letter.h"

// D09: documents that two readers could read differently.

namespace yizhan {
namespace {

// One document, two readings: refused, or read by us in the one way that the standard knows.
using Documents = std::vector<std::pair<const char*, std::string>>;

void expect_refused(const Documents& documents) {
  for (const auto& [name, document] : documents) {
    const Read read = read_as(PartKind::kDi, document);
    EXPECT_NE(read.codes, "facts") << name;
    EXPECT_NE(read.codes, "scan_incomplete") << name;
  }
}

TEST(D09AmbiguousDocuments, AreRefusedByTheirEncoding) {
  const std::string plain = letter();
  const std::string declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
  const auto declared = [&](const std::string& other) {
    return replaced(plain, declaration, other);
  };
  const auto in_utf16 = [](const std::string& ascii, bool bom) {
    std::string wide = bom ? "\xff\xfe" : "";
    for (const char c : ascii) wide += std::string{c, '\0'};
    return wide;
  };
  expect_refused({
      {"utf-8 called big5", declared("<?xml version=\"1.0\" encoding=\"Big5\"?>")},
      {"utf-8 called latin", declared("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>")},
      {"utf-8 called utf-16", declared("<?xml version=\"1.0\" encoding=\"UTF-16\"?>")},
      {"utf-8 called utf-7", declared("<?xml version=\"1.0\" encoding=\"UTF-7\"?>")},
      {"utf-8 called ebcdic", declared("<?xml version=\"1.0\" encoding=\"IBM037\"?>")},
      {"mark of utf-8 and big5",
       "\xef\xbb\xbf" + declared("<?xml version=\"1.0\" encoding=\"Big5\"?>")},
      {"two marks", "\xef\xbb\xbf\xef\xbb\xbf" + plain},
      {"mark of utf-16 before utf-8", "\xff\xfe" + plain},
      {"utf-16", in_utf16("<?xml version=\"1.0\"?><a/>", true)},
      {"utf-16 without mark", in_utf16("<?xml version=\"1.0\"?><a/>", false)},
      {"mark of utf-32", std::string("\xff\xfe\0\0", 4) + plain},
      {"overlong", letter_saying("\xc0\xbc")},
      {"lone surrogate", letter_saying("\xed\xa0\x80")},
      {"cut off", letter_saying("\xe4\xb8")}});
}

TEST(D09AmbiguousDocuments, AreRefusedByTheirStructure) {
  const std::string plain = letter();
  const std::string declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
  const auto declared = [&](const std::string& other) {
    return replaced(plain, declaration, other);
  };
  expect_refused({
      {"declaration twice", declaration + plain},
      {"declaration after a space", " " + plain},
      {"declaration after a comment", "<!-- -->" + plain},
      {"xml 1.1", declared("<?xml version=\"1.1\" encoding=\"UTF-8\"?>")},
      {"another doctype", declared(declaration + "<!DOCTYPE 函 SYSTEM \"104_2_utf8.dtd\">")},
      {"doctype in lower case", replaced(plain, "<!DOCTYPE", "<!doctype")},
      {"doctype of another root", replaced(plain, "<!DOCTYPE 函 ", "<!DOCTYPE 令 ")},
      {"doctype in a comment", replaced(replaced(plain, "<!DOCTYPE", "<!-- <!DOCTYPE"), "]>\n<函",
                                        "]> -->\n<函")},
      {"doctype after the root", replaced(plain, "</函>", "</函><!DOCTYPE 函 SYSTEM \"x\">")},
      {"second root", plain + replaced(plain, declaration, "")},
      {"text behind", plain + "x"},
      {"nul behind", plain + std::string(1, '\0')},
      {"attribute twice", replaced(plain, "<函類別 代碼=\"函\"/>",
                                   "<函類別 代碼=\"函\" 代碼=\"書函\"/>")},
      {"attribute twice by prefix",
       replaced(plain, "<函類別 代碼=\"函\"/>",
                "<函類別 xmlns:a=\"u\" xmlns:b=\"u\" a:x=\"1\" b:x=\"2\" 代碼=\"函\"/>")},
      {"lt redefined", letter_declaring("<!ENTITY lt \"x\">")},
      {"amp redefined", letter_declaring("<!ENTITY amp \"x\">")},
      {"attribute default", letter_declaring("<!ATTLIST 速別 代碼 CDATA \"最速件\">")},
      {"element redefined", letter_declaring("<!ELEMENT 主旨 ANY>")},
      {"ignored section", letter_declaring("<![IGNORE[ <!ENTITY a \"b\"> ]]>")},
      {"reference to nul", letter_saying("&#0;")},
      {"reference to a control", letter_saying("&#8;")},
      {"reference to a surrogate", letter_saying("&#xD800;")},
      {"reference beyond unicode", letter_saying("&#x110000;")},
      {"reference without end", letter_saying("&#x41")},
      {"processing instruction", letter_saying("<?php 1 ?>")},
      {"cdata end alone", letter_saying("]]>")}});
}

TEST(D09DifferentSpellings, OfOneDocumentSayTheSame) {
  const std::string plain = letter();
  const Read wanted = read_as(PartKind::kDi, plain);
  ASSERT_EQ(wanted.codes, "facts");
  std::string crlf;
  for (const char c : plain) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  for (const auto& [name, document] : std::vector<std::pair<const char*, std::string>>{
           {"mark of utf-8", "\xef\xbb\xbf" + plain},
           {"crlf", crlf},
           {"without declaration",
            replaced(plain, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "")},
           {"comment", replaced(plain, "<主旨>", "<!-- > --><主旨>")},
           {"reference for a character", replaced(plain, "<文字>檢送", "<文字>&#x6aa2;送")},
           {"cdata", replaced(plain, "<文字>檢送", "<文字><![CDATA[檢]]>送")},
           {"white space", replaced(plain, "<主旨>", "\n\t <主旨>")}}) {
    const Read read = read_as(PartKind::kDi, document);
    EXPECT_EQ(read.codes, "facts") << name;
    EXPECT_EQ(read.facts, wanted.facts) << name;
  }
}

}  // namespace
}  // namespace yizhan
