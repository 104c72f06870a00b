#pragma once

#include <string>
#include <string_view>

#include "model/agency/codes.h"

namespace yizhan {

// Whoever owes something or is told of it, as records write it: "agency/A01000000A",
// "centre/CENTRE-1". A centre's code and an agency's may be the same letters.
inline constexpr std::string_view kAgencyParty = "agency/";
inline constexpr std::string_view kCentreParty = "centre/";
std::string party_of(const OrgCode& agency);
std::string party_of(const CentreCode& centre);

}  // namespace yizhan
