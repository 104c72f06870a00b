#pragma once

#include "ground/base/base.h"

// Inside ground/session: 256 random bits that somebody carries; here only their SHA-256 is kept.

namespace yizhan {

struct Token {
  SecretBytes text;  // 64 lower-case hex digits
  Sha256 sha256;     // of the 32 octets
};

Token new_token();
// nullopt: it can not be one.
std::optional<Sha256> digest_of_token(std::string_view text);

}  // namespace yizhan
