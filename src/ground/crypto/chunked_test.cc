#include "ground/crypto/chunked.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <zlib.h>
#include <nlohmann/json.hpp>

namespace yizhan {
namespace {

using Json = nlohmann::json;

Bytes inflated(ByteView deflated) {
  Bytes out(8 * 1024 * 1024);
  uLongf length = out.size();
  EXPECT_EQ(uncompress(out.data(), &length, deflated.data(), deflated.size()), Z_OK);
  out.resize(length);
  return out;
}

std::string sha512_hex(ByteView bytes) {
  Bytes digest(64);
  EXPECT_EQ(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha512(), nullptr),
            1);
  return to_hex(digest);
}

SecretBytes secret(std::string_view hex) { return SecretBytes(from_hex(hex).value()); }

struct Message {
  Bytes salt = Bytes(kChunkSaltSize, 7);
  SecretBytes key = SecretBytes(Bytes(kContentKeySize, 9));

  [[nodiscard]] ChunkedKey derive() const {
    return ChunkedKey::derive(key, salt, bytes_of("context")).value();
  }
};

Bytes sealed(const Message& message, ByteView plain, std::size_t step) {
  Bytes out;
  const ByteSink sink = [&](ByteView piece) { append(out, piece); };
  ChunkedSealer sealer(message.derive());
  for (std::size_t at = 0; at < plain.size(); at += step) {
    sealer.update(plain.subspan(at, std::min(step, plain.size() - at)), sink);
  }
  sealer.finish(sink);
  return out;
}

struct Opened {
  Result<void> verdict;
  Bytes plain;  // all that the sink took
};

Opened opened(const ChunkedKey& key, ByteView cipher, std::size_t step) {
  Opened result;
  const ByteSink sink = [&](ByteView piece) { append(result.plain, piece); };
  ChunkedOpener opener(key);
  for (std::size_t at = 0; at < cipher.size() && result.verdict.ok(); at += step) {
    result.verdict = opener.update(cipher.subspan(at, std::min(step, cipher.size() - at)), sink);
  }
  const auto finished = opener.finish(sink);
  if (result.verdict.ok()) result.verdict = finished;
  EXPECT_FALSE(opener.update(cipher, sink).ok()) << "an opener that is over must go on refusing";
  EXPECT_FALSE(opener.finish(sink).ok());
  return result;
}

Bytes pattern(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 + i / 256);
  return bytes;
}

// The C2SP form: salt ‖ commitment ‖ chunks.
Opened open_vector(const Json& test) {
  const Bytes file = inflated(from_hex(test.at("ct").get<std::string>()).value());
  const Opened refused{Reason::kUnopenable, {}};
  if (file.size() < kChunkSaltSize + 32) return refused;
  const ByteView salt = ByteView(file).first(kChunkSaltSize);
  const ByteView commitment = ByteView(file).subspan(kChunkSaltSize, 32);
  const Bytes context = from_hex(test.at("ctx").get<std::string>()).value();
  const auto key = ChunkedKey::derive(secret(test.at("key").get<std::string>()), salt, context);
  if (!key || !equal_in_constant_time(key->commitment(), commitment)) return refused;
  return opened(*key, ByteView(file).subspan(kChunkSaltSize + 32), 10'000);
}

TEST(Chunked, TreatsEveryWycheproofVectorAsPublished) {
  const char* source = std::getenv("YIZHAN_SOURCE");
  std::ifstream file(std::string(source == nullptr ? "." : source) +
                     "/tests/vectors/c2sp_chunked_encryption_aes_256_gcm_test.json");
  ASSERT_TRUE(file.good());
  const Json vectors = Json::parse(file);
  int count = 0;
  for (const Json& test : vectors.at("testGroups").at(0).at("tests")) {
    SCOPED_TRACE(test.at("comment").get<std::string>());
    const Opened result = open_vector(test);
    EXPECT_EQ(result.verdict.ok(), test.at("result") == "valid");
    // Of an invalid message its longest valid prefix may come out, and nothing more.
    EXPECT_EQ(result.plain.size(), test.value("msgLength", std::size_t{0}));
    if (test.contains("msgSha512")) {
      EXPECT_EQ(sha512_hex(result.plain), test.at("msgSha512").get<std::string>());
    }
    ++count;
  }
  EXPECT_EQ(count, 35);
}

TEST(Chunked, OpensWhatItSealedAtEveryLengthNearAChunkAndInAnyPieces) {
  const Message message;
  for (const std::size_t length : {0U, 1U, 16'383U, 16'384U, 16'385U, 32'768U, 50'000U}) {
    const Bytes plain = pattern(length);
    const Bytes cipher = sealed(message, plain, 1'000);
    EXPECT_EQ(cipher.size(), cipher_length(length));
    EXPECT_EQ(cipher, sealed(message, plain, 40'000));
    for (const std::size_t step : {997U, 16'400U, 100'000U}) {
      const Opened result = opened(message.derive(), cipher, step);
      EXPECT_TRUE(result.verdict.ok());
      EXPECT_EQ(result.plain, plain);
    }
  }
}

TEST(Chunked, EveryEditOfTheChunksIsRefusedAndReleasesOnlyATruePrefix) {
  const Message message;
  const Bytes plain = pattern(4 * kChunkPlain + 100);
  const Bytes whole = sealed(message, plain, 65'536);
  const auto chunk = [&](std::size_t i) {
    const std::size_t at = i * kChunkCipher;
    return ByteView(whole).subspan(at, std::min(kChunkCipher, whole.size() - at));
  };
  std::vector<std::vector<std::size_t>> orders = {
      {0, 1, 2, 3},       {1, 2, 3, 4},       {0, 1, 3, 4}, {0, 2, 1, 3, 4},
      {0, 0, 1, 2, 3, 4}, {0, 1, 2, 3, 4, 4}, {4},          {}};
  for (const auto& order : orders) {
    Bytes edited;
    for (const std::size_t i : order) append(edited, chunk(i));
    const Opened result = opened(message.derive(), edited, 5'000);
    ASSERT_FALSE(result.verdict.ok());
    EXPECT_EQ(result.verdict.reason(), Reason::kUnopenable);
    EXPECT_TRUE(std::ranges::equal(result.plain, ByteView(plain).first(result.plain.size())));
  }
}

TEST(Chunked, EveryChangedByteIsRefused) {
  const Message message;
  const Bytes plain = pattern(40);
  const Bytes cipher = sealed(message, plain, 100);
  for (std::size_t at = 0; at < cipher.size(); ++at) {
    Bytes changed = cipher;
    changed[at] ^= 1;
    const Opened result = opened(message.derive(), changed, 100);
    EXPECT_FALSE(result.verdict.ok());
    EXPECT_TRUE(result.plain.empty());
  }
}

TEST(Chunked, TheCommitmentFollowsKeySaltAndContext) {
  const Message message;
  const auto commitment = message.derive().commitment();
  const auto other_key =
      ChunkedKey::derive(SecretBytes(Bytes(kContentKeySize, 8)), message.salt, bytes_of("context"));
  const auto other_context = ChunkedKey::derive(message.key, message.salt, bytes_of("contexT"));
  const auto other_salt =
      ChunkedKey::derive(message.key, Bytes(kChunkSaltSize, 8), bytes_of("context"));
  EXPECT_EQ(commitment, message.derive().commitment());
  EXPECT_NE(commitment, other_key->commitment());
  EXPECT_NE(commitment, other_context->commitment());
  EXPECT_NE(commitment, other_salt->commitment());
}

TEST(Chunked, AKeyOrSaltOfAnotherLengthIsRefused) {
  const SecretBytes right(Bytes(32, 1));
  const Bytes salt(kChunkSaltSize, 1);
  EXPECT_EQ(ChunkedKey::derive(SecretBytes(Bytes(31, 1)), salt, {}).reason(), Reason::kUnopenable);
  EXPECT_EQ(ChunkedKey::derive(SecretBytes(Bytes(33, 1)), salt, {}).reason(), Reason::kUnopenable);
  EXPECT_EQ(ChunkedKey::derive(right, Bytes(23, 1), {}).reason(), Reason::kUnopenable);
}

}  // namespace
}  // namespace yizhan
