#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "ground/base/base.h"

// The attack of E02: AES-GCM does not commit to its key. Whoever knows two keys makes one
// ciphertext and one tag that both accept, and that shows each reader another text
// (Dodis et al., "Fast Message Franking", 2018; Len, Grubbs, Ristenpart, 2021). For tests only.

namespace yizhan::salamander {

using Block = std::array<std::uint8_t, 16>;

// GF(2^128) as GCM writes it (NIST SP 800-38D §6.3).
Block multiply(const Block& x, const Block& y);
Block inverse(const Block& x);

struct Reader {
  Bytes key;             // 32
  Bytes nonce;           // 12
  std::string_view text;  // what this reader is to see
};

struct Forgery {
  Bytes ciphertext;  // the first text, then the second, then one block that makes the tags meet
  Block tag;
  std::size_t second_at;  // where the second reader's text begins in its plaintext
};

// Opens under both readers' keys and nonces with the same tag and no additional data.
Forgery forge(const Reader& first, const Reader& second);

// Plain AES-256-GCM as everybody has it: the plaintext, or nothing when the tag is wrong.
std::optional<Bytes> decrypt(const Reader& reader, ByteView ciphertext, const Block& tag);

}  // namespace yizhan::salamander
