#include "ground/crypto/signature.h"

#include "ground/crypto/digest.h"
#include "ground/crypto/openssl_values.h"
#include "ground/crypto/policy.h"

namespace yizhan {
namespace {

using openssl::BigNumber;
using openssl::require;

struct CurveFree {
  void operator()(EC_GROUP* group) const noexcept { EC_GROUP_free(group); }
};
using Curve = std::unique_ptr<EC_GROUP, CurveFree>;

Curve new_curve(int nid) { return Curve(require(EC_GROUP_new_by_curve_name(nid), "curve")); }

// Made once: to make one takes as long as half a signature.
const EC_GROUP* curve_of(KeyKind kind) {
  YZ_ASSERT(kind == KeyKind::kEcP256 || kind == KeyKind::kEcP384);
  static const Curve p256 = new_curve(NID_X9_62_prime256v1);
  static const Curve p384 = new_curve(NID_secp384r1);
  return kind == KeyKind::kEcP256 ? p256.get() : p384.get();
}

// (r, s) and (r, n − s) both verify; only the lower one is taken, so that nobody can make a second
// message out of a signed one.
bool is_low(const BIGNUM* s, const EC_GROUP* curve) {
  const BigNumber half(require(BN_new(), "BIGNUM"));
  require(BN_rshift1(half.get(), EC_GROUP_get0_order(curve)) == 1, "BIGNUM");
  return BN_cmp(s, half.get()) <= 0;
}

bool is_canonical_ecdsa(ByteView signature, KeyKind kind) {
  const unsigned char* end = signature.data();
  const openssl::EcSignature parsed(
      d2i_ECDSA_SIG(nullptr, &end, static_cast<long>(signature.size())));
  if (!parsed || openssl::der_of(i2d_ECDSA_SIG, parsed.get()) != copy_of(signature)) return false;
  return is_low(ECDSA_SIG_get0_s(parsed.get()), curve_of(kind));
}

bool verifies_message(EVP_PKEY* key, ByteView message, ByteView signature) {
  const openssl::DigestContext context(require(EVP_MD_CTX_new(), "digest context"));
  require(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1, "verify");
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

bool verifies_digest(EVP_PKEY* key, SignatureScheme scheme, ByteView digest, ByteView signature) {
  const openssl::KeyContext context(require(EVP_PKEY_CTX_new(key, nullptr), "key context"));
  require(EVP_PKEY_verify_init(context.get()) == 1, "verify");
  openssl::set_scheme(context.get(), scheme);
  return EVP_PKEY_verify(context.get(), signature.data(), signature.size(), digest.data(),
                         digest.size()) == 1;
}

}  // namespace

Result<void> verify_signature(const Certificate& certificate, SignatureScheme scheme,
                              ByteView input, ByteView signature) {
  openssl::QuietErrors quiet;
  if (!scheme_fits(scheme, certificate.key_kind())) {
    return Refusal{Reason::kAlgorithmRefused, "簽章演算法與憑證金鑰種類不符。"};
  }
  EVP_PKEY* key = openssl::key_of(certificate);
  bool good = false;
  switch (scheme) {
    case SignatureScheme::kEd25519:
      good = verifies_message(key, input, signature);
      break;
    case SignatureScheme::kEcdsaSha256:
    case SignatureScheme::kEcdsaSha384:
      good = is_canonical_ecdsa(signature, certificate.key_kind()) &&
             verifies_digest(key, scheme, input, signature);
      break;
    case SignatureScheme::kRsaPssSha256:
    case SignatureScheme::kRsaPkcs1Sha256:
      good = verifies_digest(key, scheme, input, signature);
      break;
  }
  if (!good) return Refusal{Reason::kBadSignature, "簽章與內容不符，請送件方重新簽章。"};
  return {};
}

Bytes signing_input(SignatureScheme scheme, ByteView message) {
  switch (scheme) {
    case SignatureScheme::kEcdsaSha384:
      return sha384(message);
    case SignatureScheme::kEcdsaSha256:
    case SignatureScheme::kRsaPssSha256:
    case SignatureScheme::kRsaPkcs1Sha256:
      return copy_of(sha256(message).view());
    case SignatureScheme::kEd25519:
      return copy_of(message);
  }
  return {};
}

Result<Bytes> encode_ecdsa(ByteView r_and_s, KeyKind kind) {
  const EC_GROUP* const curve = curve_of(kind);
  const BIGNUM* const order = EC_GROUP_get0_order(curve);
  const std::size_t half = static_cast<std::size_t>(BN_num_bytes(order));
  if (r_and_s.size() != 2 * half) return Reason::kBadSignature;
  const int length = static_cast<int>(half);
  BigNumber r(require(BN_bin2bn(r_and_s.data(), length, nullptr), "BIGNUM"));
  BigNumber s(require(BN_bin2bn(r_and_s.data() + half, length, nullptr), "BIGNUM"));
  for (const BIGNUM* number : {r.get(), s.get()}) {
    if (BN_is_zero(number) || BN_cmp(number, order) >= 0) return Reason::kBadSignature;
  }
  if (!is_low(s.get(), curve)) {
    require(BN_sub(s.get(), order, s.get()) == 1, "BIGNUM");
  }
  const openssl::EcSignature signature(require(ECDSA_SIG_new(), "ECDSA_SIG"));
  require(ECDSA_SIG_set0(signature.get(), r.release(), s.release()) == 1, "ECDSA_SIG");
  return openssl::der_of(i2d_ECDSA_SIG, signature.get());
}

}  // namespace yizhan
