#pragma once

#include <set>

#include "ground/crypto/private_key.h"

namespace yizhan {

// RSASSA-PKCS1-v1_5 is for cards that can not do PSS. What a card can do stands in no certificate,
// so a site takes such signatures from everybody or from nobody.
enum class Pkcs1Signatures : bool { kRefused = false, kAccepted = true };

// Which algorithms this site accepts from others. It can only narrow what the code knows.
struct CryptoPolicy {
  std::set<SignatureScheme> schemes = {SignatureScheme::kEcdsaSha256, SignatureScheme::kEcdsaSha384,
                                       SignatureScheme::kRsaPssSha256, SignatureScheme::kEd25519};
  int rsa_bits_min = 2048;

  static CryptoPolicy with(Pkcs1Signatures pkcs1);

  // Refuses kAlgorithmRefused: a scheme that is not allowed or not one of this key, a short key.
  [[nodiscard]] Result<void> check(const Certificate& certificate, SignatureScheme scheme) const;
  // The same for a certificate that only receives (key transport).
  [[nodiscard]] Result<void> check(const Certificate& certificate) const;
};

// Whether a key of this kind can sign in this scheme at all.
bool scheme_fits(SignatureScheme scheme, KeyKind kind);

}  // namespace yizhan
