#include "way/deliver/reading.h"

#include <algorithm>

namespace yizhan {

namespace {

constexpr int kNewsMax = 100;
constexpr std::size_t kHeldShown = 1000;

Json describe_reason(Reason reason) {
  const ReasonText& text = describe(reason);
  return {{"code", text.code}, {"title", text.title}, {"remedy", text.remedy}};
}

Json describe_row(const EvidenceRow& row) {
  return {{"kind", row.kind},
          {"time", row.created.text()},
          {"sha256", row.sha256.hex()},
          {"recipient", row.recipient ? row.recipient->text() : ""},
          {"evidence", row.cms ? to_base64(*row.cms) : ""},
          {"superseded", row.superseded}};
}

Json describe_delivery(const Delivery& delivery, const StoredPackage& package) {
  Json json = {{"org_code", delivery.addressee.org.text()},
               {"unit_code", delivery.addressee.unit.text()},
               {"state", text_of(delivery.state)},
               {"since", delivery.since.text()}};
  // The package's own reason (scanner down) explains a recipient that merely waits.
  const bool waits = delivery.state == State::kAccepted;
  const std::optional<Reason> reason = waits ? package.reason : delivery.reason;
  if (reason) json["reason"] = describe_reason(*reason);
  if (delivery.next_centre) json["next_centre"] = delivery.next_centre->text();
  return json;
}

}  // namespace

Reading::Reading(Database& database, Custody& custody) : database_(database), custody_(custody) {}

Json Reading::news(const NewsReader& reader, NewsCursor after) {
  bool complete = true;
  Json news = database_.read([&](Transaction& tx) {
    const bool as_read = is_as_read(tx, reader, after);
    if (!as_read) after.sequence = 0;
    complete = as_read && has_receipt(tx, after);
    Json items = Json::array();
    std::int64_t next = after.sequence;
    for (const NewsItem& item :
         custody_.evidence().news_after(tx, reader, after.sequence, kNewsMax)) {
      items.push_back(describe_news(tx, item));
      next = item.sequence;
    }
    return Json{{"items", std::move(items)}, {"next", next}};
  });
  const Comeback comeback = find_comeback(reader, after, complete);
  if (comeback.count > 0) {
    news["comeback"] = describe(comeback);
  }
  return news;
}

// What is not complete shows that this store came back; so does a reader who was told of a return
// that it does not know. Only who was told of the last one has shown a further one: two copies may
// have the same count.
Comeback Reading::find_comeback(const NewsReader& reader, const NewsCursor& after, bool complete) {
  Comebacks& comebacks = custody_.comebacks();
  const Comeback last = comebacks.current();
  const std::int64_t known = after.comeback.count;
  if (known > last.count || (!complete && after.comeback == last)) {
    database_.transact(
        [&](Transaction& tx) { custody_.note_comeback(tx, known, reader.text()); });
  }
  return comebacks.current();
}

// What a store has forgotten by coming back from an older copy, it tells of again under the same
// numbers, perhaps in another order.
bool Reading::is_as_read(Transaction& tx, const NewsReader& reader, const NewsCursor& after) {
  if (after.sequence == 0 || after.seen.empty()) return true;
  const auto item = custody_.evidence().news_after(tx, reader, after.sequence - 1, 1);
  if (item.empty() || item.front().sequence != after.sequence) return false;
  const EvidenceRow row = custody_.evidence().require(tx, item.front().evidence);
  return sha256(row.cms.value()).hex() == after.seen;
}

bool Reading::has_receipt(Transaction& tx, const NewsCursor& after) {
  const auto receipt = Sha256::from_hex(after.receipt);
  return !receipt || custody_.evidence().find(tx, *receipt).has_value();
}

Json Reading::describe_news(Transaction& tx, const NewsItem& item) {
  const EvidenceRow row = custody_.evidence().require(tx, item.evidence);
  Json json = {{"sequence", item.sequence},
               {"kind", row.kind},
               {"evidence", to_base64(row.cms.value())},
               {"sender", row.message.sender.text()},
               {"message_id", row.message.message.text()},
               {"recipient", row.recipient ? row.recipient->text() : ""},
               {"delivery", item.delivery}};
  // What has waited for a terminal is fetched in this order.
  const bool fetchable = !item.delivery.empty() && row.kind == text_of(EvidenceType::kConsignment);
  if (!fetchable) return json;
  const auto urgency = custody_.journeys().find_urgency(tx, row.message);
  if (urgency) json["urgency"] = text_of(*urgency);
  return json;
}

Result<Json> Reading::message(const OrgCode& sender, const MessageId& id) {
  return database_.read([&](Transaction& tx) -> Result<Json> {
    const auto package = custody_.journeys().find(tx, {sender, id});
    if (!package) return Reason::kNotFound;
    Json recipients = Json::array(), evidence = Json::array();
    for (const Delivery& delivery : custody_.journeys().deliveries_of(tx, package->id)) {
      recipients.push_back(describe_delivery(delivery, *package));
    }
    for (const EvidenceRow& row : custody_.evidence().of_message(tx, package->key)) {
      evidence.push_back(describe_row(row));
    }
    return Json{{"message_id", id.text()},
                {"document_id", package->document.text()},
                {"accepted", package->accepted.text()},
                {"expires", package->expires.text()},
                {"recipients", std::move(recipients)},
                {"evidence", std::move(evidence)}};
  });
}

Json Reading::held(const std::string& after) {
  return database_.read([&](Transaction& tx) {
    Json items = Json::array();
    std::string next;
    const auto ids = custody_.journeys().waiting_after(tx, after, static_cast<int>(kHeldShown));
    for (const PackageId& id : ids) items.push_back(describe_waiting(tx, id));
    if (ids.size() == kHeldShown) next = ids.back().text();
    return Json{{"items", std::move(items)}, {"next", next}};
  });
}

Json Reading::describe_waiting(Transaction& tx, const PackageId& id) {
  const StoredPackage package = custody_.journeys().require(tx, id);
  const auto waiting = custody_.journeys().first_waiting(tx, id);
  Json verdicts = Json::array();
  for (const EvidenceRow& row : custody_.evidence().of_whole_message(tx, package.key)) {
    if (row.kind == kVerdictKind) verdicts.push_back(describe_row(row));
  }
  // One recipient's reason (its agency is suspended) where the package itself has none.
  std::optional<Reason> reason = package.reason;
  if (!reason && waiting) reason = waiting->reason;
  Json json = {{"sender", package.key.sender.text()},
               {"message_id", package.key.message.text()},
               {"header_sha256", package.header_sha256.hex()},
               {"station", text_of(package.station)},
               {"accepted", package.accepted.text()},
               {"source_address", package.source_address},
               {"recipient_count", package.recipient_count},
               {"reason", describe_reason(reason.value_or(Reason::kScanIncomplete))},
               {"verdicts", std::move(verdicts)}};
  if (waiting) {
    json["since"] = waiting->since.text();
    json["until"] = waiting->due.text();
    if (package.station == Station::kRouted) json["recipient"] = waiting->addressee.text();
  }
  return json;
}

std::vector<WaitingCount> Reading::waiting() {
  return database_.read(
      [&](Transaction& tx) { return custody_.journeys().waiting_by_reason(tx); });
}

Json Reading::stations() {
  return database_.read([&](Transaction& tx) {
    Json stations = Json::object(), recipients = Json::object();
    for (const Station station : {Station::kScreen, Station::kHeld, Station::kRoute,
                                  Station::kRouted, Station::kDone, Station::kClearing,
                                  Station::kCleared}) {
      stations[std::string(text_of(station))] = custody_.journeys().count(tx, station);
    }
    for (const auto& row : custody_.journeys().count_by_state(tx)) {
      recipients[std::string(text_of(row.state))] = {{"count", row.count},
                                                     {"oldest", row.oldest.text()}};
    }
    return Json{{"packages", std::move(stations)},
                {"recipients", std::move(recipients)},
                {"unpublished_evidence", custody_.evidence().count_unpublished(tx)}};
  });
}

// Both sides for this centre: what it took into its custody, and what became of it.
Json Reading::accounting() {
  return database_.read([&](Transaction& tx) {
    std::int64_t finals = 0, pending = 0, relayed = 0;
    for (const auto& row : custody_.journeys().count_by_state(tx)) {
      if (row.state == State::kRelayed) relayed = row.count;
      else (is_final(row.state) ? finals : pending) += row.count;
    }
    const CustodyCounts counts = custody_.evidence().custody_counts(tx, custody_.centre().code);
    const bool balanced = counts.accepted + counts.taken_over ==
                              counts.finals + counts.passed_on + pending &&
                          counts.finals == finals && counts.passed_on == relayed;
    return Json{{"accepted", counts.accepted},
                {"taken_over", counts.taken_over},
                {"finals", counts.finals},
                {"finals_in_store", finals},
                {"passed_on", counts.passed_on},
                {"pending", pending},
                {"balanced", balanced}};
  });
}

Json Reading::queues() {
  return database_.read([&](Transaction& tx) {
    Json items = Json::array();
    for (const QueueCount& queue : custody_.relays().queues(tx)) {
      items.push_back({{"centre", queue.centre.text()},
                       {"count", queue.count},
                       {"oldest", queue.oldest.text()}});
    }
    return items;
  });
}

namespace {

// Whoever stated it: a centre, or an agency.
std::optional<CentreCode> stating_centre(const EvidenceRow& row) {
  if (row.kind == kVerdictKind) return Verdict::parse(row.statement).value().centre;
  const Statement statement = Statement::parse(row.statement).value();
  const auto* centre = std::get_if<CentreCode>(&statement.actor.party);
  return centre == nullptr ? std::nullopt : std::optional(*centre);
}

// The sender, where it is of this centre; else the centre that handed over or offered the package,
// of all that it does not know already.
std::optional<NewsReader> reader_for_sender(Transaction& tx, Custody& custody,
                                            const EvidenceRow& row,
                                            const std::optional<PackageOrigin>& package) {
  std::optional<CentreCode> from;
  if (package) from = package->from_centre;
  if (!package) {
    const auto offered = custody.relays().find(tx, row.message);
    if (offered) from = offered->centre;
  }
  if (!from) return NewsReader(row.message.sender);
  if (stating_centre(row) == from) return std::nullopt;
  return NewsReader(*from);
}

// Whose inbox it is now.
OrgCode receiver_of(const Directory& directory, const EvidenceRow& row) {
  const Agency* agency = directory.find(row.recipient->org);
  return agency == nullptr ? row.recipient->org
                           : directory.receiver_of(*agency, row.created).code;
}

// Its inbox is here: what became of its copy is news for it once it was consigned.
std::optional<DeliveryId> consigned_here(Transaction& tx, Custody& custody, const EvidenceRow& row,
                                         const PackageOrigin& package) {
  const auto type = find_evidence_type(row.kind);
  const bool consigns = type == EvidenceType::kConsignment;
  const bool concerns = consigns || type == EvidenceType::kConsignmentFailure ||
                        type == EvidenceType::kAcceptanceExpiry;
  if (!concerns || !row.recipient || stating_centre(row) != custody.centre().code) {
    return std::nullopt;
  }
  const std::string_view kind = text_of(EvidenceType::kConsignment);
  if (!consigns && !custody.evidence().last(tx, row.message, row.recipient, kind)) {
    return std::nullopt;
  }
  return custody.journeys().find_delivery(tx, package.id, *row.recipient);
}

}  // namespace

std::vector<NewsReader> announce(Transaction& tx, Custody& custody, const Directory& directory,
                                 const EvidenceRow& row) {
  std::vector<NewsReader> readers;
  const auto package = custody.journeys().find_origin(tx, row.message);
  if (const auto reader = reader_for_sender(tx, custody, row, package)) {
    custody.evidence().append_news(tx, *reader, row.id, "");
    readers.push_back(*reader);
  }
  if (!package) return readers;
  if (const auto delivery = consigned_here(tx, custody, row, *package)) {
    readers.emplace_back(receiver_of(directory, row));
    custody.evidence().append_news(tx, readers.back(), row.id, delivery->text());
  }
  return readers;
}

}  // namespace yizhan
