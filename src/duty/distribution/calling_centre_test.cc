#include "duty/distribution/calling_centre.h"

#include <gtest/gtest.h>

#include "tests/support/clause.h"
#include "tests/support/small_exchange.h"

namespace yizhan {
namespace {

class CallingCentre : public ::testing::Test {
 protected:
  CallingCentre() { first_.addresses = {"192.0.2.1"}; }
  Result<CentreCode> find(const std::string& address, const Certificate& certificate) {
    return find_calling_centre({.address = address, .certificate = certificate},
                               exchange_.directory(), kTestNow);
  }

  SmallExchange exchange_;
  Centre& first_ = exchange_.centres[0];
  Certificate tls_ = exchange_.first.tls.certificate();
};

TEST_F(CallingCentre, ComesFromItsOwnAddressesOnly) {
  CLAUSE("五(二)4");
  EXPECT_EQ(find("192.0.2.1", tls_).value(), exchange_.first.code);
  EXPECT_EQ(find("192.0.2.9", tls_).reason(), Reason::kUnlistedAddress);
}

TEST_F(CallingCentre, ShowsACertificateThatIsRegisteredForItsLine) {
  EXPECT_EQ(find("192.0.2.1", exchange_.first.evidence.certificate()).reason(),
            Reason::kCertificateUnregistered);
  EXPECT_EQ(find("127.0.0.1", exchange_.a.tls.certificate()).reason(),
            Reason::kCertificateUnregistered);
  EXPECT_EQ(find_calling_centre({.address = "192.0.2.1"}, exchange_.directory(), kTestNow).reason(),
            Reason::kCertificateUnregistered);
}

TEST_F(CallingCentre, ASuspendedOneLearnsWhatBecomesOfItAndAClosedOneDoesNot) {
  first_.standing = Standing::kSuspended;
  EXPECT_TRUE(find("192.0.2.1", tls_));
  first_.standing = Standing::kClosed;
  EXPECT_EQ(find("192.0.2.1", tls_).reason(), Reason::kForbidden);
}

}  // namespace
}  // namespace yizhan
