#include "ground/session/session_store.h"

namespace yizhan {

namespace {

using Text = std::string;
using SessionRow = std::tuple<Text, Text, Time, Time>;

StoredSession session_of(const SessionRow& row) {
  const auto& [token, account, made, seen] = row;
  const auto digest = Sha256::from_hex(token);
  const auto id = AccountId::parse(account);
  if (!digest || !id) throw StoreError("sessions: a row that is none");
  return {*digest, *id, made, seen};
}

}  // namespace

void SessionStore::insert(const StoredSession& session) {
  tx_.run(R"sql(
      INSERT INTO sessions (token_sha256, account_id, made_ms, seen_ms)
      VALUES (:token, :account, :made, :seen))sql",
          {{"token", session.token.hex()},
           {"account", session.account.text()},
           {"made", session.made},
           {"seen", session.seen}});
}

std::optional<StoredSession> SessionStore::find(const Sha256& token) {
  const auto row = tx_.find<Text, Text, Time, Time>(R"sql(
      SELECT token_sha256, account_id, made_ms, seen_ms FROM sessions
      WHERE token_sha256 = :token)sql",
                                                    {{"token", token.hex()}});
  if (!row) return std::nullopt;
  return session_of(*row);
}

std::vector<StoredSession> SessionStore::lapsed(Time seen_until, Time made_until) {
  std::vector<StoredSession> sessions;
  for (const SessionRow& row : tx_.query<Text, Text, Time, Time>(
           R"sql(
           SELECT token_sha256, account_id, made_ms, seen_ms FROM sessions
           WHERE seen_ms <= :seen_until OR made_ms <= :made_until)sql",
           {{"seen_until", seen_until}, {"made_until", made_until}})) {
    sessions.push_back(session_of(row));
  }
  return sessions;
}

void SessionStore::save_seen(const Sha256& token, Time now) {
  tx_.run("UPDATE sessions SET seen_ms = :now WHERE token_sha256 = :token",
          {{"now", now}, {"token", token.hex()}});
}

bool SessionStore::remove(const Sha256& token) {
  return tx_.run("DELETE FROM sessions WHERE token_sha256 = :token", {{"token", token.hex()}}) == 1;
}

std::int64_t SessionStore::remove_all(const AccountId& account) {
  return tx_.run("DELETE FROM sessions WHERE account_id = :account", {{"account", account.text()}});
}

}  // namespace yizhan
