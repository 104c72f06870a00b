#include "role/exchange/centre_routes.h"

#include <gtest/gtest.h>

#include "tests/support/clause.h"
#include "tests/support/small_exchange.h"

namespace yizhan {
namespace {

class CentreRoutes : public ::testing::Test {
 protected:
  CentreRoutes() {
    second_.certificates.push_back(SmallExchange::certificate(Purpose::kTls, key_));
    second_.centre_port = 9443;
    second_.addresses = {"192.0.2.2"};
  }
  Result<OfferingCentre> identify(const std::string& address, const Certificate& certificate) {
    Peer peer;
    peer.address = address;
    peer.certificate = certificate;
    return identify_centre(peer, exchange_.directory(), kTestNow);
  }

  SmallExchange exchange_;
  Centre& second_ = exchange_.centres[1];
  SoftwareKey key_ = exchange_.authority.issue(
      {.subject = "CENTRE-2 tls", .usage = CertificateUsage::kTls});
};

TEST_F(CentreRoutes, AdmitsACentreFromItsOwnAddressesOnly) {
  CLAUSE("五(二)4");
  const auto from = identify("192.0.2.2", key_.certificate());
  ASSERT_TRUE(from.ok());
  EXPECT_EQ(from->code, exchange_.second.code);
  EXPECT_EQ(identify("192.0.2.3", key_.certificate()).reason(), Reason::kUnlistedAddress);
}

TEST_F(CentreRoutes, AnAgencyIsNoCentreAndNorIsACertificateForAnotherPurpose) {
  EXPECT_EQ(identify("192.0.2.2", exchange_.a.tls.certificate()).reason(),
            Reason::kCertificateUnregistered);
  EXPECT_EQ(identify("192.0.2.2", exchange_.second.evidence.certificate()).reason(),
            Reason::kCertificateUnregistered);
  EXPECT_EQ(identify_centre({}, exchange_.directory(), kTestNow).reason(),
            Reason::kCertificateUnregistered);
}

TEST_F(CentreRoutes, OneThatNeitherTakesOverNorHandsOverIsNotAdmitted) {
  second_.centre_port = 0;
  EXPECT_EQ(identify("192.0.2.2", key_.certificate()).reason(), Reason::kUnlistedAddress);
}

TEST_F(CentreRoutes, ACentreOutOfServiceIsNotAdmitted) {
  second_.standing = Standing::kSuspended;
  EXPECT_EQ(identify("192.0.2.2", key_.certificate()).reason(), Reason::kForbidden);
}

}  // namespace
}  // namespace yizhan
