#pragma once

#include "ground/trust/trust.h"
#include "role/cli/session.h"

namespace yizhan {

// What metadata says, for the officer who is to sign it.
Result<Json> describe_metadata(const SignedMetadata& metadata);
void print_metadata(std::ostream& out, const Json& described);

// "陳…、林…"
std::string joined(const std::vector<std::string>& names);

}  // namespace yizhan
