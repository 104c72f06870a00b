#include "tests/hostile/hostile_names.h"

#include "model/part_name/part_name.h"

namespace yizhan {

void expect_no_names_of_parts(const Names& names) {
  for (const std::string& name : names) {
    EXPECT_FALSE(check_part_name(name).ok()) << to_hex(bytes_of(name));
    const auto facts = Inspector(nursery()).inspect_part(name, file_of(bytes_of("text")), {});
    ASSERT_FALSE(facts.ok()) << to_hex(bytes_of(name));
    EXPECT_TRUE(facts.reason() == Reason::kAttachmentName ||
                facts.reason() == Reason::kAttachmentType)
        << to_hex(bytes_of(name)) << ' ' << code_of(facts.reason());
  }
  EXPECT_TRUE(check_part_name("附件一.txt").ok());
}

void expect_unopenable_in_a_package(const Names& names) {
  Stage stage;
  for (const std::string& name : names) {
    std::vector<TestPart> parts = letter_parts();
    parts.push_back({name, PartKind::kAttachment, "text"});
    const TestPackage package =
        seal(stage.exchange, parts, [](Header& header) { header.urgency = Urgency::kFast; });
    EXPECT_EQ(stage.scanned(package), "refused unopenable") << name;
    EXPECT_EQ(stage.opened(stage.consign(package, stage.exchange.b)), "unopenable at step 11")
        << name;
  }
}

void expect_refused_inside_archives(const Names& names) {
  const Inspector inspector(nursery());
  for (const std::string& name : names) {
    const auto facts = inspector.inspect_part("a.zip", file_of(zip_of({stored(name, "text")})), {});
    ASSERT_FALSE(facts.ok()) << to_hex(bytes_of(name));
    EXPECT_TRUE(facts.reason() == Reason::kContentRefused || facts.reason() == Reason::kMalformed)
        << to_hex(bytes_of(name)) << ' ' << code_of(facts.reason());
  }
}

}  // namespace yizhan
