#include <gtest/gtest.h>

#include "role/exchange/exchange.h"
#include "tests/support/clause.h"
#include "tests/support/small_exchange.h"

// N06, N08: the right address with another's certificate, the right certificate from another's
// address.

namespace yizhan {
namespace {

constexpr int kAgencies = 50;

struct Listed {
  OrgCode code;
  SoftwareKey tls;
  std::vector<std::string> addresses;
};

class N06SourceAddress : public ::testing::Test {
 protected:
  N06SourceAddress() {
    for (int i = 0; i < kAgencies; ++i) {
      const std::string number = std::to_string(i);
      const std::string code = "T" + std::string(8 - number.size(), '0') + number + "A";
      listed_.push_back({OrgCode::parse(code).value(),
                         exchange_.authority.issue({.subject = code,
                                                    .usage = CertificateUsage::kTls}),
                         {"10.0.0." + std::to_string(i + 1)}});
    }
    // Approved exceptions: two addresses for one agency, one address for two agencies.
    listed_[7].addresses.push_back("2001:db8::7");
    listed_[8].addresses = listed_[9].addresses;
    std::vector<Agency> agencies;
    for (const Listed& each : listed_) {
      agencies.push_back({each.code, each.code.text(), Standing::kActive, exchange_.first.code, {},
                          each.addresses,
                          {SmallExchange::certificate(Purpose::kTls, each.tls)}});
    }
    directory_.emplace(
        DirectoryEdition{1, kTestNow, kTestNow + std::chrono::hours{24}}, exchange_.centres,
        agencies);
  }
  [[nodiscard]] Result<OrgCode> who(const std::string& address,
                                    const std::optional<Certificate>& certificate) const {
    return identify({.address = address, .certificate = certificate}, *directory_, kTestNow);
  }

  SmallExchange exchange_;
  std::vector<Listed> listed_;
  std::optional<Directory> directory_;
};

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

TEST_F(N06SourceAddress, IsComparedWholeAndNeverByItsLooks) {
  const Certificate& own = listed_[0].tls.certificate();  // 10.0.0.1
  ASSERT_TRUE(who("10.0.0.1", own).ok());
  for (const char* other :
       {"", "unix", "10.0.0.10", "10.0.0.1 ", " 10.0.0.1", "10.0.0.01", "010.0.0.1", "10.0.1",
        "167772161", "::ffff:10.0.0.1", "10.0.0.1%eth0", "10.0.0.1:443", "127.0.0.1", "0.0.0.0",
        "::1", "10.0.0.1,10.0.0.2"}) {
    EXPECT_EQ(who(other, own).reason(), Reason::kUnlistedAddress) << other;
  }
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
