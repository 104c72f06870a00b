#include "duty/release/release_version.h"

#include <gtest/gtest.h>

namespace yizhan {
namespace {

ReleaseVersion version(std::string_view text) { return ReleaseVersion::parse(text).value(); }

TEST(ReleaseVersion, IsThreeNumbersInTheOneWayOfWritingThem) {
  EXPECT_EQ(version("1.4.0").text(), "1.4.0");
  EXPECT_EQ(version("0.0.999999").text(), "0.0.999999");
  for (const char* text : {"", "1", "1.4", "1.4.0.1", "1.04.0", "1.4.", ".4.0", "1.-4.0", "1.4.x",
                           "1.4.1000000", "1.4.0~rc1", " 1.4.0", "+1.4.0"}) {
    EXPECT_FALSE(ReleaseVersion::parse(text)) << text;
  }
}

TEST(ReleaseVersion, AreInTheOrderOfTheirNumbers) {
  EXPECT_LT(version("1.9.9"), version("1.10.0"));
  EXPECT_LT(version("1.10.0"), version("2.0.0"));
  EXPECT_EQ(version("1.4.0"), version("1.4.0"));
}

}  // namespace
}  // namespace yizhan
