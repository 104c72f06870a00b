#include "tests/hostile/hostile_names.h"

// D06: names that deceive the eye or the decoder.

namespace yizhan {
namespace {

using namespace std::string_literals;

const Names kDeceptive = {
    "a\0.exe.txt"s, "a.exe\0.txt"s, "a\n.txt", "a\r\nX-Header: 1.txt", "a\t.txt", "a\x1b[2J.txt",
    "a\x7f.txt", "a\u0085.txt", "a\u2028.txt", "a\u2029.txt", "\u202egpj.txt",
    "a\u202egpj.exe.txt", "a\u202a.txt", "a\u2066b\u2069.txt", "a\u200f.txt", "a\u061c.txt",
    "a\u200b.txt", "a\u200c.txt", "a\u200d.txt", "a\u2060.txt", "\ufeffa.txt", "a\u00ad.txt",
    "a\u034f.txt", "a\ufe0f.txt", "a\u180e.txt", "a\u3164.txt", "a\uffa0.txt", "e\u0301.txt",
    "\u212b.txt", "\uf900.txt", "a\ufffe.txt", "\U000e0041.txt"};
const Names kBroken = {  // no UTF-8: no JSON can say them
    "\xc0\xae\xc0\xae.txt", "\xed\xa0\x80.txt", "\xff\xfe.txt", "a\xe4\xb8.txt"};

TEST(D06DeceptiveNames, AreNoNamesOfParts) {
  expect_no_names_of_parts(kDeceptive);
  expect_no_names_of_parts(kBroken);
}

TEST(D06DeceptiveNames, AreUnopenableInAPackage) { expect_unopenable_in_a_package(kDeceptive); }

TEST(D06DeceptiveNames, AreRefusedInsideArchives) {
  expect_refused_inside_archives({"a\u202egpj.exe", "a\u2066b.txt", "a\u200b.txt", "a\n.txt",
                                  "a\0.txt"s});
}

// Two that the eye or a file system takes for one.
TEST(D06DeceptiveNames, ThatDifferInCaseOnlyAreUnopenableTogether) {
  Stage stage;
  std::vector<TestPart> parts = letter_parts();
  parts.push_back({"1150001234-attch1.ODT", PartKind::kAttachment, small_odt()});
  EXPECT_EQ(stage.scanned(seal(stage.exchange, parts)), "refused unopenable");
}

}  // namespace
}  // namespace yizhan
