#include "model/journey/relay_store.h"

#include <array>

namespace yizhan {

namespace {

constexpr std::array<std::pair<RelayState, std::string_view>, 4> kRelayStates = {{
    {RelayState::kWaiting, "waiting"},
    {RelayState::kOffered, "offered"},
    {RelayState::kDone, "done"},
    {RelayState::kAgain, "again"},
}};

constexpr std::array<std::pair<TakeoverState, std::string_view>, 3> kTakeoverStates = {{
    {TakeoverState::kReceiving, "receiving"},
    {TakeoverState::kTaken, "taken"},
    {TakeoverState::kRefused, "refused"},
}};

template <class States>
auto state_in(const States& states, const std::string& text) {
  for (const auto& [state, name] : states) {
    if (name == text) return state;
  }
  throw StoreError("state: " + text);
}

std::optional<std::string> code_or_null(const std::optional<Reason>& reason) {
  return reason ? std::optional(std::string(code_of(*reason))) : std::nullopt;
}

std::vector<Relay> relays_where(Transaction& tx, const std::string& condition,
                                const Binds& binds) {
  using Text = std::string;
  using Number = std::int64_t;
  std::vector<Relay> relays;
  for (const auto& [package, centre, state, rank, attempts, due, since, count, leaves] :
       tx.query<Text, Text, Text, Number, Number, Time, Time, Number, Text>(
           "SELECT package_id, centre, state, urgency_rank, attempts, due_ms, since_ms, "
           "recipient_count, leaves_sha256 FROM relays WHERE " +
               condition,
           binds)) {
    relays.push_back({PackageId::parse(package).value(), CentreCode::parse(centre).value(),
                      state_in(kRelayStates, state), static_cast<int>(rank), attempts, due, since,
                      count, Sha256::from_hex(leaves)});
  }
  return relays;
}

std::optional<Takeover> takeover_where(Transaction& tx, const std::string& condition,
                                       const Binds& binds) {
  using Text = std::string;
  const auto row =
      tx.find<Text, Text, Text, Text, Text, Text, Text, Text, std::optional<Text>, Time>(
          "SELECT id, centre, sender, message_id, header_sha256, leaves_sha256, offer, state, "
          "reason, created_ms FROM takeovers WHERE " +
              condition,
          binds);
  if (!row) return std::nullopt;
  const auto& [id, centre, sender, message, header, leaves, offer, state, reason, created] = *row;
  return Takeover{TakeoverId::parse(id).value(),
                  CentreCode::parse(centre).value(),
                  {OrgCode::parse(sender).value(), MessageId::parse(message).value()},
                  Sha256::from_hex(header).value(),
                  Sha256::from_hex(leaves).value(),
                  copy_of(bytes_of(offer)),
                  state_in(kTakeoverStates, state),
                  reason ? find_reason(*reason) : std::nullopt,
                  created};
}

Binds binds_of(const Takeover& takeover) {
  return {{"id", takeover.id.text()},
          {"leaves_sha256", takeover.leaves_sha256.hex()},
          {"offer", text_of(takeover.offer)},
          {"state", text_of(takeover.state)},
          {"reason", code_or_null(takeover.reason)}};
}

}  // namespace

std::string_view text_of(RelayState state) {
  return kRelayStates.at(static_cast<std::size_t>(state)).second;
}

std::string_view text_of(TakeoverState state) {
  return kTakeoverStates.at(static_cast<std::size_t>(state)).second;
}

void RelayStore::put(Transaction& tx, const Relay& relay) {
  tx.run(R"sql(
      INSERT INTO relays (package_id, centre, state, urgency_rank, attempts, due_ms, since_ms,
        recipient_count, leaves_sha256)
      VALUES (:package_id, :centre, 'waiting', :urgency_rank, 0, :due_ms, :since_ms, 0, '')
      ON CONFLICT (package_id, centre) DO UPDATE SET state = 'waiting', attempts = 0,
        due_ms = excluded.due_ms WHERE relays.state = 'done')sql",
         {{"package_id", relay.package.text()},
          {"centre", relay.centre.text()},
          {"urgency_rank", std::int64_t{relay.urgency_rank}},
          {"due_ms", relay.due},
          {"since_ms", relay.since}});
}

std::optional<Relay> RelayStore::find(Transaction& tx, const PackageId& package,
                                      const CentreCode& centre) {
  auto found = relays_where(tx, "package_id = :package_id AND centre = :centre",
                            {{"package_id", package.text()}, {"centre", centre.text()}});
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::vector<Relay> RelayStore::due(Transaction& tx, const CentreCode& centre, Time now,
                                   int count_max) {
  return relays_where(tx,
                      "centre = :centre AND state IN ('waiting', 'offered', 'again') "
                      "AND due_ms <= :now "
                      "ORDER BY urgency_rank, package_id LIMIT :count_max",
                      {{"centre", centre.text()},
                       {"now", now},
                       {"count_max", std::int64_t{count_max}}});
}

std::vector<PackageId> RelayStore::offered_to(Transaction& tx, const CentreCode& centre) {
  std::vector<PackageId> packages;
  for (const Relay& relay : relays_where(tx, "centre = :centre AND state = 'offered'",
                                         {{"centre", centre.text()}})) {
    packages.push_back(relay.package);
  }
  return packages;
}

void RelayStore::save(Transaction& tx, const Relay& relay) {
  tx.run(R"sql(
      UPDATE relays SET state = :state, attempts = :attempts, due_ms = :due_ms,
        recipient_count = :recipient_count, leaves_sha256 = :leaves_sha256
      WHERE package_id = :package_id AND centre = :centre)sql",
         {{"state", text_of(relay.state)},
          {"attempts", relay.attempts},
          {"due_ms", relay.due},
          {"recipient_count", relay.recipient_count},
          {"leaves_sha256", relay.leaves_sha256 ? relay.leaves_sha256->hex() : ""},
          {"package_id", relay.package.text()},
          {"centre", relay.centre.text()}});
}

bool RelayStore::hand_over_again(Transaction& tx, const PackageId& package,
                                 const CentreCode& centre, Time now) {
  return tx.run("UPDATE relays SET state = 'again', attempts = 0, due_ms = :now "
                "WHERE package_id = :package_id AND centre = :centre "
                "AND state IN ('done', 'again')",
                {{"now", now}, {"package_id", package.text()}, {"centre", centre.text()}}) == 1;
}

std::vector<QueueCount> RelayStore::queues(Transaction& tx) {
  std::vector<QueueCount> queues;
  for (const auto& [centre, count, oldest] : tx.query<std::string, std::int64_t, Time>(
           "SELECT centre, count(*), min(since_ms) FROM relays "
           "WHERE state IN ('waiting', 'offered', 'again') GROUP BY centre ORDER BY centre")) {
    queues.push_back({CentreCode::parse(centre).value(), count, oldest});
  }
  return queues;
}

bool RelayStore::add(Transaction& tx, const Takeover& takeover) {
  Binds binds = binds_of(takeover);
  binds.insert(binds.end(), {{"centre", takeover.centre.text()},
                             {"sender", takeover.message.sender.text()},
                             {"message_id", takeover.message.message.text()},
                             {"header_sha256", takeover.header_sha256.hex()},
                             {"created_ms", takeover.created}});
  return tx.run(R"sql(
      INSERT INTO takeovers (id, centre, sender, message_id, header_sha256, leaves_sha256, offer,
        state, reason, created_ms)
      VALUES (:id, :centre, :sender, :message_id, :header_sha256, :leaves_sha256, :offer, :state,
        :reason, :created_ms)
      ON CONFLICT (sender, message_id) DO NOTHING)sql",
                binds) == 1;
}

std::optional<Takeover> RelayStore::find(Transaction& tx, const MessageKey& message) {
  return takeover_where(tx, "sender = :sender AND message_id = :message_id",
                        {{"sender", message.sender.text()},
                         {"message_id", message.message.text()}});
}

std::optional<Takeover> RelayStore::find(Transaction& tx, const TakeoverId& id) {
  return takeover_where(tx, "id = :id", {{"id", id.text()}});
}

void RelayStore::save(Transaction& tx, const Takeover& takeover) {
  tx.run("UPDATE takeovers SET leaves_sha256 = :leaves_sha256, offer = :offer, state = :state, "
         "reason = :reason WHERE id = :id",
         binds_of(takeover));
}

void RelayStore::add(Transaction& tx, const RelayedWithdrawal& w) {
  const std::string cms = to_base64(w.withdrawal);
  const auto same = tx.find<std::string>(
      "SELECT id FROM relayed_withdrawals WHERE package_id = :package_id AND centre = :centre "
      "AND withdrawal = :withdrawal",
      {{"package_id", w.package.text()}, {"centre", w.centre.text()}, {"withdrawal", cms}});
  if (same) return;
  tx.run(R"sql(
      INSERT INTO relayed_withdrawals (id, package_id, centre, withdrawal, state, attempts, due_ms)
      VALUES (:id, :package_id, :centre, :withdrawal, 'waiting', 0, :due_ms))sql",
         {{"id", w.id.text()},
          {"package_id", w.package.text()},
          {"centre", w.centre.text()},
          {"withdrawal", cms},
          {"due_ms", w.due}});
}

std::vector<RelayedWithdrawal> RelayStore::due_withdrawals(Transaction& tx,
                                                           const CentreCode& centre, Time now,
                                                           int count_max) {
  std::vector<RelayedWithdrawal> due;
  for (const auto& [id, package, cms, attempts, due_at] :
       tx.query<std::string, std::string, Bytes, std::int64_t, Time>(
           "SELECT id, package_id, withdrawal, attempts, due_ms FROM relayed_withdrawals "
           "WHERE centre = :centre AND state = 'waiting' AND due_ms <= :now "
           "ORDER BY id LIMIT :count_max",
           {{"centre", centre.text()}, {"now", now}, {"count_max", std::int64_t{count_max}}})) {
    due.push_back({RelayedWithdrawalId::parse(id).value(), PackageId::parse(package).value(),
                   centre, cms, false, attempts, due_at});
  }
  return due;
}

void RelayStore::save(Transaction& tx, const RelayedWithdrawal& withdrawal) {
  tx.run("UPDATE relayed_withdrawals SET state = :state, attempts = :attempts, due_ms = :due_ms "
         "WHERE id = :id",
         {{"state", withdrawal.done ? "done" : "waiting"},
          {"attempts", withdrawal.attempts},
          {"due_ms", withdrawal.due},
          {"id", withdrawal.id.text()}});
}

NewsCursor RelayStore::news_cursor(Transaction& tx, const CentreCode& centre) {
  const auto row = tx.find<std::int64_t, std::string, std::int64_t, Time>(
      "SELECT sequence, seen, comebacks, comeback_since_ms FROM centre_cursors "
      "WHERE centre = :centre",
      {{"centre", centre.text()}});
  if (!row) return {};
  return {std::get<0>(*row), std::get<1>(*row), {std::get<2>(*row), std::get<3>(*row)}};
}

void RelayStore::set_comeback(Transaction& tx, const CentreCode& centre,
                              const Comeback& comeback) {
  tx.run(R"sql(
      INSERT INTO centre_cursors (centre, sequence, comebacks, comeback_since_ms)
      VALUES (:centre, 0, :count, :since_ms)
      ON CONFLICT (centre) DO UPDATE
      SET comebacks = excluded.comebacks, comeback_since_ms = excluded.comeback_since_ms)sql",
         {{"centre", centre.text()}, {"count", comeback.count}, {"since_ms", comeback.since}});
}

void RelayStore::set_news_cursor(Transaction& tx, const CentreCode& centre,
                                 const NewsCursor& cursor) {
  tx.run(R"sql(
      INSERT INTO centre_cursors (centre, sequence, seen) VALUES (:centre, :sequence, :seen)
      ON CONFLICT (centre) DO UPDATE SET sequence = excluded.sequence, seen = excluded.seen)sql",
         {{"centre", centre.text()}, {"sequence", cursor.sequence}, {"seen", cursor.seen}});
}

}  // namespace yizhan
