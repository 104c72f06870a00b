#include "model/journey/comebacks.h"

namespace yizhan {

Comeback ComebackStore::last(Transaction& tx) {
  const auto row = tx.find<std::int64_t, Time>(
      "SELECT count, since_ms FROM comebacks ORDER BY count DESC LIMIT 1", {});
  return row ? Comeback{std::get<0>(*row), std::get<1>(*row)} : Comeback{};
}

void ComebackStore::add(Transaction& tx, const Comeback& comeback) {
  tx.run("INSERT INTO comebacks (count, since_ms) VALUES (:count, :since_ms)",
         {{"count", comeback.count}, {"since_ms", comeback.since}});
}

void TellingStore::plan(Transaction& tx, const MessageKey& message, Time now) {
  tx.run(R"sql(
      INSERT INTO tellings (centre, sender, message_id, attempts, due_ms)
      VALUES (:centre, :sender, :message_id, 0, :now)
      ON CONFLICT (centre, sender, message_id) DO UPDATE SET attempts = 0,
        due_ms = excluded.due_ms)sql",
         {{"centre", centre_},
          {"sender", message.sender.text()},
          {"message_id", message.message.text()},
          {"now", now}});
}

std::optional<Telling> TellingStore::next(Transaction& tx, Time now) {
  const auto row = tx.find<std::string, std::string, std::int64_t, Time>(
      "SELECT sender, message_id, attempts, due_ms FROM tellings WHERE centre = :centre "
      "AND due_ms <= :now ORDER BY due_ms, message_id LIMIT 1",
      {{"centre", centre_}, {"now", now}});
  if (!row) return std::nullopt;
  const auto& [sender, message, attempts, due] = *row;
  return Telling{centre_,
                 {OrgCode::parse(sender).value(), MessageId::parse(message).value()},
                 attempts,
                 due};
}

void TellingStore::postpone(Transaction& tx, const Telling& telling) {
  tx.run("UPDATE tellings SET attempts = :attempts, due_ms = :due_ms WHERE centre = :centre "
         "AND sender = :sender AND message_id = :message_id",
         {{"attempts", telling.attempts},
          {"due_ms", telling.due},
          {"centre", telling.centre},
          {"sender", telling.message.sender.text()},
          {"message_id", telling.message.message.text()}});
}

void TellingStore::close(Transaction& tx, const Telling& telling) {
  tx.run("DELETE FROM tellings WHERE centre = :centre AND sender = :sender "
         "AND message_id = :message_id",
         {{"centre", telling.centre},
          {"sender", telling.message.sender.text()},
          {"message_id", telling.message.message.text()}});
}

}  // namespace yizhan
