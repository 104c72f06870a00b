#pragma once

#include <set>
#include <string>

#include "model/agency/agency.h"
#include "model/host/host.h"
#include "model/record/record.h"

namespace yizhan {

// What somebody means who writes a code: the agency of that code, else the centre. Refuses
// kNotFound.
Result<std::string> find_party(const std::string& code, const Directory& directory);

// Of a party (model/agency/party.h), or of "management".
struct PartyText {
  std::string code;
  std::string name;    // "": nobody of the directory
  std::string centre;  // that serves it, or itself
  // In which layers it has duties: an agency also in those of the centres that it runs.
  std::set<Layer> layers;
};
PartyText describe_party(const std::string& party, const Directory& directory);

// By party: agencies and centres as supervisor_of() says; whoever runs no centre of their own, the
// bureau's shared ones, are below management.
Supervision supervision_of(const Directory& directory);

}  // namespace yizhan
