#include "ground/session/token.h"

#include "ground/crypto/crypto.h"

namespace yizhan {

namespace {

constexpr std::size_t kTokenSize = 32;

}  // namespace

Token new_token() {
  SecretBytes octets(kTokenSize);
  fill_random(octets.writable());
  std::string hex = to_hex(octets.view());
  Token token{SecretBytes(copy_of(bytes_of(hex))), sha256(octets.view())};
  wipe({reinterpret_cast<std::uint8_t*>(hex.data()), hex.size()});
  return token;
}

std::optional<Sha256> digest_of_token(std::string_view text) {
  auto octets = from_hex(text);
  if (!octets || octets->size() != kTokenSize) return std::nullopt;
  const SecretBytes secret(std::move(*octets));
  return sha256(secret.view());
}

}  // namespace yizhan
