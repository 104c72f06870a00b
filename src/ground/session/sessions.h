#pragma once

#include <optional>

#include "ground/journal/journal.h"
#include "ground/session/account.h"
#include "ground/session/policy.h"
#include "ground/session/rest_key.h"

namespace yizhan {

struct StoredSession;

// What a person brings to log in. `address` is for the journal.
struct LogIn {
  std::string name;
  SecretBytes password;
  std::string code;  // six digits
  std::string address;
};

struct NewSession {
  SecretBytes token;  // 64 hex digits, the only copy: for a cookie that no script reads
  PersonalAccount account;
  Time until;  // at the latest
};

struct PasswordChange {
  std::string token;  // of the session
  SecretBytes old_password;
  SecretBytes new_password;
  std::string address;
};

struct RecoveryUse {
  std::string token;
  SecretBytes new_password;
  std::string address;
};

struct SessionPlaces {
  Database& database;
  const Journal& journal;
  const Clock& clock;
};

// Who is let in, and for how long. Any number of threads. Makes its own transactions, as it hashes
// passwords outside of them; each outcome and its journal event are durable together.
class Sessions {
 public:
  // `key`, 32 octets, seals second factors in the database; without it nobody gets in by password.
  // `issuer` is what authenticator apps show.
  Sessions(const SessionPlaces& places, const SessionPolicy& policy, SecretBytes key,
           std::string issuer);

  // Password and second factor. Refuses kLogInRefused, in one wording and after the same work,
  // whether there is no such account, it is closed, locked or has no password yet, or the password
  // or the code is wrong, or the code was used before; the journal says which. After
  // policy.failures_max failures in a row the account is locked for policy.lock, also for who
  // guesses in parallel: what comes right after a lock is refused all the same. Each attempt costs
  // an Argon2id and a row of the journal: how many one address may make is the caller's to bound.
  Result<NewSession> log_in(const LogIn& asked);

  // The certificate of the TLS connection, whose path, dates and revocation the caller has checked:
  // holding the key and opening the card are both factors. Refuses kLogInRefused: not registered,
  // closed, locked.
  Result<NewSession> log_in_by_certificate(const Sha256& certificate, const std::string& address);

  // Whose session it is, and that it goes on. Refuses kNotLoggedIn: no such session, idle for
  // policy.idle, older than policy.absolute, the account closed. When it was last seen is written
  // with a grain of 1/30 of policy.idle, so it may end that much early.
  Result<PersonalAccount> account_of(std::string_view token);
  void log_out(std::string_view token);

  // Ends all sessions of the account, this one too. Refuses kNotLoggedIn; kLogInRefused: the old
  // one is wrong (counts as a failure) or the account locked; kPasswordRefused: against the policy,
  // or one of the last ones; kConflict: it was changed meanwhile.
  Result<void> change_password(const PasswordChange& change);

  // Sets a password and a new second factor, ends a lock and all sessions; with it every account
  // begins. Answers the otpauth:// address for the person's app, once. Refuses kRecoveryRefused:
  // unknown, spent, over, the account closed; kPasswordRefused (the token stays good).
  Result<SecretBytes> recover(const RecoveryUse& use);

  // Ends what has lapsed; call it every few minutes.
  void tend();

 private:
  struct Guess;
  struct Verdict;

  Guess look_up(const std::string& name);
  Verdict judge(const LogIn& asked, const Guess& guess) const;
  std::string why_not(Transaction& tx, const Guess& guess, const Verdict& verdict, Time now) const;
  [[nodiscard]] bool locked(std::int64_t failures, Time failed, Time now) const;
  void note_failure(Transaction& tx, const PersonalAccount& account, const std::string& address,
                    Time now) const;
  void note_refusal(Transaction& tx, const std::optional<PersonalAccount>& account,
                    const std::string& reason, const std::string& address) const;
  NewSession begin(Transaction& tx, const PersonalAccount& account, const char* factors,
                   const std::string& address) const;
  [[nodiscard]] std::string end_of(const StoredSession& session, Time now) const;
  void end(Transaction& tx, const PersonalAccount& account, const std::string& reason) const;
  Result<void> check_new(ByteView password, const PersonalAccount& account,
                         const std::vector<std::string>& passwords) const;
  Result<void> check_old(const PasswordChange& change, const PersonalAccount& account,
                         const std::vector<std::string>& passwords);

  SessionPlaces places_;
  SessionPolicy policy_;
  RestKey key_;
  std::string issuer_;
  std::string decoy_password_;  // what a guess without an account is compared with
  Bytes decoy_totp_;
};

}  // namespace yizhan
