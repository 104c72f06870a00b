#include "duty/baseline/debian_version.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace yizhan {
namespace {

DebianVersion version(std::string_view text) { return DebianVersion::parse(text).value(); }

// Debian policy 5.6.12, and what is seen in its archives.
TEST(DebianVersion, IsOrderedAsDpkgOrdersIt) {
  constexpr std::array<std::string_view, 17> kRising{
      "1.0~~",       "1.0~~a",         "1.0~",           "1.0",          "1.0-1~bpo12+1",
      "1.0-1",       "1.0-1+b1",       "1.0-1.1",        "1.0a",         "1.0+dfsg-1",
      "1.2",         "1.10",           "3.0.15-1~deb12u1", "3.0.15-1",   "10",
      "1:0.1",       "2:0"};
  for (std::size_t i = 0; i < kRising.size(); ++i) {
    for (std::size_t j = 0; j < kRising.size(); ++j) {
      EXPECT_EQ(version(kRising[i]) < version(kRising[j]), i < j)
          << kRising[i] << " and " << kRising[j];
    }
  }
}

TEST(DebianVersion, WritesTheSameVersionInMoreThanOneWay) {
  EXPECT_EQ(version("1.0"), version("1.00"));
  EXPECT_EQ(version("0:1.0-1"), version("1.0-01"));
  EXPECT_EQ(version("1.0"), version("1.0-0"));
  EXPECT_NE(version("1.0"), version("1.0-1"));
}

TEST(DebianVersion, IsNotAnyText) {
  for (const std::string_view text : {"", "1 0", "1.0;", "a:1", ":", "1:", "1.0\n", "版"}) {
    EXPECT_FALSE(DebianVersion::parse(text)) << text;
  }
  EXPECT_FALSE(DebianVersion::parse(std::string(129, '1')));
  EXPECT_TRUE(DebianVersion::parse(std::string(128, '1')));
}

}  // namespace
}  // namespace yizhan
