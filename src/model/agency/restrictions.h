#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/agency/codes.h"

namespace yizhan {

// What an order takes from somebody, whatever the directory says: the standing of an agency or of a
// centre, or the registration of one certificate.
struct Restriction {
  std::variant<OrgCode, CentreCode, Sha256> subject;
  Time since;       // a certificate is not registered from then on; what it did before stands
  std::string why;  // for people: which order, on which ground
  // Whose officers said so: it counts for agencies that this centre served at `since`, and for
  // nobody else. None: management's.
  std::optional<CentreCode> by = {};

  bool operator==(const Restriction&) const = default;
};

using Restrictions = std::vector<Restriction>;

}  // namespace yizhan
