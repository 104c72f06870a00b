#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "ground/base/base.h"
#include "ground/crypto/crypto.h"

// The private key of a TLS identity: in this process (tests, development), or behind the keyholder.

namespace yizhan {

class TlsKey {
 public:
  // PKCS#8 PEM without a passphrase. Refuses: kMalformed.
  static Result<TlsKey> from_pem(std::string_view pem);
  // Each handshake asks `key` to sign with KeyUse::kTls, on the thread that does the handshake: so
  // the keyholder's client must have a short time limit. Any number of threads at once.
  // P-256 and P-384 only (RSA-PSS and Ed25519 can not be handed out). Refuses: kAlgorithmRefused.
  static Result<TlsKey> from_signing_key(std::shared_ptr<SigningKey> key);

  // The EVP_PKEY, for ground/net only. Not owned by the caller.
  [[nodiscard]] void* native() const { return key_.get(); }

 private:
  explicit TlsKey(std::shared_ptr<void> key) : key_(std::move(key)) {}
  // shared_ptr: server contexts and client handles of several threads hold the same key.
  std::shared_ptr<void> key_;
};

// How we show ourselves: our certificate first, then its issuers without the root.
struct TlsIdentity {
  std::vector<Certificate> chain;
  TlsKey key;
};

}  // namespace yizhan
