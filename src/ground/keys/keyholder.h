#pragma once

#include <filesystem>
#include <memory>

#include "ground/keys/protocol.h"

namespace yizhan {

class KeyholderLine;

// The client: asks yizhan-keyholder over its Unix socket. Thread-safe; keeps idle connections and
// opens new ones as needed, so a restarted keyholder is found again by the next call. Each fresh
// signature is verified with the certificate's public key before it is handed out: a module that
// answers nonsense is kKeyholderUnavailable. Refuses besides: kKeyUnknown, kKeyForbidden,
// kTokenLocked, kUnopenable.
class Keyholder {
 public:
  explicit Keyholder(std::filesystem::path socket, Milliseconds timeout = std::chrono::seconds(10));
  ~Keyholder();
  Keyholder(const Keyholder&) = delete;
  Keyholder& operator=(const Keyholder&) = delete;

  // The keys that this caller may use.
  Result<std::vector<KeyDescription>> list();
  Result<KeyholderStatus> status();
  // A key stays tied to the certificate it had here; ask again after a renewal.
  // shared_ptr: used by many threads and connections, outlives this object if need be.
  Result<std::shared_ptr<SigningKey>> signing_key(const std::string& name);
  // Every generation of it that signs, the oldest first; at least one, or kKeyUnknown.
  Result<std::vector<std::shared_ptr<SigningKey>>> signing_keys(const std::string& name);
  Result<std::shared_ptr<DecryptionKey>> decryption_key(const std::string& name);
  Result<std::shared_ptr<DecryptionKey>> decryption_key_for(const Sha256& certificate);

  // A key's next generation (CryptoModule::prepare, install), for callers with the right to renew.
  // `signer`: the key that vouches for the request; its oldest generation that is still valid.
  Result<NextKey> prepare(const std::string& name, const std::string& signer);
  Result<std::string> install(const std::string& name, const Certificate& certificate);

 private:
  std::shared_ptr<KeyholderLine> line_;  // shared with the keys handed out
};

}  // namespace yizhan
