#include "model/agency/party.h"

namespace yizhan {

std::string party_of(const OrgCode& agency) { return std::string(kAgencyParty) + agency.text(); }

std::string party_of(const CentreCode& centre) { return std::string(kCentreParty) + centre.text(); }

}  // namespace yizhan
