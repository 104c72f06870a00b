#include <gtest/gtest.h>

#include "model/document/test_fixtures.h"

// Hostile documents: entities, external loads, nesting, encodings, file names (D03-D06).

namespace yizhan {
namespace {

struct Attack {
  const char* name;
  const char* code;
};

void PrintTo(const Attack& attack, std::ostream* out) { *out << attack.name; }

class Attacks : public ::testing::TestWithParam<Attack> {};

TEST_P(Attacks, AreRefused) {
  const auto checked = parse_document(fixture(std::string("attack/") + GetParam().name + ".di"));
  EXPECT_FALSE(checked.ok());
  ASSERT_FALSE(checked.issues.empty());
  EXPECT_EQ(checked.issues.front().code, GetParam().code)
      << describe(checked.issues.front()).dump();
}

constexpr Attack kAttacks[] = {
    {"billion_laughs", "entity_forbidden"},
    {"billion_laughs_in_attribute", "entity_forbidden"},
    {"quadratic_blowup", "entity_forbidden"},
    {"xxe_file", "entity_forbidden"},
    {"xxe_http", "entity_forbidden"},
    {"xxe_unused", "entity_forbidden"},
    {"parameter_entity", "entity_forbidden"},
    {"parameter_entity_reference", "entity_forbidden"},
    {"parameter_entity_spaced", "entity_forbidden"},
    {"external_type_file", "doctype_unregistered"},
    {"external_type_http", "doctype_unregistered"},
    {"external_type_path", "doctype_unregistered"},
    {"public_identifier", "public_identifier"},
    {"public_entity", "public_identifier"},
    {"element_redeclared", "declaration_forbidden"},
    {"attribute_redeclared", "declaration_forbidden"},
    {"conditional_section", "declaration_forbidden"},
    {"second_doctype", "declaration_forbidden"},
    {"entity_twice", "entity_twice"},
    {"xinclude", "attribute_unknown"},
    {"stylesheet", "processing_instruction"},
    {"schema_location", "attribute_unknown"},
    {"deep_nesting", "too_deep"},
    {"utf7", "encoding_unsupported"},
    {"utf16", "encoding_broken"},
    {"overlong_utf8", "encoding_broken"},
    {"lone_surrogate", "encoding_broken"},
    {"nul_byte", "encoding_broken"},
    {"control_character", "malformed"},
    {"broken_big5", "encoding_broken"},
};
INSTANTIATE_TEST_SUITE_P(Documents, Attacks, ::testing::ValuesIn(kAttacks),
                         [](const auto& attack) { return std::string(attack.param.name); });

// Valid as XML: their names are data until someone would use them.
constexpr const char* kBadNames[] = {"path_traversal", "absolute_path", "backslash_path",
                                     "file_url",       "bidi_name",     "zero_width_name",
                                     "not_nfc_name",   "device_name"};

TEST(HostileDocuments, OnFileNamesAreRefusedEvenIfSuchAFileIsThere) {
  for (const char* name : kBadNames) {
    const auto checked = parse_document(fixture(std::string("attack/") + name + ".di"));
    ASSERT_TRUE(checked.ok()) << name << ": " << codes_of(checked.issues);
    std::vector<AttachmentFact> files;
    for (const DeclaredFile& file : checked.value->attachments)
      files.push_back({file.file_name, 1});
    const auto roster = parse_roster(fixture("valid/104_utf8/letter.sw"));
    EXPECT_EQ(codes_of(cross_check(*checked.value, &*roster.value, files)), "attachment_name")
        << name;
  }
}

TEST(HostileDocuments, AllHaveATest) {
  for (const auto& path : fixtures_in("attack", ".di")) {
    const auto named = [&](const auto& name) { return path.stem() == name; };
    const bool known =
        std::any_of(std::begin(kBadNames), std::end(kBadNames), named) ||
        std::any_of(std::begin(kAttacks), std::end(kAttacks),
                    [&](const Attack& attack) { return path.stem() == attack.name; });
    EXPECT_TRUE(known) << path;
  }
}

TEST(HostileDocuments, OnSizeAndAttributesEndEarly) {
  Bytes big(4U * 1024 * 1024 + 1, ' ');
  EXPECT_EQ(codes_of(parse_document(big).issues), "too_large");
  std::string text = "<!DOCTYPE 函 SYSTEM \"104_2_utf8.dtd\"><函";
  for (int i = 0; i < 300'000; ++i) text += " a" + std::to_string(i) + "=\"\"";
  EXPECT_EQ(codes_of(parse_document(bytes_of(text + "/>")).issues), "too_many_attributes");
}

TEST(HostileDocuments, CannotPutPlaceholdersOrBrokenTextIntoMessages) {
  const std::string text = "<!DOCTYPE 函 SYSTEM \"{找到}{元素}\"><函/>";
  const auto checked = parse_document(bytes_of(text));
  ASSERT_EQ(codes_of(checked.issues), "doctype_unregistered");
  EXPECT_NE(checked.issues[0].message_zh.find("「{找到}{元素}」"), std::string::npos);
  const std::string longer = "<!DOCTYPE 函 SYSTEM \"" + std::string(1, 'x') + [] {
    std::string name;
    for (int i = 0; i < 500; ++i) name += "難";
    return name;
  }() + "\"><函/>";
  const auto shortened = parse_document(bytes_of(longer));
  EXPECT_LE(shortened.issues.at(0).found.size(), 203U);
  EXPECT_NO_THROW(static_cast<void>(describe(shortened.issues[0]).dump()));
}

}  // namespace
}  // namespace yizhan
