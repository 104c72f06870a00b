#pragma once

#include <optional>
#include <vector>

#include "ground/session/account.h"
#include "ground/store/store.h"

// Inside ground/session.

namespace yizhan {

// What an account is let in by, and how often it was tried in vain.
struct Credentials {
  std::int64_t failures;
  Time failed;                         // last
  std::optional<Bytes> totp;           // sealed
  std::int64_t totp_step;              // the last one that counted
  std::vector<std::string> passwords;  // hashes, the present one first
};

// The tables accounts, account_passwords, account_certificates, recovery_tokens.
class AccountStore {
 public:
  explicit AccountStore(Transaction& tx) : tx_(tx) {}

  // False: the name is or was somebody's.
  bool insert(const PersonalAccount& account);
  std::optional<PersonalAccount> find(const AccountId& id);
  std::optional<PersonalAccount> find_named(const std::string& name);
  std::vector<PersonalAccount> all();  // by name, closed ones too
  void save_roles(const PersonalAccount& account);
  void close(const AccountId& id, Time now);

  Credentials credentials(const AccountId& id);
  void save_failures(const AccountId& id, std::int64_t failures, Time now);
  // False: that step, or a later one, has counted already.
  bool take_totp_step(const AccountId& id, std::int64_t step);
  void save_totp(const AccountId& id, ByteView sealed);
  void add_password(const AccountId& id, const std::string& hash, Time now);

  // False: it is or was registered, here or with another account.
  bool insert_certificate(const AccountId& id, const Sha256& certificate, Time now);
  bool remove_certificate(const AccountId& id, const Sha256& certificate, Time now);
  std::optional<PersonalAccount> find_by_certificate(const Sha256& certificate);

  void insert_recovery(const AccountId& id, const Sha256& token, Time until);
  void spend_recoveries(const AccountId& id, Time now);
  std::optional<PersonalAccount> find_by_recovery(const Sha256& token, Time now);
  // False: it was spent, or its time is over.
  bool spend_recovery(const Sha256& token, Time now);

 private:
  std::vector<std::string> passwords(const AccountId& id);

  Transaction& tx_;
};

}  // namespace yizhan
