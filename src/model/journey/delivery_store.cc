#include <algorithm>

#include "ground/json/json.h"
#include "model/journey/journey_store.h"

namespace yizhan {

namespace {

std::vector<DeliveryId> ids_of(const std::vector<std::tuple<std::string>>& rows) {
  std::vector<DeliveryId> ids;
  for (const auto& [id] : rows) ids.push_back(DeliveryId::parse(id).value());
  return ids;
}

}  // namespace

std::optional<Delivery> JourneyStore::find(Transaction& tx, const DeliveryId& id) {
  using Text = std::string;
  using Number = std::int64_t;
  const auto row =
      tx.find<Text, Number, Text, Text, Bytes, Bytes, Text, Text, std::optional<Text>, Time, Time,
              Number, std::optional<Text>, std::optional<Text>, std::optional<Text>, Time, Number,
              std::optional<Text>>(
          "SELECT package_id, leaf_index, org_code, unit_code, leaf, path, key_blocks, state, "
          "reason, since_ms, due_ms, fencing, lease_id, lease_key, lease_terminal, lease_until_ms, "
          "fetched_bytes, next_centre FROM recipients WHERE id = :id",
          {{"id", id.text()}});
  if (!row) return std::nullopt;
  const auto& [package, index, org, unit, leaf, path, key_blocks, state, reason, since, due,
               fencing, lease_id, lease_key, terminal, until, fetched, next] = *row;
  std::vector<Sha256> steps;
  for (std::size_t i = 0; i + 32 <= path.size(); i += 32) {
    steps.push_back(*Sha256::from_bytes(ByteView(path).subspan(i, 32)));
  }
  std::vector<Bytes> blocks;
  for (const Json& item : Json::parse(key_blocks)) {
    blocks.push_back(from_base64(item.get<std::string>()).value());
  }
  Delivery delivery{id,
                    PackageId::parse(package).value(),
                    {leaf, index, std::move(steps)},
                    {OrgCode::parse(org).value(), UnitCode::parse(unit).value()},
                    std::move(blocks),
                    find_state(state).value(),
                    reason ? find_reason(*reason) : std::nullopt,
                    since,
                    due,
                    fencing,
                    std::nullopt};
  if (next) delivery.next_centre = CentreCode::parse(*next).value();
  if (lease_id) {
    delivery.lease = Lease{*lease_id, lease_key.value_or(""), terminal.value_or(""),
                           until, fencing, fetched};
  }
  return delivery;
}

std::vector<Delivery> JourneyStore::deliveries_of(Transaction& tx, const PackageId& package) {
  std::vector<Delivery> deliveries;
  for (const DeliveryId& id : ids_of(tx.query<std::string>(
           "SELECT id FROM recipients WHERE package_id = :package_id ORDER BY leaf_index",
           {{"package_id", package.text()}}))) {
    deliveries.push_back(find(tx, id).value());
  }
  return deliveries;
}

std::vector<DeliveryId> JourneyStore::in_state(Transaction& tx, const PackageId& package,
                                               State state, int count_max) {
  return ids_of(tx.query<std::string>(R"sql(
      SELECT id FROM recipients WHERE package_id = :package_id AND state = :state
      ORDER BY org_code, unit_code LIMIT :count_max)sql",
                                      {{"package_id", package.text()},
                                       {"state", text_of(state)},
                                       {"count_max", std::int64_t{count_max}}}));
}

std::vector<DeliveryId> JourneyStore::due_deliveries(Transaction& tx, State state, Time now,
                                                     int count_max) {
  return ids_of(tx.query<std::string>(R"sql(
      SELECT id FROM recipients WHERE state = :state AND due_ms <= :now
      ORDER BY due_ms LIMIT :count_max)sql",
                                      {{"state", text_of(state)},
                                       {"now", now},
                                       {"count_max", std::int64_t{count_max}}}));
}

std::vector<DeliveryId> JourneyStore::deliveries_in(Transaction& tx, const OrgCode& org,
                                                    State state) {
  return ids_of(tx.query<std::string>(
      "SELECT id FROM recipients WHERE org_code = :org_code AND state = :state ORDER BY id",
      {{"org_code", org.text()}, {"state", text_of(state)}}));
}

std::vector<Delivery> JourneyStore::deliveries_to(Transaction& tx, const PackageId& package,
                                                  const CentreCode& centre) {
  std::vector<Delivery> deliveries;
  for (const DeliveryId& id : ids_of(tx.query<std::string>(
           "SELECT id FROM recipients WHERE package_id = :package_id AND next_centre = :centre "
           "ORDER BY leaf_index",
           {{"package_id", package.text()}, {"centre", centre.text()}}))) {
    deliveries.push_back(find(tx, id).value());
  }
  return deliveries;
}

std::vector<DeliveryId> JourneyStore::untold_to(Transaction& tx, const CentreCode& centre,
                                                Time before, int count_max) {
  return ids_of(tx.query<std::string>(R"sql(
      SELECT id FROM recipients WHERE state IN ('forwarding', 'offered') AND reason IS NULL
      AND next_centre = :centre AND since_ms <= :before ORDER BY id LIMIT :count_max)sql",
                                      {{"centre", centre.text()},
                                       {"before", before},
                                       {"count_max", std::int64_t{count_max}}}));
}

void JourneyStore::set_next_centre(Transaction& tx, Delivery& delivery,
                                   const CentreCode& centre) {
  tx.run("UPDATE recipients SET next_centre = :centre WHERE id = :id",
         {{"centre", centre.text()}, {"id", delivery.id.text()}});
  delivery.next_centre = centre;
}

std::optional<Delivery> JourneyStore::first_waiting(Transaction& tx, const PackageId& package) {
  const auto row = tx.find<std::string>(R"sql(
      SELECT id FROM recipients WHERE package_id = :package_id
      AND state IN ('accepted', 'held', 'forwarding', 'offered', 'consigned', 'leased')
      ORDER BY CASE WHEN state = 'held' OR reason IS NOT NULL THEN 0 ELSE 1 END, leaf_index
      LIMIT 1)sql",
                                        {{"package_id", package.text()}});
  if (!row) return std::nullopt;
  return find(tx, DeliveryId::parse(std::get<0>(*row)).value());
}

std::optional<DeliveryId> JourneyStore::find_delivery(Transaction& tx, const PackageId& package,
                                                      const Addressee& recipient) {
  const auto row = tx.find<std::string>(R"sql(
      SELECT id FROM recipients WHERE package_id = :package_id AND org_code = :org_code
      AND unit_code = :unit_code)sql",
                                        {{"package_id", package.text()},
                                         {"org_code", recipient.org.text()},
                                         {"unit_code", recipient.unit.text()}});
  return row ? std::optional(DeliveryId::parse(std::get<0>(*row)).value()) : std::nullopt;
}

bool JourneyStore::has_open(Transaction& tx, const PackageId& package) {
  return !tx.query<std::string>(
                "SELECT id FROM recipients WHERE package_id = :package_id "
                "AND state IN ('accepted', 'held', 'forwarding', 'offered', 'consigned', 'leased') "
                "LIMIT 1",
                {{"package_id", package.text()}})
              .empty();
}

std::vector<Addressee> JourneyStore::relayed_recipients(Transaction& tx, const PackageId& package,
                                                        int count_max) {
  std::vector<Addressee> recipients;
  for (const auto& [org, unit] : tx.query<std::string, std::string>(
           "SELECT org_code, unit_code FROM recipients WHERE package_id = :package_id "
           "AND state = 'relayed' ORDER BY leaf_index LIMIT :count_max",
           {{"package_id", package.text()}, {"count_max", std::int64_t{count_max}}})) {
    recipients.push_back({OrgCode::parse(org).value(), UnitCode::parse(unit).value()});
  }
  return recipients;
}

Result<void> JourneyStore::set_state(Transaction& tx, Delivery& delivery, State state, Time now) {
  const auto changed = tx.run(
      "UPDATE recipients SET state = :next, reason = NULL, since_ms = :now "
      "WHERE id = :id AND state = :state",
      {{"next", text_of(state)},
       {"now", now},
       {"id", delivery.id.text()},
       {"state", text_of(delivery.state)}});
  if (changed != 1) return Refusal{Reason::kConflict, "狀態已由他方變更"};
  delivery.state = state;
  delivery.reason.reset();
  delivery.since = now;
  return {};
}

Result<void> JourneyStore::take(Transaction& tx, Delivery& delivery, const StepMark& mark) {
  const State next = YZ_TRY(after(delivery.state, mark.step));
  std::optional<std::string> code;
  if (mark.reason) code = std::string(code_of(*mark.reason));
  const auto changed = tx.run(R"sql(
      UPDATE recipients SET state = :next, reason = :reason, since_ms = :now, due_ms = :due
      WHERE id = :id AND state = :state AND fencing = :fencing)sql",
                              {{"next", text_of(next)},
                               {"reason", code},
                               {"now", mark.now},
                               {"due", mark.due},
                               {"id", delivery.id.text()},
                               {"state", text_of(delivery.state)},
                               {"fencing", delivery.fencing}});
  if (changed != 1) return Refusal{Reason::kConflict, "狀態已由他方變更"};
  delivery.state = next;
  delivery.reason = mark.reason;
  delivery.since = mark.now;
  delivery.due = mark.due;
  return {};
}

void JourneyStore::set_lease(Transaction& tx, Delivery& delivery, const Lease& lease) {
  tx.run(R"sql(
      UPDATE recipients SET lease_id = :lease_id, lease_key = :lease_key,
        lease_terminal = :terminal, lease_until_ms = :until, fencing = :fencing,
        fetched_bytes = :fetched, due_ms = :until_due
      WHERE id = :id)sql",
         {{"lease_id", lease.id},
          {"lease_key", lease.key},
          {"terminal", lease.terminal},
          {"until", lease.until},
          {"fencing", lease.fencing},
          {"fetched", lease.fetched_bytes},
          {"until_due", lease.until},
          {"id", delivery.id.text()}});
  delivery.lease = lease;
  delivery.fencing = lease.fencing;
  delivery.due = lease.until;
}

void JourneyStore::keep_lease_alive(Transaction& tx, const Delivery& delivery, Time until,
                                    std::int64_t bytes) {
  tx.run(R"sql(
      UPDATE recipients SET lease_until_ms = :until, due_ms = :until_due,
        fetched_bytes = :bytes WHERE id = :id AND lease_id = :lease_id)sql",
         {{"until", until},
          {"until_due", until},
          {"bytes", bytes},
          {"id", delivery.id.text()},
          {"lease_id", delivery.lease ? delivery.lease->id : ""}});
}

std::vector<JourneyStore::StateCount> JourneyStore::count_by_state(Transaction& tx) {
  std::vector<StateCount> counts;
  for (const auto& [state, count, oldest] : tx.query<std::string, std::int64_t, Time>(
           "SELECT state, count(*), min(since_ms) FROM recipients GROUP BY state", {})) {
    counts.push_back({find_state(state).value(), count, oldest});
  }
  return counts;
}

}  // namespace yizhan
