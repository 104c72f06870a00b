#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "ground/keys/keys.h"
#include "tests/support/pki.h"
#include "tests/support/temporary_folder.h"

// Secrets and encrypted key files for tests of keys.

namespace yizhan {

// Only its owner may read it.
inline void write_private(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
  std::filesystem::permissions(
      file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

inline std::string read_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

inline SecretBytes secret_of(std::string_view text) { return SecretBytes(copy_of(bytes_of(text))); }

// NAME.key (encrypted) and NAME.crt, as a software module reads them.
inline void put_key(const std::filesystem::path& folder, const std::string& name,
                    const SoftwareKey& key, std::string_view passphrase) {
  std::filesystem::create_directories(folder);
  const SecretBytes pem = key.private_key().pem(secret_of(passphrase));
  write_private(folder / (name + ".key"), text_of(pem.view()));
  write_private(folder / (name + ".crt"), key.certificate().pem());
}

// A module's key as unwrap_key wants it, without a keyholder between.
class KeyInModule final : public DecryptionKey {
 public:
  KeyInModule(CryptoModule& module, KeyDescription key) : module_(module), key_(std::move(key)) {}
  [[nodiscard]] const Certificate& certificate() const override { return key_.certificate; }
  [[nodiscard]] Result<SecretBytes> decrypt_oaep(ByteView ciphertext) override {
    return module_.decrypt_oaep(key_.name, ciphertext);
  }
  [[nodiscard]] Result<SecretBytes> agree(ByteView peer_point) override {
    return module_.agree(key_.name, peer_point);
  }

 private:
  CryptoModule& module_;
  KeyDescription key_;
};

}  // namespace yizhan
