#pragma once

#include "ground/trust/trust.h"
#include "role/cli/session.h"

namespace yizhan {

// What metadata says, for the officer who is to sign it.
Result<Json> describe_metadata(const SignedMetadata& metadata);
void print_metadata(std::ostream& out, const Json& described);

// Who of a role's keys have signed, who have not, and how many must.
struct RoleSigners {
  std::vector<std::string> signed_by;
  std::vector<std::string> missing;
  std::int64_t threshold = 0;

  static RoleSigners of(const SignedMetadata& metadata, const RoleKeys& role,
                        const TrustedKeys& keys);
  [[nodiscard]] bool enough() const {
    return static_cast<std::int64_t>(signed_by.size()) >= threshold;
  }
};

// "陳…、林…"
std::string joined(const std::vector<std::string>& names);

}  // namespace yizhan
