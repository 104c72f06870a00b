#pragma once

#include <string_view>

#include "ground/base/base.h"

namespace yizhan {

// The secret that an authenticator app takes from an otpauth:// address, base32 (RFC 4648 §6).
inline SecretBytes secret_in_uri(std::string_view uri) {
  const std::size_t from = uri.find("secret=") + 7;
  Bytes octets;
  unsigned value = 0;
  int bits = 0;
  for (const char c : uri.substr(from, uri.find('&') - from)) {
    value = value << 5U | static_cast<unsigned>(c >= 'A' ? c - 'A' : c - '2' + 26);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    octets.push_back(static_cast<std::uint8_t>(value >> static_cast<unsigned>(bits)));
  }
  return SecretBytes(std::move(octets));
}

}  // namespace yizhan
