#pragma once

#include <optional>
#include <vector>

#include "ground/journal/journal.h"
#include "ground/session/account.h"
#include "ground/session/policy.h"

namespace yizhan {

struct NewAccount {
  AccountName name;
  std::string person;
  std::string scope;
  std::set<std::string> roles;
};

// What an administrator does with accounts. Each act and its journal event stand in the caller's
// transaction: both are durable, or neither; so they go together with a decision by two. Whether
// the caller may is not asked here. An id of no account is refused with kNotFound, a closed account
// with kConflict.
class Accounts {
 public:
  explicit Accounts(const Journal& journal) : journal_(journal) {}

  // Without a password: it begins with a recovery token. Refuses kConflict: the name is or was
  // somebody's; kBadRequest: no person, no role, a role that is no word.
  Result<PersonalAccount> open(Transaction& tx, const NewAccount& wanted, const By& by) const;
  // In force at the next request, also of those who are logged in. kBadRequest as above.
  Result<void> set_roles(Transaction& tx, const AccountId& id, const std::set<std::string>& roles,
                         const By& by) const;
  // For good. Ends its sessions; its name, certificates and tokens are never good again.
  Result<void> close(Transaction& tx, const AccountId& id, const By& by) const;

  // A token to choose a password and a second factor with (Sessions::recover), once, for as long as
  // `valid`; those given before are void. 64 hex digits; the only copy.
  struct Recovery {
    AccountId account;
    Milliseconds valid;
  };
  Result<SecretBytes> give_recovery(Transaction& tx, const Recovery& recovery, const By& by) const;

  // SHA-256 of the whole certificate. kConflict: it is or was registered, with whomever.
  Result<void> register_certificate(Transaction& tx, const AccountId& id, const Sha256& certificate,
                                    const By& by) const;
  // Ends the sessions of the account. kNotFound: it is not registered with it.
  Result<void> remove_certificate(Transaction& tx, const AccountId& id, const Sha256& certificate,
                                  const By& by) const;

  static std::optional<PersonalAccount> find(Transaction& tx, const AccountId& id);
  static std::vector<PersonalAccount> all(Transaction& tx);  // by name, closed ones too

 private:
  void end_sessions(Transaction& tx, const PersonalAccount& account, const char* reason,
                    Time now) const;

  const Journal& journal_;
};

}  // namespace yizhan
