#include "ground/session/rest_key.h"

#include <stdexcept>

#include "ground/crypto/crypto.h"

namespace yizhan {

namespace {

constexpr std::size_t kCommitmentSize = 32;

Bytes context_of(std::string_view whose) {
  return copy_of(bytes_of("yizhan account secret " + std::string(whose)));
}

}  // namespace

RestKey::RestKey(SecretBytes key) : key_(std::move(key)) {
  YZ_ASSERT(key_.size() == kContentKeySize);
}

Bytes RestKey::seal(const SecretBytes& secret, std::string_view whose) const {
  Bytes sealed(kChunkSaltSize);
  fill_random(sealed);
  ChunkedKey key = ChunkedKey::derive(key_, sealed, context_of(whose)).value();
  append(sealed, key.commitment());
  const ByteSink sink = [&](ByteView bytes) { append(sealed, bytes); };
  ChunkedSealer sealer(std::move(key));
  sealer.update(secret.view(), sink);
  sealer.finish(sink);
  return sealed;
}

SecretBytes RestKey::open(ByteView sealed, std::string_view whose) const {
  if (sealed.size() < kChunkSaltSize + kCommitmentSize) {
    throw std::runtime_error("an account's sealed secret is too short");
  }
  const ChunkedKey key =
      ChunkedKey::derive(key_, sealed.first(kChunkSaltSize), context_of(whose)).value();
  const ByteView commitment = sealed.subspan(kChunkSaltSize, kCommitmentSize);
  Bytes plain;
  plain.reserve(sealed.size());
  const ByteSink sink = [&](ByteView bytes) { append(plain, bytes); };
  ChunkedOpener opener(key);
  if (!equal_in_constant_time(key.commitment(), commitment) ||
      !opener.update(sealed.subspan(kChunkSaltSize + kCommitmentSize), sink).ok() ||
      !opener.finish(sink).ok()) {
    throw std::runtime_error("an account's sealed secret does not open with this key");
  }
  return SecretBytes(std::move(plain));
}

}  // namespace yizhan
