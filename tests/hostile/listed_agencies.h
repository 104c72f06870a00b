#pragma once

#include <gtest/gtest.h>

#include "role/exchange/exchange.h"
#include "tests/support/small_exchange.h"

namespace yizhan {

inline constexpr int kAgencies = 50;

struct Listed {
  OrgCode code;
  SoftwareKey tls;
  std::vector<std::string> addresses;
};

// Fifty agencies as a centre finds them in its directory, and what it says to who comes.
class ListedAgencies : public ::testing::Test {
 protected:
  ListedAgencies() {
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

}  // namespace yizhan
