#include "tests/hostile/stage.h"

// D02, V02: archives that are larger inside than out, and malware where an engine gives up looking.

namespace yizhan {
namespace {

constexpr std::uint64_t kMemoryMax = 64ULL << 20;

Bytes nested(Bytes innermost, int depth) {
  for (; depth > 0; --depth) {
    innermost = zip_of({packed("inner.zip", text_of(innermost))});
  }
  return innermost;
}

std::string random_text(std::size_t size) {
  return std::string(text_of(random_bytes(size)));
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

// Through the whole scanner, with the real engine behind our own inventory.

class D02HiddenMalware : public ::testing::Test {
 protected:
  std::string scanned(const std::string& name, const Bytes& bytes) {
    const TestPackage package =
        seal(exchange_, mail_with(name, std::string(text_of(bytes))));
    return scanned_by(*stage_.scanner, package);
  }
  static std::string scanned_by(TestScanner& scanner, const TestPackage& package) {
    const Result<Bytes> cms = scanner.desk.scan({order_for(package), file_of(package.body)});
    if (!cms) return "none " + std::string(code_of(cms.reason()));
    const Verdict verdict = open_verdict(*cms)->verdict;
    std::string words(text_of(verdict.result));
    if (verdict.result == ScanResult::kInfected) return words;
    if (verdict.reason) words += " " + std::string(code_of(*verdict.reason));
    return words;
  }
  static Bytes eicar_in_zip() { return zip_of({packed("eicar.txt", eicar_test_file())}); }

  Stage stage_;
  SmallExchange& exchange_ = stage_.exchange;
};

TEST_F(D02HiddenMalware, IsFoundOrHeldAtEveryDepth) {
  for (const int depth : {0, 1, 2, 3, 4, 5, 6, 7}) {
    EXPECT_EQ(scanned("a.zip", nested(eicar_in_zip(), depth)), "infected") << depth;
  }
  for (const int depth : {8, 12, 17, 20, 28, 29, 30, 31, 40}) {  // 30: where the engine stops
    const std::string words = scanned("a.zip", nested(eicar_in_zip(), depth));
    EXPECT_EQ(words, "incomplete archive_limits") << depth;
  }
}

TEST_F(D02HiddenMalware, IsFoundOrHeldBehindPadding) {
  const std::string padding = random_text(30U << 20);  // more than the 25 MB of many an engine
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(scanned("a.zip", zip_of({stored("padding.bin", padding),
                                     packed("eicar.txt", eicar_test_file())})),
            "infected");
  const Bytes wide = zip_of({stored("padding.bin", padding)});
  EXPECT_EQ(scanned("a.zip", zip_of({stored("inner.zip", text_of(wide)),
                                     packed("eicar.txt", eicar_test_file())})),
            "infected");
  EXPECT_EQ(scanned("a.zip", zip_of({zeros("zeros.bin", 30),
                                     packed("eicar.txt", eicar_test_file())})),
            "incomplete archive_limits");
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begun;
  std::cout << "[ measured ] two scans of 30 MiB: " << spent.count() << " s\n";
}

TEST_F(D02HiddenMalware, IsFoundOrHeldInContainersOfManyShapes) {
  const std::string zip(text_of(eicar_in_zip()));
  ZipMember twice = packed("eicar.txt", eicar_test_file());
  twice.central_name = "harmless.txt";
  ZipMember unknown_packing = packed("eicar.txt", eicar_test_file());
  unknown_packing.method = 97;
  ZipMember broken_sum = packed("eicar.txt", eicar_test_file());
  broken_sum.checksum ^= 1;
  ZipMember locked = packed("eicar.txt", eicar_test_file());
  locked.flags |= 1;
  const std::vector<std::pair<std::string, Bytes>> parts = {
      {"two-names.zip", zip_of({twice})},
      {"unknown-packing.zip", zip_of({unknown_packing})},
      {"broken-sum.zip", zip_of({broken_sum})},
      {"locked.zip", zip_of({locked})},
      {"in-front.zip", ZipMaker().raw("MZ garbage").add(stored("a", "a")).make()},
      {"behind.zip", ZipMaker().add(packed("eicar.txt", eicar_test_file())).make("a comment")},
      {"twice.zip", zip_of({packed("a.txt", "a"), packed("a.txt", eicar_test_file())})},
      {"unlisted.zip", ZipMaker().raw(zip).add(packed("a.txt", "a")).make()},
      {"picture.png", copy_of(bytes_of("\x89PNG\r\n\x1a\n" + zip))},
      {"document.pdf", copy_of(bytes_of(kSmallPdf + zip))},
      {"text.txt", copy_of(bytes_of(std::string(kSmallPdf) + zip))}};
  for (const auto& [name, bytes] : parts) {
    const std::string words = scanned(name, bytes);
    EXPECT_NE(words, "clean") << name;
    EXPECT_FALSE(words.starts_with("none")) << name << ": " << words;
  }
}

// An engine with limits of its own below ours.
class SmallEngine {
 public:
  explicit SmallEngine(const std::string& tells_of_limits) {
    server.kill();
    server.set_option("AlertExceedsMax", tells_of_limits);
    server.set_option("MaxFileSize", "1M");
    server.set_option("MaxScanSize", "1M");
    server.start();
  }
  ClamdServer server;
};

TEST_F(D02HiddenMalware, IsHeldByAnEngineThatSaysWhereItStopped) {
  SmallEngine engine("yes");
  TestScanner scanner(exchange_, nursery(), engine.server.socket_path(), {dateless_policy()});
  const Bytes far_behind = zip_of({stored("padding.bin", random_text(3U << 20)),
                                   packed("eicar.txt", eicar_test_file())});
  const TestPackage package = seal(exchange_, mail_with("a.zip", std::string(text_of(far_behind))));
  EXPECT_EQ(scanned_by(scanner, package), "incomplete archive_limits");
  EXPECT_EQ(scanned_by(scanner, seal(exchange_, mail_with("a.txt", "附件"))), "clean");
}

// Debian's own setting: whatever is beyond a limit is called OK.
TEST_F(D02HiddenMalware, IsHeldByAnEngineThatKeepsSilentAboutItsLimits) {
  SmallEngine engine("no");
  TestScanner scanner(exchange_, nursery(), engine.server.socket_path(), {dateless_policy()});
  const Bytes far_behind = zip_of({stored("padding.bin", random_text(3U << 20)),
                                   packed("eicar.txt", eicar_test_file())});
  const TestPackage package = seal(exchange_, mail_with("a.zip", std::string(text_of(far_behind))));
  EXPECT_EQ(scanned_by(scanner, package), "none scanner_unavailable");
  EXPECT_FALSE(scanner.desk.check().ok());
}

}  // namespace
}  // namespace yizhan
