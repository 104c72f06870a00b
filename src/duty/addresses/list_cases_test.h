#pragma once

#include <gtest/gtest.h>

#include "duty/addresses/addresses.h"
#include "tests/support/small_exchange.h"

// Lists of addresses for tests.

namespace yizhan {

inline AddressException excepted(const std::string& case_id = "CASE-1",
                                 Milliseconds life = std::chrono::hours{24}) {
  return {case_id, "機房搬遷期間", kTestNow + life};
}

inline AddressEntry terminal(const std::string& address, const std::string& code = "A01000000A",
                             std::optional<AddressException> exception = std::nullopt) {
  return {Network::parse(address).value(), PeerKind::kTerminal, code, "機關" + code,
          std::move(exception)};
}

inline AddressEntry centre(const std::string& address, const std::string& code = "CENTRE-2") {
  return {Network::parse(address).value(), PeerKind::kCentre, code, "中心" + code};
}

inline Result<AddressList> try_list(std::vector<AddressEntry> entries, Time effective = kTestNow,
                                    const std::string& centre_code = "CENTRE-1") {
  return AddressList::make(CentreCode::parse(centre_code).value(), effective, std::move(entries));
}

inline AddressList list_of(std::vector<AddressEntry> entries, Time effective = kTestNow,
                           const std::string& centre_code = "CENTRE-1") {
  return try_list(std::move(entries), effective, centre_code).value();
}

}  // namespace yizhan
