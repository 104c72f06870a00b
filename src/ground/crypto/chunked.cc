#include "ground/crypto/chunked.h"

#include <algorithm>

#include "ground/control/control.h"
#include "ground/crypto/digest.h"
#include "ground/crypto/openssl_handles.h"

namespace yizhan {
namespace {

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kCommitmentSize = 32;
constexpr std::uint64_t kChunksMax = std::uint64_t{1} << 38;  // C2SP chunked-encryption

}  // namespace

Result<ChunkedKey> ChunkedKey::derive(const SecretBytes& content_key, ByteView salt,
                                      ByteView context) {
  if (content_key.size() != kContentKeySize || salt.size() != kChunkSaltSize) {
    return Reason::kUnopenable;
  }
  Bytes info = copy_of(bytes_of("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM"));
  info.push_back(0);
  append(info, salt);
  append(info, context);
  const SecretBytes all =
      hkdf_expand_sha512(content_key.view(), info, kKeySize + kNonceSize + kCommitmentSize);
  SecretBytes key_and_nonce(kKeySize + kNonceSize);
  std::copy_n(all.view().begin(), key_and_nonce.size(), key_and_nonce.writable().begin());
  ChunkedKey key(std::move(key_and_nonce));
  std::ranges::copy(all.view().last(kCommitmentSize), key.commitment_.begin());
  return key;
}

void ChunkCipher::Free::operator()(evp_cipher_ctx_st* context) const noexcept {
  EVP_CIPHER_CTX_free(context);
}

ChunkCipher::ChunkCipher(const ChunkedKey& key, Direction direction)
    : context_(openssl::require(EVP_CIPHER_CTX_new(), "cipher context")) {
  const ByteView secret = key.key_and_nonce_.view();
  std::ranges::copy(secret.subspan(kKeySize, kNonceSize), base_nonce_.begin());
  const int sealing = direction == Direction::kSeal ? 1 : 0;
  openssl::require(EVP_CipherInit_ex(context_.get(), EVP_aes_256_gcm(), nullptr, secret.data(),
                                     nullptr, sealing) == 1,
                   "AES-256-GCM");
}

std::array<std::uint8_t, 12> ChunkCipher::next_nonce() {
  if (chunk_ >= kChunksMax) throw std::length_error("chunked encryption: 2^38 chunks");
  std::array<std::uint8_t, 12> nonce = base_nonce_;
  for (std::size_t i = 0; i < 8; ++i) {
    nonce[11 - i] = static_cast<std::uint8_t>(nonce[11 - i] ^ (chunk_ >> (8 * i)));
  }
  ++chunk_;
  return nonce;
}

void ChunkCipher::seal(ByteView plain, std::span<std::uint8_t> cipher) {
  YZ_ASSERT(plain.size() <= kChunkPlain && cipher.size() >= plain.size() + kChunkTag);
  const auto nonce = next_nonce();
  int written = 0;
  int rest = 0;
  openssl::require(
      EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, nonce.data(), 1) == 1 &&
          EVP_CipherUpdate(context_.get(), cipher.data(), &written, plain.data(),
                           static_cast<int>(plain.size())) == 1 &&
          EVP_CipherFinal_ex(context_.get(), cipher.data() + written, &rest) == 1 &&
          EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, kChunkTag,
                              cipher.data() + plain.size()) == 1,
      "AES-256-GCM seal");
}

bool ChunkCipher::open(ByteView cipher, std::span<std::uint8_t> plain) {
  YZ_ASSERT(cipher.size() >= kChunkTag && plain.size() >= cipher.size() - kChunkTag);
  const auto nonce = next_nonce();
  const ByteView body = cipher.first(cipher.size() - kChunkTag);
  std::array<std::uint8_t, kChunkTag> tag{};
  std::ranges::copy(cipher.last(kChunkTag), tag.begin());
  int written = 0;
  int rest = 0;
  openssl::require(
      EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, nonce.data(), 0) == 1 &&
          EVP_CipherUpdate(context_.get(), plain.data(), &written, body.data(),
                           static_cast<int>(body.size())) == 1 &&
          EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, kChunkTag, tag.data()) == 1,
      "AES-256-GCM open");
  return upheld("chunk_tag",
                EVP_CipherFinal_ex(context_.get(), plain.data() + written, &rest) == 1);
}

ChunkedSealer::ChunkedSealer(ChunkedKey key)
    : cipher_(key, ChunkCipher::Direction::kSeal), chunk_(kChunkPlain) {}

void ChunkedSealer::flush(const ByteSink& sink) {
  std::array<std::uint8_t, kChunkCipher> sealed;
  cipher_.seal(chunk_.view().first(filled_), sealed);
  sink(ByteView(sealed).first(filled_ + kChunkTag));
  filled_ = 0;
}

void ChunkedSealer::update(ByteView plain, const ByteSink& sink) {
  YZ_ASSERT(!finished_);
  while (!plain.empty()) {
    const std::size_t taken = std::min(plain.size(), kChunkPlain - filled_);
    std::copy_n(plain.begin(), taken, chunk_.writable().subspan(filled_).begin());
    filled_ += taken;
    plain = plain.subspan(taken);
    if (filled_ == kChunkPlain) flush(sink);
  }
}

void ChunkedSealer::finish(const ByteSink& sink) {
  YZ_ASSERT(!finished_);
  finished_ = true;
  flush(sink);
}

ChunkedOpener::ChunkedOpener(const ChunkedKey& key)
    : cipher_(key, ChunkCipher::Direction::kOpen), plain_(kChunkPlain) {
  chunk_.reserve(kChunkCipher);
}

Result<void> ChunkedOpener::open_chunk(const ByteSink& sink) {
  openssl::QuietErrors quiet;
  over_ = true;  // unless this chunk is right and the sink took it
  if (chunk_.size() < kChunkTag || !cipher_.open(chunk_, plain_.writable())) {
    return Reason::kUnopenable;
  }
  sink(plain_.view().first(chunk_.size() - kChunkTag));
  chunk_.clear();
  over_ = false;
  return {};
}

Result<void> ChunkedOpener::update(ByteView cipher, const ByteSink& sink) {
  if (over_) return Reason::kUnopenable;
  while (!cipher.empty()) {
    const std::size_t taken = std::min(cipher.size(), kChunkCipher - chunk_.size());
    append(chunk_, cipher.first(taken));
    cipher = cipher.subspan(taken);
    if (chunk_.size() == kChunkCipher) YZ_TRY(open_chunk(sink));
  }
  return {};
}

// What waits here is shorter than a whole chunk, so a message whose last chunk is full (it was cut
// at a chunk's end) has nothing left, not even a tag, and is refused.
Result<void> ChunkedOpener::finish(const ByteSink& sink) {
  if (over_) return Reason::kUnopenable;
  YZ_TRY(open_chunk(sink));
  over_ = true;
  return {};
}

}  // namespace yizhan
