#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>

#include "ground/keys/module.h"

namespace yizhan {

// The software module (密碼模組 I): a folder with NAME.key (PKCS#8 PEM, always encrypted) and
// NAME.crt (PEM) for each key; NAME.next is a key that waits for its certificate. The passphrase
// comes from a file (a systemd credential), is read when keys are read or made and wiped after.
class SoftwareModule final : public CryptoModule {
 public:
  struct Settings {
    std::filesystem::path folder;
    std::filesystem::path passphrase_file;
    std::string label;
    std::string serial;  // as registered with management
  };

  // Call login() next.
  explicit SoftwareModule(Settings settings);

  [[nodiscard]] ModuleDescription description() const override;
  [[nodiscard]] Waiting waiting() const override;
  [[nodiscard]] std::vector<KeyDescription> keys() const override;
  [[nodiscard]] std::optional<KeyDescription> find(const std::string& key) const override;
  Result<Bytes> sign(const std::string& key, ByteView input) override;
  Result<SecretBytes> decrypt_oaep(const std::string& key, ByteView ciphertext) override;
  Result<SecretBytes> agree(const std::string& key, ByteView peer_point) override;
  // kTokenLocked when the passphrase can not be read or opens none of the keys; the keys that were
  // held before stay. kMalformed when a single key or certificate is wrong; the others are held.
  Result<void> login() override;
  Result<NextKey> prepare(const std::string& key) override;
  Result<std::string> install(const std::string& key, const Certificate& certificate) override;

 private:
  using Keys = std::map<std::string, SoftwareKey>;

  Result<SoftwareKey> load(const std::filesystem::path& file, const SecretBytes& passphrase) const;
  [[nodiscard]] KeyDescription describe(const std::string& name, const SoftwareKey& key) const;
  // A copy shares the key itself: no lock is held while it works.
  [[nodiscard]] Result<SoftwareKey> require(const std::string& key) const;

  struct Waiter {
    std::string name;
    PrivateKey key;
  };
  // The next generation of that base name, where one waits for its certificate.
  [[nodiscard]] Result<std::optional<Waiter>> find_waiting(const std::string& base,
                                                           const SecretBytes& passphrase) const;
  [[nodiscard]] std::optional<KeyDescription> newest(std::string_view base) const;

  const Settings settings_;
  std::mutex renewing_;  // one renewal at a time; the keys are used meanwhile
  mutable std::mutex mutex_;
  Keys keys_;
  Waiting waiting_ = Waiting::kPin;
};

}  // namespace yizhan
