#include "model/journey/journey_store.h"

#include <algorithm>
#include <array>

#include "ground/json/json.h"
#include "ground/subject/subject.h"

namespace yizhan {

namespace {

constexpr std::array<std::pair<Station, std::string_view>, 7> kStations = {{
    {Station::kScreen, "screen"},
    {Station::kHeld, "held"},
    {Station::kRoute, "route"},
    {Station::kRouted, "routed"},
    {Station::kDone, "done"},
    {Station::kClearing, "clearing"},
    {Station::kCleared, "cleared"},
}};

// A UUIDv7 whose random part is not random.
std::string uuid_text(Time time, const Sha256& digest) {
  std::array<std::uint8_t, 16> octets{};
  const auto ms = static_cast<std::uint64_t>(time.ms());
  for (std::size_t i = 0; i < 6; ++i) {
    octets.at(i) = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  }
  std::ranges::copy(digest.view().first(10), octets.begin() + 6);
  octets[6] = static_cast<std::uint8_t>(0x70 | (octets[6] & 0x0f));
  octets[8] = static_cast<std::uint8_t>(0x80 | (octets[8] & 0x3f));
  std::string text = to_hex(octets);
  for (const int place : {8, 13, 18, 23}) text.insert(static_cast<std::size_t>(place), 1, '-');
  return text;
}

Station station_of(std::string_view text) {
  for (const auto& [station, name] : kStations) {
    if (name == text) return station;
  }
  throw StoreError("packages.station: " + std::string(text));
}

std::optional<std::string> code_or_null(const std::optional<Reason>& reason) {
  return reason ? std::optional(std::string(code_of(*reason))) : std::nullopt;
}

std::optional<std::string> code_or_null(const std::optional<CentreCode>& centre) {
  return centre ? std::optional(centre->text()) : std::nullopt;
}

std::optional<Reason> reason_of(const std::optional<std::string>& code) {
  return code ? find_reason(*code) : std::nullopt;
}

Bytes joined(std::span<const Sha256> digests) {
  Bytes bytes;
  for (const Sha256& digest : digests) append(bytes, digest.view());
  return bytes;
}

std::vector<Sha256> split_digests(ByteView bytes) {
  std::vector<Sha256> digests;
  for (std::size_t i = 0; i + 32 <= bytes.size(); i += 32) {
    digests.push_back(*Sha256::from_bytes(bytes.subspan(i, 32)));
  }
  return digests;
}

std::string list_text(std::span<const Bytes> items) {
  Json list = Json::array();
  for (const Bytes& item : items) list.push_back(to_base64(item));
  return list.dump();
}

std::optional<std::string> key_blocks_text(const std::map<CentreCode, Bytes>& blocks) {
  if (blocks.empty()) return std::nullopt;
  Json json = Json::object();
  for (const auto& [centre, block] : blocks) json[centre.text()] = to_base64(block);
  return json.dump();
}

std::map<CentreCode, Bytes> key_blocks_in(const std::optional<std::string>& text) {
  std::map<CentreCode, Bytes> blocks;
  if (!text) return blocks;
  const Json json = Json::parse(*text);
  for (const auto& [centre, block] : json.items()) {
    blocks.emplace(CentreCode::parse(centre).value(),
                   from_base64(block.get<std::string>()).value());
  }
  return blocks;
}

Sha256 digest_of(const std::string& hex) { return Sha256::from_hex(hex).value(); }

}  // namespace

std::string_view text_of(Station station) {
  return kStations.at(static_cast<std::size_t>(station)).second;
}

int urgency_rank(const std::optional<Urgency>& urgency) {
  constexpr int kUrgent = 0, kFast = 1, kNormal = 2;
  if (!urgency) return kNormal;
  switch (*urgency) {
    case Urgency::kFastest:
      return kUrgent;
    case Urgency::kFast:
      return kFast;
    case Urgency::kNormal:
      return kNormal;
  }
  return kNormal;
}

DeliveryId name_delivery(Time taken, const Sha256& header_sha256, std::int64_t leaf_index) {
  Bytes named = copy_of(header_sha256.view());
  append_u64_be(named, static_cast<std::uint64_t>(leaf_index));
  return DeliveryId::parse(uuid_text(taken, sha256(named))).value();
}

void JourneyStore::add(Transaction& tx, const StoredPackage& p) {
  tx.run(R"sql(
      INSERT INTO packages (id, sender, message_id, document_id, header_sha256, header, groups,
        scanner_key_block, cipher_root, body_bytes, recipient_count, urgency_rank,
        source_address, station, reason, attempts, due_ms, accepted_ms, expires_ms, from_centre,
        next_key_blocks)
      VALUES (:id, :sender, :message_id, :document_id, :header_sha256, :header, :groups,
        :scanner_key_block, :cipher_root, :body_bytes, :recipient_count, :urgency_rank,
        :source_address, :station, :reason, :attempts, :due_ms, :accepted_ms, :expires_ms,
        :from_centre, :next_key_blocks))sql",
         {{"id", p.id.text()},
          {"sender", p.key.sender.text()},
          {"message_id", p.key.message.text()},
          {"document_id", p.document.text()},
          {"header_sha256", p.header_sha256.hex()},
          {"header", p.header},
          {"groups", joined(p.groups)},
          {"scanner_key_block", p.scanner_key_block},
          {"cipher_root", p.cipher_root.hex()},
          {"body_bytes", p.body_bytes},
          {"recipient_count", p.recipient_count},
          {"urgency_rank", std::int64_t{p.urgency_rank}},
          {"source_address", p.source_address},
          {"station", text_of(p.station)},
          {"reason", code_or_null(p.reason)},
          {"attempts", p.attempts},
          {"due_ms", p.due},
          {"accepted_ms", p.accepted},
          {"expires_ms", p.expires},
          {"from_centre", code_or_null(p.from_centre)},
          {"next_key_blocks", key_blocks_text(p.next_key_blocks)}});
}

void JourneyStore::add(Transaction& tx, const Delivery& d) {
  tx.run(R"sql(
      INSERT INTO recipients (id, package_id, leaf_index, org_code, unit_code, leaf, path,
        key_blocks, state, reason, since_ms, due_ms, lease_until_ms, fencing, fetched_bytes)
      VALUES (:id, :package_id, :leaf_index, :org_code, :unit_code, :leaf, :path,
        :key_blocks, :state, :reason, :since_ms, :due_ms, 0, 0, 0))sql",
         {{"id", d.id.text()},
          {"package_id", d.package.text()},
          {"leaf_index", d.placed.index},
          {"org_code", d.addressee.org.text()},
          {"unit_code", d.addressee.unit.text()},
          {"leaf", d.placed.leaf},
          {"path", joined(d.placed.path)},
          {"key_blocks", list_text(d.key_blocks)},
          {"state", text_of(d.state)},
          {"reason", code_or_null(d.reason)},
          {"since_ms", d.since},
          {"due_ms", d.due}});
}

std::optional<StoredPackage> JourneyStore::find(Transaction& tx, const MessageKey& key) {
  const auto row = tx.find<std::string>(
      "SELECT id FROM packages WHERE sender = :sender AND message_id = :message_id",
      {{"sender", key.sender.text()}, {"message_id", key.message.text()}});
  if (!row) return std::nullopt;
  return require(tx, PackageId::parse(std::get<0>(*row)).value());
}

std::optional<PackageOrigin> JourneyStore::find_origin(Transaction& tx, const MessageKey& key) {
  const auto row = tx.find<std::string, std::optional<std::string>>(
      "SELECT id, from_centre FROM packages WHERE sender = :sender AND message_id = :message_id",
      {{"sender", key.sender.text()}, {"message_id", key.message.text()}});
  if (!row) return std::nullopt;
  const auto& [id, from] = *row;
  return PackageOrigin{PackageId::parse(id).value(),
                       from ? std::optional(CentreCode::parse(*from).value()) : std::nullopt};
}

StoredPackage JourneyStore::require(Transaction& tx, const PackageId& id) {
  using Text = std::string;
  using Number = std::int64_t;
  const auto row =
      tx.find<Text, Text, Text, Text, Text, Text, Bytes, Bytes, Bytes, Number, Number, Number, Text,
              std::optional<Text>, Number, Time, Time, Time, std::optional<Text>,
              std::optional<Text>>(
          "SELECT sender, message_id, document_id, cipher_root, source_address, header_sha256, "
          "header, groups, scanner_key_block, body_bytes, recipient_count, urgency_rank, station, "
          "reason, attempts, due_ms, accepted_ms, expires_ms, from_centre, next_key_blocks "
          "FROM packages WHERE id = :id",
          {{"id", id.text()}});
  if (!row) throw StoreError("packages: " + id.text());
  const auto& [sender, message, document, cipher_root, address, header_sha256, header, groups,
               key_block, bytes, count, rank, station, reason, attempts, due, accepted, expires,
               from, next_blocks] = *row;
  work_on({sender, message});
  return {id,
          {OrgCode::parse(sender).value(), MessageId::parse(message).value()},
          DocumentId::parse(document).value(),
          digest_of(header_sha256),
          header,
          split_digests(groups),
          key_block,
          digest_of(cipher_root),
          bytes,
          count,
          static_cast<int>(rank),
          address,
          station_of(station),
          reason_of(reason),
          attempts,
          due,
          accepted,
          expires,
          from ? std::optional(CentreCode::parse(*from).value()) : std::nullopt,
          key_blocks_in(next_blocks)};
}

std::vector<PackageId> JourneyStore::due_at(Transaction& tx, Station station, Time now,
                                            int count_max) {
  std::vector<PackageId> ids;
  for (const auto& [id] : tx.query<std::string>(R"sql(
           SELECT id FROM packages WHERE station = :station AND due_ms <= :now
           ORDER BY urgency_rank, id LIMIT :count_max)sql",
                                                {{"station", text_of(station)},
                                                 {"now", now},
                                                 {"count_max", std::int64_t{count_max}}})) {
    ids.push_back(PackageId::parse(id).value());
  }
  return ids;
}

void JourneyStore::move(Transaction& tx, const StoredPackage& p) {
  tx.run(R"sql(
      UPDATE packages SET station = :station, reason = :reason, attempts = :attempts,
        due_ms = :due_ms WHERE id = :id)sql",
         {{"station", text_of(p.station)},
          {"reason", code_or_null(p.reason)},
          {"attempts", p.attempts},
          {"due_ms", p.due},
          {"id", p.id.text()}});
}

std::optional<Urgency> JourneyStore::find_urgency(Transaction& tx, const MessageKey& key) {
  const auto row = tx.find<std::int64_t>(
      "SELECT urgency_rank FROM packages WHERE sender = :sender AND message_id = :message_id",
      {{"sender", key.sender.text()}, {"message_id", key.message.text()}});
  if (!row || std::get<0>(*row) > 1) return std::nullopt;
  return std::get<0>(*row) == 0 ? Urgency::kFastest : Urgency::kFast;
}

std::int64_t JourneyStore::count(Transaction& tx, Station station) {
  return std::get<0>(tx.query<std::int64_t>(
      "SELECT count(*) FROM packages WHERE station = :station",
      {{"station", text_of(station)}})[0]);
}

std::vector<AcceptedCount> JourneyStore::accepted_since(Transaction& tx, Time since) {
  std::vector<AcceptedCount> counts;
  for (const auto& [sender, hour, recipients] :
       tx.query<std::string, std::int64_t, std::int64_t>(R"sql(
           SELECT sender, accepted_ms / :hour, CAST(sum(recipient_count) AS BIGINT) FROM packages
           WHERE accepted_ms >= :since GROUP BY 1, 2)sql",
                                                         {{"hour", AcceptedCount::kHour.count()},
                                                          {"since", since}})) {
    counts.push_back({OrgCode::parse(sender).value(), hour, recipients});
  }
  return counts;
}

bool JourneyStore::shares_body(Transaction& tx, const StoredPackage& package) {
  return !tx.query<std::string>(
                "SELECT id FROM packages WHERE cipher_root = :cipher_root AND id <> :id "
                "AND station NOT IN ('clearing', 'cleared') LIMIT 1",
                {{"cipher_root", package.cipher_root.hex()}, {"id", package.id.text()}})
              .empty();
}

bool JourneyStore::is_clearing(Transaction& tx, const Sha256& cipher_root) {
  return !tx.query<std::string>(
                "SELECT id FROM packages WHERE cipher_root = :cipher_root "
                "AND station = 'clearing' LIMIT 1",
                {{"cipher_root", cipher_root.hex()}})
              .empty();
}

std::vector<PackageId> JourneyStore::waiting_after(Transaction& tx, const std::string& id,
                                                   int count_max) {
  std::vector<PackageId> ids;
  for (const auto& [found] : tx.query<std::string>(R"sql(
           SELECT id FROM packages WHERE id > :id AND (station = 'held'
             OR (station = 'screen' AND reason IS NOT NULL)
             OR (station IN ('route', 'routed') AND EXISTS (SELECT 1 FROM recipients
                 WHERE package_id = packages.id AND (state = 'held'
                   OR (state IN ('forwarding', 'offered') AND reason IS NOT NULL)))))
           ORDER BY id LIMIT :count_max)sql",
                                                  {{"id", id},
                                                   {"count_max", std::int64_t{count_max}}})) {
    ids.push_back(PackageId::parse(found).value());
  }
  return ids;
}

std::vector<WaitingCount> JourneyStore::waiting_by_reason(Transaction& tx) {
  std::vector<WaitingCount> counts;
  for (const auto& [reason, count, oldest] : tx.query<std::string, std::int64_t, Time>(R"sql(
           SELECT reason, count(*), min(accepted_ms) FROM packages
           WHERE station IN ('held', 'screen') AND reason IS NOT NULL
           GROUP BY reason ORDER BY reason)sql")) {
    const auto known = find_reason(reason);
    if (!known) throw StoreError("packages.reason: " + reason);
    counts.push_back({*known, count, oldest});
  }
  return counts;
}

void JourneyStore::mark_infected(Transaction& tx, const PackageId& package,
                                 const std::string& malware) {
  tx.run("UPDATE packages SET malware = :malware WHERE id = :id",
         {{"malware", malware}, {"id", package.text()}});
}

Refusal Infection::why_held() const {
  return {Reason::kInfected, "同一公文之另一封裝 " + message.text() + "：" + malware};
}

std::optional<Infection> JourneyStore::find_infection(Transaction& tx,
                                                      const StoredPackage& of_document) {
  const auto row = tx.find<std::string, std::string>(
      "SELECT message_id, malware FROM packages WHERE sender = :sender "
      "AND document_id = :document_id AND malware IS NOT NULL ORDER BY id LIMIT 1",
      {{"sender", of_document.key.sender.text()},
       {"document_id", of_document.document.text()}});
  if (!row) return std::nullopt;
  const auto& [message, malware] = *row;
  return Infection{MessageId::parse(message).value(), malware};
}

std::vector<PackageId> JourneyStore::packages_on_their_way(Transaction& tx,
                                                           const StoredPackage& of_document) {
  std::vector<PackageId> ids;
  for (const auto& [id] : tx.query<std::string>(
           "SELECT id FROM packages WHERE sender = :sender AND document_id = :document_id "
           "AND station IN ('held', 'route', 'routed') ORDER BY id",
           {{"sender", of_document.key.sender.text()},
            {"document_id", of_document.document.text()}})) {
    ids.push_back(PackageId::parse(id).value());
  }
  return ids;
}

}  // namespace yizhan
