#include "tests/hostile/salamander.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

namespace yizhan::salamander {

namespace {

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

Block added(Block x, const Block& y) {
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<std::uint8_t>(x[i] ^ y[i]);
  return x;
}

// AES-256 of one block.
Block encrypted(const Bytes& key, const Block& block) {
  const Context context(EVP_CIPHER_CTX_new());
  Block out{};
  int length = 0;
  const EVP_CIPHER* aes = EVP_aes_256_ecb();
  YZ_ASSERT(EVP_EncryptInit_ex(context.get(), aes, nullptr, key.data(), nullptr) == 1);
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  YZ_ASSERT(EVP_EncryptUpdate(context.get(), out.data(), &length, block.data(), 16) == 1);
  return out;
}

Block counter(const Bytes& nonce, std::uint32_t number) {
  Block block{};
  std::copy(nonce.begin(), nonce.end(), block.begin());
  for (std::size_t i = 0; i < 4; ++i) {
    block[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return block;
}

Block power(const Block& x, std::size_t exponent) {
  Block result{0x80};  // one
  for (; exponent > 0; --exponent) result = multiply(result, x);
  return result;
}

std::size_t blocks_of(std::string_view text) { return (text.size() + 15) / 16; }

Block block_at(const Bytes& bytes, std::size_t index) {
  Block block{};
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(16 * index), 16, block.begin());
  return block;
}

// The text under the reader's key stream, into the blocks from `first_block` on.
void write(Bytes& ciphertext, const Reader& reader, std::size_t first_block) {
  for (std::size_t i = 0; i < reader.text.size(); ++i) {
    const std::size_t block = first_block + i / 16;
    const Block stream =
        encrypted(reader.key, counter(reader.nonce, static_cast<std::uint32_t>(block + 2)));
    ciphertext[16 * block + i % 16] = static_cast<std::uint8_t>(
        static_cast<std::uint8_t>(reader.text[i]) ^ stream[i % 16]);
  }
}

// GHASH over whole blocks and their length, under the first counter block.
Block tag_of(const Reader& reader, const Bytes& ciphertext) {
  const Block h = encrypted(reader.key, Block{});
  Block y{};
  for (std::size_t i = 0; i < ciphertext.size() / 16; ++i) {
    y = multiply(added(y, block_at(ciphertext, i)), h);
  }
  Block lengths{};
  const std::uint64_t bits = ciphertext.size() * 8;
  for (std::size_t i = 0; i < 8; ++i) lengths[15 - i] = static_cast<std::uint8_t>(bits >> (8 * i));
  return added(multiply(added(y, lengths), h), encrypted(reader.key, counter(reader.nonce, 1)));
}

}  // namespace

Block multiply(const Block& x, const Block& y) {
  Block product{}, v = y;
  for (std::size_t bit = 0; bit < 128; ++bit) {
    if ((x[bit / 8] >> (7 - bit % 8) & 1) != 0) product = added(product, v);
    const bool carry = (v[15] & 1) != 0;
    for (std::size_t i = 15; i > 0; --i) {
      v[i] = static_cast<std::uint8_t>(v[i] >> 1 | v[i - 1] << 7);
    }
    v[0] = static_cast<std::uint8_t>(v[0] >> 1 ^ (carry ? 0xE1 : 0));
  }
  return product;
}

// x^(2^128 - 2), by squaring 127 times.
Block inverse(const Block& x) {
  Block result{0x80}, square = x;
  for (int i = 1; i < 128; ++i) {
    square = multiply(square, square);
    result = multiply(result, square);
  }
  return result;
}

Forgery forge(const Reader& first, const Reader& second) {
  const std::size_t split = blocks_of(first.text), last = split + blocks_of(second.text);
  Forgery forgery{Bytes(16 * (last + 1)), {}, 16 * split};
  write(forgery.ciphertext, first, 0);
  write(forgery.ciphertext, second, split);
  // With the last block x, each tag is tag_i ^ x·H_i²: they meet where x·(H_1² ^ H_2²) = tag_1 ^
  // tag_2.
  const Block gap = added(tag_of(first, forgery.ciphertext), tag_of(second, forgery.ciphertext));
  const Block slope = added(power(encrypted(first.key, Block{}), 2),
                            power(encrypted(second.key, Block{}), 2));
  const Block meeting = multiply(gap, inverse(slope));
  std::copy(meeting.begin(), meeting.end(), forgery.ciphertext.end() - 16);
  forgery.tag = tag_of(first, forgery.ciphertext);
  return forgery;
}

std::optional<Bytes> decrypt(const Reader& reader, ByteView ciphertext, const Block& tag) {
  const Context context(EVP_CIPHER_CTX_new());
  Bytes plain(ciphertext.size());
  Block expected = tag;
  int length = 0;
  YZ_ASSERT(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, reader.key.data(),
                               reader.nonce.data()) == 1);
  YZ_ASSERT(EVP_DecryptUpdate(context.get(), plain.data(), &length, ciphertext.data(),
                              static_cast<int>(ciphertext.size())) == 1);
  EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, 16, expected.data());
  if (EVP_DecryptFinal_ex(context.get(), plain.data() + length, &length) != 1) return std::nullopt;
  return plain;
}

}  // namespace yizhan::salamander
