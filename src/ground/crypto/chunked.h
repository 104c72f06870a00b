#pragma once

#include <array>
#include <functional>
#include <memory>

#include "ground/base/base.h"

struct evp_cipher_ctx_st;

// C2SP chunked-encryption, instance Cobblestone-256 (c2sp.org/chunked-encryption, version 1):
// AES-256-GCM over chunks of 16 KiB, HKDF-Expand-SHA-512, 32-byte key commitment. Streams in flat
// memory. The chunks only: salt and commitment (the 56-byte prefix of the C2SP form) stand in the
// header of the package.

namespace yizhan {

constexpr std::size_t kChunkPlain = 16 * 1024;
constexpr std::size_t kChunkTag = 16;
constexpr std::size_t kChunkCipher = kChunkPlain + kChunkTag;
constexpr std::size_t kContentKeySize = 32;
constexpr std::size_t kChunkSaltSize = 24;

// Length of the chunks of a plaintext: plain + 16 * (plain / 16384 + 1).
constexpr std::uint64_t cipher_length(std::uint64_t plain_length) {
  return plain_length + kChunkTag * (plain_length / kChunkPlain + 1);
}

// What one message is encrypted with, derived from the content key, salt and context.
class ChunkedKey {
 public:
  // Refuses kUnopenable: a content key that is not 32 octets, a salt that is not 24.
  static Result<ChunkedKey> derive(const SecretBytes& content_key, ByteView salt, ByteView context);
  // An opener compares it, in constant time, with the signed header before the first chunk.
  [[nodiscard]] const std::array<std::uint8_t, 32>& commitment() const { return commitment_; }

 private:
  friend class ChunkCipher;
  explicit ChunkedKey(SecretBytes key_and_nonce) : key_and_nonce_(std::move(key_and_nonce)) {}

  SecretBytes key_and_nonce_;  // 32 + 12
  std::array<std::uint8_t, 32> commitment_{};
};

// Takes the next bytes of the output; the view lives only during the call.
using ByteSink = std::function<void(ByteView)>;

// AES-256-GCM, chunk after chunk. For the sealer and the opener only.
class ChunkCipher {
 public:
  enum class Direction { kSeal, kOpen };
  ChunkCipher(const ChunkedKey& key, Direction direction);

  // `cipher` must have room for plain.size() + 16.
  void seal(ByteView plain, std::span<std::uint8_t> cipher);
  // False unless the tag is right. `plain` must have room for cipher.size() - 16.
  [[nodiscard]] bool open(ByteView cipher, std::span<std::uint8_t> plain);

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* context) const noexcept;
  };
  std::array<std::uint8_t, 12> next_nonce();

  std::unique_ptr<evp_cipher_ctx_st, Free> context_;
  std::array<std::uint8_t, 12> base_nonce_{};
  std::uint64_t chunk_ = 0;
};

class ChunkedSealer {
 public:
  // Takes the key away: a second message under it would repeat its nonces.
  explicit ChunkedSealer(ChunkedKey key);
  void update(ByteView plain, const ByteSink& sink);
  void finish(const ByteSink& sink);  // once; writes the last, short chunk

 private:
  void flush(const ByteSink& sink);

  ChunkCipher cipher_;
  SecretBytes chunk_;  // the plaintext that waits for its chunk to fill
  std::size_t filled_ = 0;
  bool finished_ = false;
};

// No byte reaches the sink before its chunk's tag is verified; that the message is whole is known
// only when finish() is ok, so what the sink took must stay in quarantine until then.
class ChunkedOpener {
 public:
  explicit ChunkedOpener(const ChunkedKey& key);
  // Refuses kUnopenable, and goes on refusing.
  Result<void> update(ByteView cipher, const ByteSink& sink);
  Result<void> finish(const ByteSink& sink);

 private:
  Result<void> open_chunk(const ByteSink& sink);

  ChunkCipher cipher_;
  Bytes chunk_;  // the ciphertext that waits for its chunk to be whole
  SecretBytes plain_;
  bool over_ = false;
};

}  // namespace yizhan
