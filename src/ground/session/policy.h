#pragma once

#include "ground/base/base.h"

// The figures that a site may set; the defaults are those of the government's baseline for systems
// (資通系統防護基準: five failures, fifteen minutes, the last three passwords).

namespace yizhan {

struct PasswordPolicy {
  std::size_t length_min = 12;  // code points
  std::size_t bytes_max = 256;
  int classes_min = 3;      // of: small letter, capital letter, digit, anything else
  std::size_t history = 3;  // how many of the last ones may not come again
};

// What one Argon2id costs. The default is libsodium's "interactive": 64 MiB, about 0.1 s; as many
// at once as there are threads that log people in.
struct PasswordCost {
  unsigned long long operations = 2;
  std::size_t memory_bytes = std::size_t{64} << 20;
};

struct SessionPolicy {
  int failures_max = 5;
  Milliseconds lock = std::chrono::minutes{15};
  Milliseconds idle = std::chrono::minutes{15};
  Milliseconds absolute = std::chrono::hours{12};
  Milliseconds recovery = std::chrono::hours{24};  // how long a recovery token may be used
  PasswordPolicy password = {};
  PasswordCost cost = {};
};

}  // namespace yizhan
