#include "model/part_name/part_name.h"

#include <gtest/gtest.h>

namespace yizhan {
namespace {

using namespace std::string_literals;

TEST(PartName, IsOneVisibleStorableComponent) {
  for (const std::string name :
       {"公文附件.pdf", "a b (1).odt", "第1.2版.txt", "á.txt", "\U0002a6b2.txt", "\ue000.txt",
        "a.b", "COM.txt", "COM10.txt", "console.txt", "a~1.txt"}) {
    EXPECT_TRUE(check_part_name(name).ok()) << name;
  }
  for (const std::string& name : {""s,
                                  "."s,
                                  ".."s,
                                  ".a"s,
                                  "a."s,
                                  " a"s,
                                  "a "s,
                                  "\u3000a"s,
                                  "a/b"s,
                                  "a\\b"s,
                                  "../a"s,
                                  "a\0b"s,
                                  "a\nb"s,
                                  "a\x7f"s,
                                  "a\u0085"s,
                                  "\u202etxt.exe"s,
                                  "a\u2066b"s,
                                  "a\u200bb"s,
                                  "a\u200db"s,
                                  "\ufeff"s + "a",
                                  "a\u00adb"s,
                                  "a\u2028b"s,
                                  "\u3164"s,
                                  "a\ufe0f"s,
                                  "a\u17b4b"s,
                                  "\u845b\U000e0100"s,
                                  "a:b"s,
                                  "a*b"s,
                                  "a?b"s,
                                  "a|b"s,
                                  "a#b"s,
                                  "<a>"s,
                                  "\"a\""s,
                                  "CON"s,
                                  "con.txt"s,
                                  "Aux .txt"s,
                                  "com1.tar.gz"s,
                                  "LPT\u00b9.txt"s,
                                  "CONIN$"s,
                                  "a\u0301"s,
                                  "a\ufdd0"s,
                                  "\xff"s,
                                  "\xc0\xaf"s,
                                  "\xed\xa0\x80"s,
                                  std::string(201, 'a')}) {
    const Result<void> checked = check_part_name(name);
    ASSERT_FALSE(checked.ok()) << name;
    EXPECT_EQ(checked.reason(), Reason::kAttachmentName) << name;
  }
  EXPECT_TRUE(check_part_name(std::string(200, 'a')).ok());
}

TEST(PartName, FoldsWhatPeopleWouldConfuse) {
  EXPECT_EQ(folded_name("Plan.PDF"), folded_name("plan.pdf"));
  EXPECT_EQ(folded_name("\u00c1.txt"), folded_name("\u00e1.txt"));
  EXPECT_NE(folded_name("計畫.pdf"), folded_name("計劃.pdf"));
}

}  // namespace
}  // namespace yizhan
