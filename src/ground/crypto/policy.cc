#include "ground/crypto/policy.h"

#include "ground/control/control.h"
#include "ground/crypto/openssl_values.h"

namespace yizhan {

bool scheme_fits(SignatureScheme scheme, KeyKind kind) {
  switch (scheme) {
    case SignatureScheme::kEcdsaSha256:
      return kind == KeyKind::kEcP256;
    case SignatureScheme::kEcdsaSha384:
      return kind == KeyKind::kEcP384;
    case SignatureScheme::kRsaPssSha256:
    case SignatureScheme::kRsaPkcs1Sha256:
      return kind == KeyKind::kRsa;
    case SignatureScheme::kEd25519:
      return kind == KeyKind::kEd25519;
  }
  return false;
}

CryptoPolicy CryptoPolicy::with(Pkcs1Signatures pkcs1) {
  CryptoPolicy policy;
  if (pkcs1 == Pkcs1Signatures::kAccepted) policy.schemes.insert(SignatureScheme::kRsaPkcs1Sha256);
  return policy;
}

Result<void> CryptoPolicy::check(const Certificate& certificate) const {
  const bool rsa = certificate.key_kind() == KeyKind::kRsa;
  const bool long_enough = !rsa || EVP_PKEY_get_bits(openssl::key_of(certificate)) >= rsa_bits_min;
  if (!upheld("key_length", long_enough)) {
    return Refusal{Reason::kAlgorithmRefused,
                   "RSA 金鑰長度須達 " + std::to_string(rsa_bits_min) + " 位元，請換發憑證。"};
  }
  return {};
}

Result<void> CryptoPolicy::check(const Certificate& certificate, SignatureScheme scheme) const {
  if (!upheld("signature_scheme", schemes.contains(scheme))) {
    return Refusal{Reason::kAlgorithmRefused, "本站政策不接受此簽章演算法，請改用政策所列者。"};
  }
  if (!scheme_fits(scheme, certificate.key_kind())) {
    return Refusal{Reason::kAlgorithmRefused, "簽章演算法與憑證金鑰種類不符。"};
  }
  return check(certificate);
}

}  // namespace yizhan
