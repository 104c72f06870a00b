#include "tests/hostile/listed_agencies.h"

// N08: mapped, padded, scoped and forwarded forms of an address.

namespace yizhan {
namespace {

class N08FormsOfAddresses : public ListedAgencies {};

TEST_F(N08FormsOfAddresses, AreComparedWholeAndNeverByTheirLooks) {
  const Certificate& own = listed_[0].tls.certificate();  // 10.0.0.1
  ASSERT_TRUE(who("10.0.0.1", own).ok());
  for (const char* other :
       {"", "unix", "10.0.0.10", "10.0.0.1 ", " 10.0.0.1", "10.0.0.01", "010.0.0.1", "10.0.1",
        "167772161", "::ffff:10.0.0.1", "10.0.0.1%eth0", "10.0.0.1:443", "127.0.0.1", "0.0.0.0",
        "::1", "10.0.0.1,10.0.0.2"}) {
    EXPECT_EQ(who(other, own).reason(), Reason::kUnlistedAddress) << other;
  }
}

}  // namespace
}  // namespace yizhan
