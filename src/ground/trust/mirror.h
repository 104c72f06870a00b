#pragma once

#include <filesystem>

#include "ground/trust/client.h"

namespace yizhan {

// A copy of a repository for those who can not reach it themselves, byte for byte: whoever follows
// it verifies as if it were the original. The timestamp is written last, so that whoever reads at
// any instant finds a whole repository, the old or the new one.
class Mirror {
 public:
  explicit Mirror(std::filesystem::path folder) : folder_(std::move(folder)) {}

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

  // What `client` has verified, after its refresh(); `source` is the client's. Targets that no role
  // in charge of their path has signed are left out. Then removes what neither this state nor the
  // one before needs. Refuses as TrustClient and source do; the mirror then stays as it was.
  Result<void> follow(TrustClient& client, const TrustedState& state, RepositorySource& source);

 private:
  Result<std::set<std::string>> copy_targets(TrustClient& client);
  Result<std::set<std::string>> copy_roots(const RootMetadata& root, RepositorySource& source);
  std::set<std::string> copy_roles(TrustClient& client, const TrustedState& state);
  [[nodiscard]] bool has(const std::string& location) const;
  void put(const std::string& location, ByteView bytes) const;
  void remove_all_but(const std::set<std::string>& kept) const;

  std::filesystem::path folder_;
  std::set<std::string> current_;  // locations of the state that is served
};

}  // namespace yizhan
