#include "ground/session/sessions.h"

#include <algorithm>

#include "ground/control/control.h"
#include "ground/session/account_store.h"
#include "ground/session/password.h"
#include "ground/session/session_store.h"
#include "ground/session/token.h"
#include "ground/session/totp.h"

namespace yizhan {

namespace {

constexpr int kSeenGrains = 30;  // of the idle time
constexpr std::size_t kDecoyBytes = 32;

// Whether a refusal is one more guess; the others say nothing about the password.
bool counts(std::string_view why) { return why.starts_with("wrong_"); }

}  // namespace

struct Sessions::Guess {
  std::optional<PersonalAccount> account;
  std::string password;  // the hash to compare with
  SecretBytes totp;
};

struct Sessions::Verdict {
  bool password;
  std::optional<std::int64_t> step;
};

Sessions::Sessions(const SessionPlaces& places, const SessionPolicy& policy, SecretBytes key,
                   std::string issuer)
    : places_(places), policy_(policy), key_(std::move(key)), issuer_(std::move(issuer)) {
  SecretBytes nobodys(kDecoyBytes);
  fill_random(nobodys.writable());
  decoy_password_ = hash_password(policy_.cost, nobodys.view());
  decoy_totp_ = key_.seal(new_totp_secret(), "");
}

// Who is not there, or can not log in, is compared with a decoy, so that the work is the same.
Sessions::Guess Sessions::look_up(const std::string& name) {
  std::optional<PersonalAccount> account;
  std::optional<Credentials> known;
  places_.database.read([&](Transaction& tx) {
    AccountStore store(tx);
    known.reset();
    account = AccountName::parse(name) ? store.find_named(name) : std::nullopt;
    if (account) known = store.credentials(account->id);
  });
  const bool whole = known && known->totp && !known->passwords.empty();
  const std::string whose = whole ? account->id.text() : "";
  return {account, whole ? known->passwords.front() : decoy_password_,
          key_.open(whole ? *known->totp : decoy_totp_, whose)};
}

Sessions::Verdict Sessions::judge(const LogIn& asked, const Guess& guess) const {
  return {matches_password(guess.password, asked.password.view()),
          totp_step_of(guess.totp, asked.code, places_.clock.now())};
}

bool Sessions::locked(std::int64_t failures, Time failed, Time now) const {
  return failures >= policy_.failures_max && now < failed + policy_.lock;
}

// Asked again in the transaction of the outcome: of guesses that came at once, those after the last
// one that was free find the lock.
std::string Sessions::why_not(Transaction& tx, const Guess& guess, const Verdict& verdict,
                              Time now) const {
  if (!guess.account) return "unknown_account";
  AccountStore store(tx);
  const auto account = store.find(guess.account->id);
  if (!account || account->closed) return "account_closed";
  const Credentials known = store.credentials(account->id);
  if (known.passwords.empty() || !known.totp) return "no_password_yet";
  if (!upheld("lock_out", !locked(known.failures, known.failed, now))) return "locked";
  if (known.passwords.front() != guess.password || !verdict.password) return "wrong_password";
  if (!upheld("second_factor", verdict.step.has_value())) return "wrong_code";
  if (verdict.step && !upheld("code_once", store.take_totp_step(account->id, *verdict.step))) {
    return "wrong_code_used";
  }
  return {};
}

Result<NewSession> Sessions::log_in(const LogIn& asked) {
  const Guess guess = look_up(asked.name);
  const Verdict verdict = judge(asked, guess);
  std::optional<NewSession> session;
  places_.database.transact([&](Transaction& tx) {
    const Time now = places_.clock.now();
    session.reset();
    const std::string why = why_not(tx, guess, verdict, now);
    if (why.empty()) {
      AccountStore(tx).save_failures(guess.account->id, 0, now);
      session = begin(tx, *guess.account, "password,totp", asked.address);
      return;
    }
    if (counts(why)) note_failure(tx, *guess.account, asked.address, now);
    note_refusal(tx, guess.account, why, asked.address);
  });
  if (!session) return Reason::kLogInRefused;
  return *std::move(session);
}

Result<NewSession> Sessions::log_in_by_certificate(const Sha256& certificate,
                                                   const std::string& address) {
  std::optional<NewSession> session;
  places_.database.transact([&](Transaction& tx) {
    session.reset();
    AccountStore store(tx);
    const auto account = store.find_by_certificate(certificate);
    if (!account) return note_refusal(tx, account, "unknown_certificate", address);
    if (account->closed) return note_refusal(tx, account, "account_closed", address);
    const Credentials known = store.credentials(account->id);
    if (locked(known.failures, known.failed, places_.clock.now())) {
      return note_refusal(tx, account, "locked", address);
    }
    session = begin(tx, *account, "certificate", address);
  });
  if (!session) return Reason::kLogInRefused;
  return *std::move(session);
}

NewSession Sessions::begin(Transaction& tx, const PersonalAccount& account, const char* factors,
                           const std::string& address) const {
  const Time now = places_.clock.now();
  Token token = new_token();
  SessionStore(tx).insert({token.sha256, account.id, now, now});
  places_.journal.record(
      tx, Event::kLoggedIn,
      {{"account", account.name.text()}, {"address", address}, {"factors", factors}}, now);
  return {std::move(token.text), account, now + policy_.absolute};
}

void Sessions::note_failure(Transaction& tx, const PersonalAccount& account,
                            const std::string& address, Time now) const {
  AccountStore store(tx);
  const std::int64_t before = store.credentials(account.id).failures;
  // Here after as many as lock: that lock is over, and the count begins anew.
  const std::int64_t failures = (before >= policy_.failures_max ? 0 : before) + 1;
  store.save_failures(account.id, failures, now);
  if (failures < policy_.failures_max) return;
  places_.journal.record(tx, Event::kAccountLocked,
                         {{"account", account.name.text()}, {"address", address}}, now);
}

// A name that is nobody's is not written down: people type passwords there.
void Sessions::note_refusal(Transaction& tx, const std::optional<PersonalAccount>& account,
                            const std::string& reason, const std::string& address) const {
  places_.journal.record(
      tx, Event::kLogInRefused,
      {{"account", account ? account->name.text() : ""}, {"address", address}, {"reason", reason}},
      places_.clock.now());
}

// "" while it goes on.
std::string Sessions::end_of(const StoredSession& session, Time now) const {
  if (now >= session.made + policy_.absolute) return "absolute";
  if (!upheld("idle_logout", now < session.seen + policy_.idle)) return "idle";
  return {};
}

void Sessions::end(Transaction& tx, const PersonalAccount& account,
                   const std::string& reason) const {
  places_.journal.record(tx, Event::kSessionEnded,
                         {{"account", account.name.text()}, {"reason", reason}},
                         places_.clock.now());
}

Result<PersonalAccount> Sessions::account_of(std::string_view token) {
  const auto digest = digest_of_token(token);
  if (!digest) return Reason::kNotLoggedIn;
  const Time now = places_.clock.now();
  std::optional<StoredSession> session;
  std::optional<PersonalAccount> account;
  places_.database.read([&](Transaction& tx) {
    session = SessionStore(tx).find(*digest);
    if (session) account = AccountStore(tx).find(session->account);
  });
  if (!session || !account || account->closed) return Reason::kNotLoggedIn;
  if (const std::string why = end_of(*session, now); !why.empty()) {
    places_.database.transact([&](Transaction& tx) {
      if (SessionStore(tx).remove(*digest)) end(tx, *account, why);
    });
    return Reason::kNotLoggedIn;
  }
  if (now >= session->seen + policy_.idle / kSeenGrains) {
    places_.database.transact([&](Transaction& tx) { SessionStore(tx).save_seen(*digest, now); });
  }
  return *std::move(account);
}

void Sessions::log_out(std::string_view token) {
  const auto digest = digest_of_token(token);
  if (!digest) return;
  places_.database.transact([&](Transaction& tx) {
    SessionStore store(tx);
    const auto session = store.find(*digest);
    if (!session || !store.remove(*digest)) return;
    const auto account = AccountStore(tx).find(session->account);
    if (account) end(tx, *account, "logged_out");
  });
}

void Sessions::tend() {
  places_.database.transact([&](Transaction& tx) {
    const Time now = places_.clock.now();
    SessionStore store(tx);
    for (const StoredSession& session : store.lapsed(now - policy_.idle, now - policy_.absolute)) {
      const auto account = AccountStore(tx).find(session.account);
      if (store.remove(session.token) && account) end(tx, *account, end_of(session, now));
    }
  });
}

Result<void> Sessions::check_new(ByteView password, const PersonalAccount& account,
                                 const std::vector<std::string>& passwords) const {
  YZ_TRY(check_password(policy_.password, password, account.name));
  const std::size_t last = std::min(policy_.password.history, passwords.size());
  const bool again =
      std::any_of(passwords.begin(), passwords.begin() + static_cast<std::ptrdiff_t>(last),
                  [&](const std::string& hash) { return matches_password(hash, password); });
  if (upheld("password_history", !again)) return {};
  return Refusal{Reason::kPasswordRefused,
                 "不得與前 " + std::to_string(policy_.password.history) + " 次使用過之密碼相同"};
}

Result<void> Sessions::check_old(const PasswordChange& change, const PersonalAccount& account,
                                 const std::vector<std::string>& passwords) {
  const std::string hash = passwords.empty() ? decoy_password_ : passwords.front();
  const bool right = matches_password(hash, change.old_password.view());
  std::string why;
  places_.database.transact([&](Transaction& tx) {
    const Time now = places_.clock.now();
    const Credentials known = AccountStore(tx).credentials(account.id);
    const bool shut = locked(known.failures, known.failed, now);
    why = shut ? "locked" : (right ? "" : "wrong_password");
    if (counts(why)) note_failure(tx, account, change.address, now);
    if (!why.empty()) note_refusal(tx, account, why, change.address);
  });
  if (!why.empty()) return Reason::kLogInRefused;
  return {};
}

Result<void> Sessions::change_password(const PasswordChange& change) {
  const PersonalAccount account = YZ_TRY(account_of(change.token));
  const auto passwords = places_.database.read(
      [&](Transaction& tx) { return AccountStore(tx).credentials(account.id).passwords; });
  YZ_TRY(check_old(change, account, passwords));
  YZ_TRY(check_new(change.new_password.view(), account, passwords));
  const std::string hash = hash_password(policy_.cost, change.new_password.view());
  return places_.database.transact([&](Transaction& tx) -> Result<void> {
    const Time now = places_.clock.now();
    AccountStore store(tx);
    if (store.credentials(account.id).passwords != passwords) return Reason::kConflict;
    store.add_password(account.id, hash, now);
    SessionStore(tx).remove_all(account.id);
    places_.journal.record(tx, Event::kPasswordChanged,
                           {{"account", account.name.text()}, {"address", change.address}}, now);
    end(tx, account, "password_changed");
    return {};
  });
}

Result<SecretBytes> Sessions::recover(const RecoveryUse& use) {
  const auto digest = digest_of_token(use.token);
  if (!digest) return Reason::kRecoveryRefused;
  std::optional<PersonalAccount> account;
  std::vector<std::string> passwords;
  places_.database.read([&](Transaction& tx) {
    account = AccountStore(tx).find_by_recovery(*digest, places_.clock.now());
    if (account) passwords = AccountStore(tx).credentials(account->id).passwords;
  });
  if (!account || account->closed) return Reason::kRecoveryRefused;
  YZ_TRY(check_new(use.new_password.view(), *account, passwords));
  const std::string hash = hash_password(policy_.cost, use.new_password.view());
  const SecretBytes secret = new_totp_secret();
  const Bytes sealed = key_.seal(secret, account->id.text());
  YZ_TRY(places_.database.transact([&](Transaction& tx) -> Result<void> {
    const Time now = places_.clock.now();
    AccountStore store(tx);
    if (!store.spend_recovery(*digest, now)) return Reason::kRecoveryRefused;
    store.add_password(account->id, hash, now);
    store.save_totp(account->id, sealed);
    store.save_failures(account->id, 0, now);
    places_.journal.record(tx, Event::kCredentialsRenewed,
                           {{"account", account->name.text()}, {"address", use.address}}, now);
    if (SessionStore(tx).remove_all(account->id) > 0) end(tx, *account, "credentials_renewed");
    return {};
  }));
  return totp_uri(secret, issuer_, account->name.text());
}

}  // namespace yizhan
