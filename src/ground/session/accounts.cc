#include "ground/session/accounts.h"

#include <algorithm>

#include "ground/session/account_store.h"
#include "ground/session/session_store.h"
#include "ground/session/token.h"

namespace yizhan {

namespace {

constexpr std::size_t kRoleBytesMax = 64;

bool is_word(const std::string& role) {
  return !role.empty() && role.size() <= kRoleBytesMax &&
         std::ranges::all_of(role, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

Result<void> check_roles(const std::set<std::string>& roles) {
  if (roles.empty() || !std::ranges::all_of(roles, is_word)) {
    return Refusal{Reason::kBadRequest, "帳號至少應有一個角色，並填角色代碼"};
  }
  return {};
}

std::string listed(const std::set<std::string>& roles) {
  std::string text;
  for (const std::string& role : roles) text += (text.empty() ? "" : " ") + role;
  return text;
}

Result<PersonalAccount> open_account(Transaction& tx, const AccountId& id) {
  const auto account = AccountStore(tx).find(id);
  if (!account) return Refusal{Reason::kNotFound, "查無此帳號"};
  if (account->closed) return Refusal{Reason::kConflict, "帳號已停用，不再啟用；請另開帳號"};
  return *account;
}

}  // namespace

Result<PersonalAccount> Accounts::open(Transaction& tx, const NewAccount& wanted,
                                       const By& by) const {
  if (wanted.person.empty()) return Refusal{Reason::kBadRequest, "請填帳號使用人姓名"};
  YZ_TRY(check_roles(wanted.roles));
  const AccountId id = AccountId::generate(by.now);
  PersonalAccount account{id,           wanted.name, wanted.person, wanted.scope,
                          wanted.roles, by.now,      std::nullopt};
  if (!AccountStore(tx).insert(account)) {
    return Refusal{Reason::kConflict, "帳號名稱已有人使用或曾經使用，請改用其他名稱"};
  }
  journal_.record(
      tx, Event::kAccountOpened,
      {{"account", account.name.text()}, {"by", by.who}, {"roles", listed(account.roles)}}, by.now);
  return account;
}

Result<void> Accounts::set_roles(Transaction& tx, const AccountId& id,
                                 const std::set<std::string>& roles, const By& by) const {
  YZ_TRY(check_roles(roles));
  PersonalAccount account = YZ_TRY(open_account(tx, id));
  account.roles = roles;
  AccountStore(tx).save_roles(account);
  journal_.record(tx, Event::kAccountChanged,
                  {{"account", account.name.text()}, {"by", by.who}, {"roles", listed(roles)}},
                  by.now);
  return {};
}

Result<void> Accounts::close(Transaction& tx, const AccountId& id, const By& by) const {
  const PersonalAccount account = YZ_TRY(open_account(tx, id));
  AccountStore(tx).close(id, by.now);
  AccountStore(tx).spend_recoveries(id, by.now);
  journal_.record(tx, Event::kAccountClosed, {{"account", account.name.text()}, {"by", by.who}},
                  by.now);
  end_sessions(tx, account, "closed", by.now);
  return {};
}

Result<SecretBytes> Accounts::give_recovery(Transaction& tx, const Recovery& recovery,
                                            const By& by) const {
  const PersonalAccount account = YZ_TRY(open_account(tx, recovery.account));
  Token token = new_token();
  AccountStore store(tx);
  store.spend_recoveries(account.id, by.now);
  store.insert_recovery(account.id, token.sha256, by.now + recovery.valid);
  journal_.record(tx, Event::kRecoveryGiven, {{"account", account.name.text()}, {"by", by.who}},
                  by.now);
  return std::move(token.text);
}

Result<void> Accounts::register_certificate(Transaction& tx, const AccountId& id,
                                            const Sha256& certificate, const By& by) const {
  const PersonalAccount account = YZ_TRY(open_account(tx, id));
  if (!AccountStore(tx).insert_certificate(id, certificate, by.now)) {
    return Refusal{Reason::kConflict, "此憑證已登錄或曾登錄於帳號，請使用新的憑證"};
  }
  journal_.record(
      tx, Event::kCertificateRegistered,
      {{"account", account.name.text()}, {"by", by.who}, {"certificate_sha256", certificate.hex()}},
      by.now);
  return {};
}

Result<void> Accounts::remove_certificate(Transaction& tx, const AccountId& id,
                                          const Sha256& certificate, const By& by) const {
  const PersonalAccount account = YZ_TRY(open_account(tx, id));
  if (!AccountStore(tx).remove_certificate(id, certificate, by.now)) {
    return Refusal{Reason::kNotFound, "此帳號未登錄該憑證"};
  }
  journal_.record(
      tx, Event::kCertificateRemoved,
      {{"account", account.name.text()}, {"by", by.who}, {"certificate_sha256", certificate.hex()}},
      by.now);
  end_sessions(tx, account, "certificate", by.now);
  return {};
}

std::optional<PersonalAccount> Accounts::find(Transaction& tx, const AccountId& id) {
  return AccountStore(tx).find(id);
}

std::vector<PersonalAccount> Accounts::all(Transaction& tx) { return AccountStore(tx).all(); }

void Accounts::end_sessions(Transaction& tx, const PersonalAccount& account, const char* reason,
                            Time now) const {
  if (SessionStore(tx).remove_all(account.id) == 0) return;
  journal_.record(tx, Event::kSessionEnded, {{"account", account.name.text()}, {"reason", reason}},
                  now);
}

}  // namespace yizhan
