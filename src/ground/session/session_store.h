#pragma once

#include <optional>
#include <vector>

#include "ground/session/account.h"
#include "ground/store/store.h"

// Inside ground/session.

namespace yizhan {

struct StoredSession {
  Sha256 token;
  AccountId account;
  Time made;
  Time seen;
};

// The table sessions.
class SessionStore {
 public:
  explicit SessionStore(Transaction& tx) : tx_(tx) {}

  void insert(const StoredSession& session);
  std::optional<StoredSession> find(const Sha256& token);
  std::vector<StoredSession> lapsed(Time seen_until, Time made_until);
  void save_seen(const Sha256& token, Time now);
  bool remove(const Sha256& token);
  std::int64_t remove_all(const AccountId& account);

 private:
  Transaction& tx_;
};

}  // namespace yizhan
