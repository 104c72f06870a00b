#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <utility>

#include "ground/crypto/crypto.h"

namespace yizhan {

// What is trusted at the moment of checking.
struct Trust {
  TrustAnchors anchors;
  std::vector<Certificate> intermediates;
  RevocationLists revocations;
  CryptoPolicy policy = {};
};

// Every certificate of a PEM file, at least one. Throws std::runtime_error, FileError.
std::vector<Certificate> read_certificates(const std::filesystem::path& pem_file);

// A folder with anchors/*.pem, intermediates/*.pem and revocation/*.crl (DER). Revocation lists
// change often, so the folder is read again and again; what does not verify is left out, and said.
class TrustSource {
 public:
  // Throws when no anchor is there: nothing may start without it.
  explicit TrustSource(std::filesystem::path folder, CryptoPolicy policy = {});

  // Never null; safe from any thread.
  [[nodiscard]] std::shared_ptr<const Trust> current() const;
  // Reads again when a file came, went or changed.
  void reload();
  // The revocation lists that were left out since this was asked last, each with why. reload()'s
  // thread.
  std::vector<std::string> take_left_out() { return std::exchange(left_out_, {}); }
  // Which algorithms are taken; the same as long as this lives.
  [[nodiscard]] const CryptoPolicy& policy() const { return policy_; }

 private:
  std::filesystem::path folder_;
  CryptoPolicy policy_;
  std::vector<std::string> left_out_;
  std::string seen_;  // names, sizes and times of what was read; reload() is one thread's
  mutable std::mutex mutex_;
  // shared_ptr: readers keep what they started with.
  std::shared_ptr<const Trust> current_;
};

}  // namespace yizhan
