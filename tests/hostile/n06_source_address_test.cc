#include "tests/hostile/listed_agencies.h"
#include "tests/support/clause.h"

// N06: the right address with another's certificate, the right certificate from another's
// address.

namespace yizhan {
namespace {

class N06SourceAddress : public ListedAgencies {};

TEST_F(N06SourceAddress, AndCertificateMustBeOfOneAgencyInEveryPairOfFifty) {
  CLAUSE("五(二)4");
  int passed = 0;
  for (const Listed& from : listed_) {
    for (const Listed& with : listed_) {
      for (const std::string& address : from.addresses) {
        const bool registered = std::ranges::count(with.addresses, address) > 0;
        const Result<OrgCode> org = who(address, with.tls.certificate());
        ASSERT_EQ(org.ok(), registered) << address << " " << with.code.text();
        EXPECT_TRUE(org ? *org == with.code : org.reason() == Reason::kUnlistedAddress);
        passed += org.ok() ? 1 : 0;
      }
    }
  }
  EXPECT_EQ(passed, kAgencies + 1 + 2) << "the diagonal and the exceptions";
}

TEST_F(N06SourceAddress, DoesNotHelpWithoutTheRegisteredTlsCertificate) {
  SoftwareKey unknown = exchange_.authority.issue(
      {.subject = "T10000000A", .usage = CertificateUsage::kTls});
  EXPECT_EQ(who("10.0.0.1", std::nullopt).reason(), Reason::kCertificateUnregistered);
  EXPECT_EQ(who("10.0.0.1", unknown.certificate()).reason(), Reason::kCertificateUnregistered);
  const Directory small = exchange_.directory();
  for (const SoftwareKey* key : {&exchange_.a.sign, &exchange_.a.encrypt, &exchange_.first.scanner,
                                 &exchange_.first.evidence, &exchange_.management}) {
    EXPECT_EQ(identify({.address = "127.0.0.1", .certificate = key->certificate()}, small, kTestNow)
                  .reason(),
              Reason::kCertificateUnregistered)
        << key->certificate().subject();
  }
  const Time later = kTestNow + std::chrono::hours{24 * 366};
  EXPECT_EQ(identify({.address = "127.0.0.1", .certificate = exchange_.a.tls.certificate()}, small,
                     later)
                .reason(),
            Reason::kCertificateUnregistered);
}

}  // namespace
}  // namespace yizhan
