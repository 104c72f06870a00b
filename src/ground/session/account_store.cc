#include "ground/session/account_store.h"

#include <sstream>

namespace yizhan {

namespace {

using Text = std::string;
using Number = std::int64_t;
using AccountRow = std::tuple<Text, Text, Text, Text, Text, Time, std::optional<Time>>;

std::string text_of(const std::set<std::string>& roles) {
  std::string text;
  for (const std::string& role : roles) text += (text.empty() ? "" : " ") + role;
  return text;
}

std::set<std::string> roles_in(const std::string& text) {
  std::istringstream words(text);
  std::set<std::string> roles;
  for (std::string role; words >> role;) roles.insert(role);
  return roles;
}

PersonalAccount account_of(const AccountRow& row) {
  const auto& [id, name, person, scope, roles, opened, closed] = row;
  const auto parsed_id = AccountId::parse(id);
  const auto parsed_name = AccountName::parse(name);
  if (!parsed_id || !parsed_name) throw StoreError("accounts: a row that is none: " + id);
  return {*parsed_id, *parsed_name, person, scope, roles_in(roles), opened, closed};
}

std::optional<PersonalAccount> find_account(Transaction& tx, std::string_view sql,
                                            const Binds& binds) {
  const auto row = tx.find<Text, Text, Text, Text, Text, Time, std::optional<Time>>(sql, binds);
  if (!row) return std::nullopt;
  return account_of(*row);
}

}  // namespace

bool AccountStore::insert(const PersonalAccount& account) {
  return tx_.run(R"sql(
      INSERT INTO accounts (id, name, person, scope, roles, opened_ms, closed_ms, failures,
        failed_ms, totp, totp_step)
      VALUES (:id, :name, :person, :scope, :roles, :opened_ms, NULL, 0, 0, NULL, 0)
      ON CONFLICT (name) DO NOTHING)sql",
                 {{"id", account.id.text()},
                  {"name", account.name.text()},
                  {"person", account.person},
                  {"scope", account.scope},
                  {"roles", text_of(account.roles)},
                  {"opened_ms", account.opened}}) == 1;
}

std::optional<PersonalAccount> AccountStore::find(const AccountId& id) {
  return find_account(tx_, R"sql(
      SELECT id, name, person, scope, roles, opened_ms, closed_ms FROM accounts
      WHERE id = :id)sql",
                      {{"id", id.text()}});
}

std::optional<PersonalAccount> AccountStore::find_named(const std::string& name) {
  return find_account(tx_, R"sql(
      SELECT id, name, person, scope, roles, opened_ms, closed_ms FROM accounts
      WHERE name = :name)sql",
                      {{"name", name}});
}

std::vector<PersonalAccount> AccountStore::all() {
  std::vector<PersonalAccount> accounts;
  for (const AccountRow& row :
       tx_.query<Text, Text, Text, Text, Text, Time, std::optional<Time>>(R"sql(
           SELECT id, name, person, scope, roles, opened_ms, closed_ms FROM accounts
           ORDER BY name)sql")) {
    accounts.push_back(account_of(row));
  }
  return accounts;
}

void AccountStore::save_roles(const PersonalAccount& account) {
  tx_.run("UPDATE accounts SET roles = :roles WHERE id = :id",
          {{"roles", text_of(account.roles)}, {"id", account.id.text()}});
}

void AccountStore::close(const AccountId& id, Time now) {
  tx_.run("UPDATE accounts SET closed_ms = :now WHERE id = :id", {{"now", now}, {"id", id.text()}});
}

std::vector<std::string> AccountStore::passwords(const AccountId& id) {
  std::vector<std::string> hashes;
  for (auto& [hash] : tx_.query<Text>(R"sql(
           SELECT hash FROM account_passwords WHERE account_id = :id ORDER BY number DESC)sql",
                                      {{"id", id.text()}})) {
    hashes.push_back(std::move(hash));
  }
  return hashes;
}

Credentials AccountStore::credentials(const AccountId& id) {
  auto row = tx_.find<Number, Time, std::optional<Bytes>, Number>(R"sql(
      SELECT failures, failed_ms, totp, totp_step FROM accounts WHERE id = :id)sql",
                                                                  {{"id", id.text()}});
  YZ_ASSERT(row.has_value());
  auto& [failures, failed, totp, step] = *row;
  return {failures, failed, std::move(totp), step, passwords(id)};
}

void AccountStore::save_failures(const AccountId& id, std::int64_t failures, Time now) {
  tx_.run("UPDATE accounts SET failures = :failures, failed_ms = :now WHERE id = :id",
          {{"failures", failures}, {"now", now}, {"id", id.text()}});
}

bool AccountStore::take_totp_step(const AccountId& id, std::int64_t step) {
  return tx_.run("UPDATE accounts SET totp_step = :step WHERE id = :id AND totp_step < :step",
                 {{"step", step}, {"id", id.text()}}) == 1;
}

void AccountStore::save_totp(const AccountId& id, ByteView sealed) {
  tx_.run("UPDATE accounts SET totp = :totp, totp_step = 0 WHERE id = :id",
          {{"totp", sealed}, {"id", id.text()}});
}

void AccountStore::add_password(const AccountId& id, const std::string& hash, Time now) {
  tx_.run(R"sql(
      INSERT INTO account_passwords (account_id, number, hash, set_ms)
      SELECT CAST(:id AS TEXT), COALESCE(max(number), 0) + 1, CAST(:hash AS TEXT),
        CAST(:now AS BIGINT) FROM account_passwords WHERE account_id = :id)sql",
          {{"id", id.text()}, {"hash", hash}, {"now", now}});
}

bool AccountStore::insert_certificate(const AccountId& id, const Sha256& certificate, Time now) {
  return tx_.run(R"sql(
      INSERT INTO account_certificates (sha256, account_id, registered_ms, removed_ms)
      VALUES (:sha256, :id, :now, NULL) ON CONFLICT (sha256) DO NOTHING)sql",
                 {{"sha256", certificate.hex()}, {"id", id.text()}, {"now", now}}) == 1;
}

bool AccountStore::remove_certificate(const AccountId& id, const Sha256& certificate, Time now) {
  return tx_.run(R"sql(
      UPDATE account_certificates SET removed_ms = :now
      WHERE sha256 = :sha256 AND account_id = :id AND removed_ms IS NULL)sql",
                 {{"now", now}, {"sha256", certificate.hex()}, {"id", id.text()}}) == 1;
}

std::optional<PersonalAccount> AccountStore::find_by_certificate(const Sha256& certificate) {
  return find_account(tx_, R"sql(
      SELECT id, name, person, scope, roles, opened_ms, closed_ms FROM accounts
      WHERE id = (SELECT account_id FROM account_certificates
                  WHERE sha256 = :sha256 AND removed_ms IS NULL))sql",
                      {{"sha256", certificate.hex()}});
}

void AccountStore::insert_recovery(const AccountId& id, const Sha256& token, Time until) {
  tx_.run(R"sql(
      INSERT INTO recovery_tokens (token_sha256, account_id, until_ms, spent_ms)
      VALUES (:token, :id, :until, NULL))sql",
          {{"token", token.hex()}, {"id", id.text()}, {"until", until}});
}

void AccountStore::spend_recoveries(const AccountId& id, Time now) {
  tx_.run("UPDATE recovery_tokens SET spent_ms = :now WHERE account_id = :id AND spent_ms IS NULL",
          {{"now", now}, {"id", id.text()}});
}

std::optional<PersonalAccount> AccountStore::find_by_recovery(const Sha256& token, Time now) {
  return find_account(tx_, R"sql(
      SELECT id, name, person, scope, roles, opened_ms, closed_ms FROM accounts
      WHERE id = (SELECT account_id FROM recovery_tokens
                  WHERE token_sha256 = :token AND spent_ms IS NULL AND until_ms > :now))sql",
                      {{"token", token.hex()}, {"now", now}});
}

bool AccountStore::spend_recovery(const Sha256& token, Time now) {
  return tx_.run(R"sql(
      UPDATE recovery_tokens SET spent_ms = :now
      WHERE token_sha256 = :token AND spent_ms IS NULL AND until_ms > :now)sql",
                 {{"now", now}, {"token", token.hex()}}) == 1;
}

}  // namespace yizhan
