#pragma once

#include "duty/addresses/address_list.h"

namespace yizhan {

// An approved exception, as the officer keeps it: [{"address", "code", "case", "ground", "until"}].
struct ApprovedException {
  Network network;
  std::string code;
  AddressException exception;
};

// Refuses kMalformed.
Result<std::vector<ApprovedException>> parse_exceptions(ByteView json);

// The list of one centre out of the directory and of what was approved: the agencies that it serves
// (one for which a representative receives may have no address), and every other centre. What is
// suspended or closed is not let in. Refuses kUnknownCentre, kUnlistedAddress (somebody has none),
// kConflict as AddressList::make(), kNotFound: an exception for nobody, or one that has lapsed.
Result<AddressList> derive_addresses(const Directory& directory, const CentreCode& centre,
                                     std::span<const ApprovedException> exceptions, Time at);

}  // namespace yizhan
