#include "tests/hostile/hidden_malware.h"

// D02: archives that are larger inside than out, and malware behind more of them than an engine
// looks into.

namespace yizhan {
namespace {

constexpr std::uint64_t kMemoryMax = 64ULL << 20;

Bytes nested(Bytes innermost, int depth) {
  for (; depth > 0; --depth) {
    innermost = zip_of({packed("inner.zip", text_of(innermost))});
  }
  return innermost;
}

// What the confined child says about a part: within the time, and the same when it may not add
// more than kMemoryMax of address space.
std::string judged(const std::string& name, const Bytes& bytes) {
  const FileHandle file = file_of(bytes);
  const auto facts =
      in_time(name, [&] { return Inspector(nursery()).inspect_part(name, file, {}); });
  const std::array descriptors{file.descriptor()};
  const ConfinedLimits tight{.memory_bytes = kMemoryMax};
  const auto outcome =
      nursery().watch("part", write_part_question(name, {}), descriptors, tight);
  EXPECT_EQ(outcome.end, ConfinedEnd::kAnswered) << name;
  const auto again = parse_part_answer(outcome.answer);
  const auto words = [](const Result<ContentFacts>& said) {
    return said ? "passed" : std::string(code_of(said.reason()));
  };
  EXPECT_EQ(words(facts), words(again)) << name << " in 64 MB";
  return words(facts);
}

Bytes overlapping() {
  const ZipMember kernel = zeros("kernel", 64);
  ZipMaker maker;
  maker.add(kernel);
  ZipMember quoted = kernel;
  for (int copy = 0; copy < 9000; ++copy) {
    quoted.central_name = "copy " + std::to_string(copy);
    maker.point_at(quoted, 0);
  }
  return maker.make();
}

Bytes like_42_zip() {
  Bytes layer = zip_of({zeros("zeros", 64)});
  for (int depth = 1; depth < 5; ++depth) {
    ZipMaker maker;
    for (int copy = 0; copy < 16; ++copy) {
      maker.add(packed("lib " + std::to_string(copy) + ".zip", text_of(layer)));
    }
    layer = maker.make();
  }
  return layer;
}

TEST(D02Bombs, EndInTheirCageWithinASecondAnd64Mebibytes) {
  const ZipMember gibibyte = zeros("zeros", 1024);
  ZipMember understated = gibibyte;
  understated.unpacked = understated.packed.size() * 90;
  const ZipMember mime = stored("mimetype", "application/vnd.oasis.opendocument.text");
  ZipMember content = gibibyte;
  content.name = "content.xml";
  EXPECT_EQ(judged("flat.zip", zip_of({gibibyte})), "archive_limits");
  EXPECT_EQ(judged("understated.zip", zip_of({packed("a", "a"), understated})), "archive_limits");
  EXPECT_EQ(judged("nested.zip", nested(zip_of({zeros("z", 256)}), 5)), "archive_limits");
  EXPECT_EQ(judged("deep.zip", nested(zip_of({zeros("z", 256)}), 30)), "archive_limits");
  EXPECT_EQ(judged("42.zip", like_42_zip()), "archive_limits");
  EXPECT_EQ(judged("overlapping.zip", overlapping()), "malformed");
  EXPECT_EQ(judged("document.odt", zip_of({mime, content})), "archive_limits");
  EXPECT_EQ(judged("document.docx",
                   zip_of({packed("[Content_Types].xml", "<Types/>"),
                           packed("word/document.xml", "<a/>"), gibibyte})),
            "archive_limits");
  ZipMaker many;
  for (int copy = 0; copy < 10'001; ++copy) many.add(stored(std::to_string(copy), ""));
  EXPECT_EQ(judged("many.zip", many.make()), "archive_limits");
  EXPECT_EQ(judged("harmless.zip", zip_of({packed("a.txt", "a")})), "passed");
}

class D02HiddenMalware : public HiddenMalware {};

TEST_F(D02HiddenMalware, IsFoundOrHeldAtEveryDepth) {
  for (const int depth : {0, 1, 2, 3, 4, 5, 6, 7}) {
    EXPECT_EQ(scanned("a.zip", nested(eicar_in_zip(), depth)), "infected") << depth;
  }
  for (const int depth : {8, 12, 17, 20, 28, 29, 30, 31, 40}) {  // 30: where the engine stops
    const std::string words = scanned("a.zip", nested(eicar_in_zip(), depth));
    EXPECT_EQ(words, "incomplete archive_limits") << depth;
  }
}

// Within the second that a child may take: sealing the letter is its sender's work.
TEST_F(D02HiddenMalware, IsFoundOrHeldWithinASecondBehindPadding) {
  const auto scanned_in_time = [this](const std::string& what, const Bytes& zip) {
    const TestPackage package = package_with("a.zip", zip);
    return in_time(what, [&] { return scanned_by(*stage_.scanner, package); });
  };
  const std::string padding = random_text(26U << 20);  // more than the 25 MB of many an engine
  const ZipMember eicar = packed("eicar.txt", eicar_test_file());
  const Bytes wide = zip_of({stored("padding.bin", padding)});
  EXPECT_EQ(scanned_in_time("behind 26 MiB", zip_of({stored("padding.bin", padding), eicar})),
            "infected");
  // The engine looks through these twice: inside and as they are.
  EXPECT_EQ(scanned("a.zip", zip_of({stored("inner.zip", text_of(wide)), eicar})), "infected");
  EXPECT_EQ(scanned_in_time("behind 30 MiB of zeros", zip_of({zeros("zeros.bin", 30), eicar})),
            "incomplete archive_limits");
}

}  // namespace
}  // namespace yizhan
