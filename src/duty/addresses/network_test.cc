#include "duty/addresses/network.h"

#include <gtest/gtest.h>

namespace yizhan {
namespace {

Network network(const std::string& text) { return Network::parse(text).value(); }

TEST(Network, ReadsAddressesAndRanges) {
  EXPECT_EQ(network("203.0.113.7").text(), "203.0.113.7");
  EXPECT_FALSE(network("203.0.113.7/32").is_range());
  EXPECT_EQ(network("203.0.113.16/28").text(), "203.0.113.16/28");
  EXPECT_EQ(network("2001:DB8:0:0::7").text(), "2001:db8::7");
  EXPECT_TRUE(network("2001:db8:1::/48").is_range());
}

TEST(Network, RefusesWhatIsNoLiteralOrNobodysOwn) {
  for (const char* text :
       {"", "localhost", "exchange.example.tw", "203.0.113", "203.0.113.7 ", "203.0.113.256",
        "203.0.113.7/", "203.0.113.7/33", "203.0.113.7/24", "203.0.113.0/-1", "203.0.113.0/24x",
        "10.0.0.0/8", "0.0.0.0", "0.0.0.0/0", "224.0.0.1", "::", "::/0", "ff02::1",
        "::ffff:203.0.113.7", "2001:db8::/16", "010.0.0.1", "203.0.113.7;accept"}) {
    EXPECT_EQ(Network::parse(text).reason(), Reason::kMalformed) << text;
  }
}

TEST(Network, ARangeContainsItsAddressesAndNoOthers) {
  const Network range = network("203.0.113.16/28");
  EXPECT_TRUE(range.contains(network("203.0.113.16")));
  EXPECT_TRUE(range.contains(network("203.0.113.31")));
  EXPECT_TRUE(range.contains(network("203.0.113.24/29")));
  EXPECT_TRUE(range.contains(range));
  EXPECT_FALSE(range.contains(network("203.0.113.32")));
  EXPECT_FALSE(range.contains(network("203.0.113.0/24")));
  EXPECT_FALSE(range.contains(network("::203.0.113.16")));
  EXPECT_TRUE(network("203.0.113.0/24").overlaps(range));
  EXPECT_TRUE(range.overlaps(network("203.0.113.0/24")));
}

}  // namespace
}  // namespace yizhan
