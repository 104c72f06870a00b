#pragma once

#include "ground/trust/repository.h"

namespace yizhan {

// The role that says who signs that one: "orders" of "orders/CENTRE-1", else targets.
std::string role_above(const std::string& role);

// Whose signatures count for a role, as what comes into force next says.
struct RoleAuthority {
  RoleKeys keys;
  TrustedKeys known;

  // Refuses kNotFound (nobody delegates it), and what Repository refuses.
  static Result<RoleAuthority> of(const Repository& repository, const std::string& role);
};

// Who of a role's keys have signed, who have not, and how many must.
struct RoleSigners {
  std::vector<std::string> signed_by;  // subjects of certificates
  std::vector<std::string> missing;
  std::int64_t threshold = 0;

  static RoleSigners of(const SignedMetadata& metadata, const RoleAuthority& authority);
  [[nodiscard]] bool enough() const {
    return static_cast<std::int64_t>(signed_by.size()) >= threshold;
  }
};

}  // namespace yizhan
