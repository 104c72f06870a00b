#pragma once

#include <functional>

#include "tests/support/small_exchange.h"
#include "tests/support/small_repository.h"

namespace yizhan {

// A founded repository, and a node's client that looks at it.
class FollowedRepository {
 public:
  explicit FollowedRepository(const std::filesystem::path& folder)
      : repository_(folder, kTestNow), source_(folder) {
    repository_.found();
    TrustedState::Content content;
    content.root = repository_.bytes_at(metadata_location(kRootRole, 1));
    state_.save(std::move(content));
  }
  // Signed by two officers and published.
  void put(const std::string& path, std::string_view text) { repository_.put(path, text); }
  void withdraw(const std::string& path) {
    ASSERT_TRUE(stage_target(repository_.repository, {path, std::nullopt}, {}, kTestNow));
    repository_.publish_signed(repository_.two());
  }
  // What `take` does with a client that has looked.
  Result<void> look(Time now, const std::function<Result<void>(TrustClient&)>& take) {
    TrustClient client(state_, source_);
    YZ_TRY(client.refresh(now));
    return take(client);
  }
  [[nodiscard]] SmallRepository& files() { return repository_; }

 private:
  SmallRepository repository_;
  FolderSource source_;
  TrustedState state_{{}, Bytes()};
};

}  // namespace yizhan
