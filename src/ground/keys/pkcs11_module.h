#pragma once

#include "ground/keys/pkcs11_token.h"
#include "ground/keys/token_worker.h"

namespace yizhan {

// A card or HSM, by PKCS#11. Mechanisms are probed at each login: RSA signs with PSS, or with
// PKCS#1 v1.5 where the token can not; OAEP that the token can not do itself is undone here after a
// raw RSA decryption, or not offered. Ed25519 is left to the software module. One worker a token;
// a crash of the vendor's library is a crash of the keyholder, which the supervisor restarts.
class Pkcs11Module final : public CryptoModule {
 public:
  // Call login() next. shared_ptr: tokens of one vendor share the library.
  Pkcs11Module(std::shared_ptr<Pkcs11Library> library, const Pkcs11Settings& settings);

  [[nodiscard]] ModuleDescription description() const override;
  [[nodiscard]] Waiting waiting() const override;
  [[nodiscard]] std::vector<KeyDescription> keys() const override;
  [[nodiscard]] std::optional<KeyDescription> find(const std::string& key) const override;
  Result<Bytes> sign(const std::string& key, ByteView input) override;
  Result<SecretBytes> decrypt_oaep(const std::string& key, ByteView ciphertext) override;
  Result<SecretBytes> agree(const std::string& key, ByteView peer_point) override;
  Result<void> login() override;

 private:
  using State = std::shared_ptr<const Pkcs11State>;

  [[nodiscard]] State state() const;
  template <class Value, class Work>
  Result<Value> run(Work work);

  mutable std::mutex mutex_;
  Pkcs11Token token_;  // touched by the worker only
  State state_;        // what the worker last saw
  TokenWorker worker_;
};

}  // namespace yizhan
