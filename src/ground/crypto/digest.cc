#include "ground/crypto/digest.h"

#include <algorithm>

#include "ground/crypto/openssl_handles.h"

namespace yizhan {
namespace {

// Fetched once: an implicit fetch for every digest costs more than the digest of a Merkle node.
const EVP_MD* fetched(const char* name) {
  return openssl::require(EVP_MD_fetch(nullptr, name, nullptr), name);
}

const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const algorithm = fetched("SHA256");
  return algorithm;
}

const EVP_MD* sha384_algorithm() {
  static const EVP_MD* const algorithm = fetched("SHA384");
  return algorithm;
}

}  // namespace

Sha256 sha256(ByteView bytes) {
  Sha256 digest;
  openssl::require(EVP_Digest(bytes.data(), bytes.size(), digest.octets.data(), nullptr,
                              sha256_algorithm(), nullptr) == 1,
                   "SHA-256");
  return digest;
}

Bytes sha384(ByteView bytes) {
  Bytes digest(48);
  openssl::require(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr,
                              sha384_algorithm(), nullptr) == 1,
                   "SHA-384");
  return digest;
}

SecretBytes hkdf_expand_sha512(ByteView prk, ByteView info, std::size_t length) {
  // HMAC rather than EVP_KDF: OpenSSL 3.0 limits the info there, and C2SP contexts have no limit.
  constexpr std::size_t kBlock = 64;
  YZ_ASSERT(length <= 255 * kBlock);
  SecretBytes output(length);
  SecretBytes block(kBlock);
  SecretBytes input(kBlock + info.size() + 1);
  for (std::size_t done = 0, round = 1; done < length; ++round) {
    const std::size_t chained = round == 1 ? 0 : kBlock;
    auto to = input.writable();
    std::copy_n(block.view().begin(), chained, to.begin());
    std::copy(info.begin(), info.end(), to.subspan(chained).begin());
    to[chained + info.size()] = static_cast<std::uint8_t>(round);
    openssl::require(EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA512", nullptr, prk.data(), prk.size(),
                               input.view().data(), chained + info.size() + 1,
                               block.writable().data(), kBlock, nullptr) != nullptr,
                     "HMAC");
    const std::size_t taken = std::min(kBlock, length - done);
    std::copy_n(block.view().begin(), taken, output.writable().subspan(done).begin());
    done += taken;
  }
  return output;
}

void Sha256Stream::Free::operator()(evp_md_ctx_st* context) const noexcept {
  EVP_MD_CTX_free(context);
}

Sha256Stream::Sha256Stream() : context_(openssl::require(EVP_MD_CTX_new(), "digest context")) {
  openssl::require(EVP_DigestInit_ex2(context_.get(), sha256_algorithm(), nullptr) == 1, "SHA-256");
}

Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;
Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::update(ByteView bytes) {
  openssl::require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1, "SHA-256");
}

Sha256 Sha256Stream::finish() {
  Sha256 digest;
  openssl::require(EVP_DigestFinal_ex(context_.get(), digest.octets.data(), nullptr) == 1 &&
                       EVP_DigestInit_ex2(context_.get(), sha256_algorithm(), nullptr) == 1,
                   "SHA-256");
  return digest;
}

}  // namespace yizhan
