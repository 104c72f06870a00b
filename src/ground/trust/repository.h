#pragma once

#include <filesystem>

#include "ground/trust/metadata.h"

namespace yizhan {

// How long what is signed may be used.
struct Validity {
  Milliseconds root = std::chrono::hours{24 * 365};
  Milliseconds targets = std::chrono::hours{24 * 90};
  Milliseconds snapshot = std::chrono::hours{24 * 30};
  Milliseconds timestamp = std::chrono::hours{24 * 7};
};

// A repository as those see it who write it: the folder that is served, and in its folder `staged`
// the changes that wait for signatures. What it reads of itself it does not verify: publish() does,
// and so does whoever follows it.
class Repository {
 public:
  explicit Repository(std::filesystem::path folder) : folder_(std::move(folder)) {}

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

  // What is published. Refuse kNotFound (nothing yet), kMalformed.
  [[nodiscard]] Result<SignedMetadata> root() const;  // the newest
  [[nodiscard]] Result<SignedMetadata> timestamp() const;
  [[nodiscard]] Result<SignedMetadata> snapshot() const;
  [[nodiscard]] Result<SignedMetadata> targets(const std::string& role) const;
  // targets first; empty while nothing is published.
  [[nodiscard]] std::vector<std::string> roles() const;

  // What waits, by role. Refuse kNotFound, kMalformed.
  [[nodiscard]] Result<SignedMetadata> staged(const std::string& role) const;
  [[nodiscard]] std::vector<std::string> staged_roles() const;  // root and targets first
  [[nodiscard]] std::filesystem::path staged_file(const std::string& role) const;
  // Replaces what waited. A content that is signed already keeps its signatures.
  void stage(const std::string& role, const SignedMetadata& metadata) const;
  void unstage(const std::string& role) const;

  // A target's bytes; nobody is told of them before a role that lists them is published.
  void put_target(const std::string& path, ByteView bytes) const;

  // A role's next content, as far as it is known: what is staged, else what is published.
  [[nodiscard]] Result<SignedMetadata> latest(const std::string& role) const;
  [[nodiscard]] Result<RootMetadata> latest_root() const;
  [[nodiscard]] Result<TargetsMetadata> latest_targets(const std::string& role) const;

 private:
  friend class Publication;
  void put(const std::string& location, ByteView bytes) const;

  std::filesystem::path folder_;
};

}  // namespace yizhan
