#include "way/admit/taking_over.h"

#include <algorithm>
#include <utility>

#include "ground/control/control.h"
#include "ground/json/json.h"
#include "way/admit/recollecting.h"

namespace yizhan {

// An offer that this centre would take.
struct TakingOver::Judged {
  std::vector<PlacedRecipient> recipients;
  ProvenEvidence evidence;
  Time accepted;  // A.1's time
};

struct TakingOver::Receiving {
  Takeover takeover;
  RelayOffer offer;
  SealedHeader sealed;
  std::string partial = takeover.id.text();

  [[nodiscard]] BodyIntake::Upload upload() const { return {partial, sealed.header, offer.groups}; }
};

namespace {

// What a newer directory, policy or list may judge otherwise: nothing is stated about it.
bool is_passing(Reason reason) {
  constexpr auto kPassing = std::to_array(
      {Reason::kDirectoryNewer, Reason::kPolicyNewer, Reason::kUnavailable, Reason::kUnknownAgency,
       Reason::kUnknownUnit, Reason::kUnknownCentre, Reason::kWrongHomeCentre,
       Reason::kCertificateUnregistered});
  return std::ranges::find(kPassing, reason) != kPassing.end();
}

// The sender's document was accepted in its time; whether it waits now is for screening to say.
bool holds_later(Reason reason) {
  return reason == Reason::kRevocationUnknown || reason == Reason::kAgencySuspended;
}

// What a hand-over follows: the acceptance, and what let the package pass there.
std::vector<Sha256> names_in(const ProvenEvidence& evidence) {
  std::vector<Sha256> names;
  for (const SignedStatement& item : evidence.statements) names.push_back(item.sha256);
  for (const SignedVerdict& item : evidence.verdicts) names.push_back(item.sha256);
  return names;
}

// Of the other centre's words only those that B.1 follows are kept.
ProvenEvidence of_centre(ProvenEvidence evidence, const CentreCode& centre) {
  std::erase_if(evidence.statements, [&](const SignedStatement& item) {
    const auto* party = std::get_if<CentreCode>(&item.statement.actor.party);
    const bool kind = item.statement.type == EvidenceType::kSubmissionAcceptance ||
                      item.statement.type == EvidenceType::kReleased;
    return party == nullptr || *party != centre || !kind;
  });
  std::erase_if(evidence.verdicts,
                [&](const SignedVerdict& item) { return item.verdict.centre != centre; });
  return evidence;
}

}  // namespace

Json TakeoverStatus::describe() const {
  Json json = {{"relay", id.text()},
               {"state", text_of(state)},
               {"next_group", next_group},
               {"group_count", group_count}};
  if (reason) json["reason"] = code_of(*reason);
  if (news) json["news"] = *news;
  return json;
}

TakingOver::TakingOver(Parts parts) : parts_(std::move(parts)), intake_(parts_.objects) {}

Result<TakeoverStatus> TakingOver::offer(const OfferingCentre& from, const RelayOffer& offer) {
  const SealedHeader sealed = YZ_TRY(open_header(offer.header));
  YZ_TRY(check_proven(from, sealed));
  const auto count = static_cast<std::int64_t>(offer.groups.size());
  const Time now = parts_.custody.now();
  Takeover takeover{TakeoverId::generate(now), from.code, sealed.header.key(), sealed.sha256,
                    leaves_sha256(offer), offer.json(), TakeoverState::kReceiving, std::nullopt,
                    now};
  const auto earlier = parts_.database.read(
      [&](Transaction& tx) { return parts_.custody.relays().find(tx, takeover.message); });
  if (earlier && earlier->header_sha256 != takeover.header_sha256) {
    return note_refusal(from, takeover.message, {Reason::kReplayed, "同一訊息曾以另一標頭移交"});
  }
  if (earlier && earlier->state != TakeoverState::kReceiving) {
    const bool same = earlier->leaves_sha256 == takeover.leaves_sha256;
    if (upheld("one_handover", same)) return status_of(*earlier, count);
    return note_refusal(from, takeover.message, {Reason::kReplayed, "同一訊息已移交其他受文者"});
  }
  const Result<Judged> judged = judge(from, offer, sealed);
  if (judged && has_ended_before(sealed, *judged)) {
    takeover.id = YZ_TRY(begin(takeover, count)).id;
    return take(from, {std::move(takeover), offer, sealed}, *judged);
  }
  if (judged) return begin(std::move(takeover), count);
  if (is_passing(judged.reason())) return note_refusal(from, takeover.message, judged.refusal());
  return refuse(std::move(takeover), offer, judged.refusal());
}

// Without these nothing is known to be that centre's to hand over.
Result<void> TakingOver::check_proven(const OfferingCentre& from, const SealedHeader& sealed) {
  const Header& header = sealed.header;
  const auto directory = parts_.directory.current();
  const Agency* sender = directory->find(header.sender);
  const bool own = header.home_centre == from.code && sender != nullptr &&
                   sender->is_served_by(from.code, parts_.custody.now()) &&
                   from.code != parts_.custody.centre().code;
  if (upheld("relay_from_home", own)) return {};
  return note_refusal(from, header.key(),
                      {Reason::kWrongSender, "發文機關不屬移交之中心 " + from.code.text()});
}

// Taken and ended before this store came back: it is entered again for the record, without body.
bool TakingOver::has_ended_before(const SealedHeader& sealed, const Judged& judged) {
  return parts_.database.read([&](Transaction& tx) {
    return find_acceptance(tx, parts_.custody, sealed, EvidenceType::kRelayAcceptance) &&
           has_ended(tx, parts_.custody, sealed.header.key(), judged.recipients);
  });
}

// A centre takes over for its own agencies only: so nothing goes round, and nobody lends its name.
Result<void> TakingOver::check_served(std::span<const PlacedRecipient> recipients) const {
  const auto directory = parts_.directory.current();
  for (const PlacedRecipient& recipient : recipients) {
    const Agency* agency = directory->find(recipient.leaf.addressee.org);
    if (agency == nullptr) {
      return Refusal{Reason::kUnknownAgency, recipient.leaf.addressee.org.text()};
    }
    const bool served =
        agency->is_served_by(parts_.custody.centre().code, parts_.custody.now());
    if (upheld("relay_served", served)) continue;
    return Refusal{Reason::kWrongHomeCentre, "受文機關屬於 " + agency->home_centre.text()};
  }
  return {};
}

Result<TakingOver::Judged> TakingOver::judge(const OfferingCentre& from, const RelayOffer& offer,
                                             const SealedHeader& sealed) const {
  const auto directory = parts_.directory.current();
  Judged judged{YZ_TRY(check_offer(offer, sealed.header)), {}, {}};
  YZ_TRY(check_served(judged.recipients));
  const Header& header = sealed.header;
  if (header.directory_version > directory->version()) return Reason::kDirectoryNewer;
  judged.evidence = of_centre(
      prove(offer.evidence, sealed, *directory, parts_.trust.policy()), from.code);
  judged.accepted = YZ_TRY(accepted_at(judged.evidence, header, *directory));
  YZ_TRY(check_passed(judged.evidence, sealed, from.code, *directory));
  YZ_TRY(check_package(judged, offer, sealed));
  return judged;
}

Result<void> TakingOver::check_package(const Judged& judged, const RelayOffer& offer,
                                       const SealedHeader& sealed) const {
  const auto directory = parts_.directory.current();
  const Header& header = sealed.header;
  const Moment moment{.accepted = judged.accepted, .now = parts_.custody.now()};
  const Result<void> sender = check_sender(sealed, *directory, *parts_.trust.current(), moment);
  if (!sender && !holds_later(sender.reason())) return sender.refusal();
  YZ_TRY(check_versions(header, *directory, moment));
  const CentreCode& own = parts_.custody.centre().code;
  const std::vector<CentreCode> required = {header.home_centre, own};
  YZ_TRY(check_scanners(header, required, *directory, judged.accepted));
  const bool ours = std::ranges::any_of(header.scanners, [&](const ScannerEntry& entry) {
    return entry.centre == own && entry.key_block == sha256(offer.scanner_key_block);
  });
  if (!ours) return Refusal{Reason::kScannersMismatch, "本中心掃描者之金鑰區塊不符"};
  return {};
}

// Unless another request has decided about it meanwhile: then as that one did.
bool TakingOver::enter(Transaction& tx, Takeover& takeover) {
  RelayStore& relays = parts_.custody.relays();
  if (relays.add(tx, takeover)) return true;
  const Takeover current = relays.find(tx, takeover.message).value();
  if (current.state != TakeoverState::kReceiving) {
    takeover = current;
    return false;
  }
  takeover.id = current.id;
  relays.save(tx, takeover);
  return true;
}

Result<TakeoverStatus> TakingOver::begin(Takeover takeover, std::int64_t group_count) {
  // The recipients may be fewer than when it was offered before: nothing was taken yet.
  parts_.database.transact([&](Transaction& tx) { enter(tx, takeover); });
  intake_.begin(takeover.id.text(), parts_.custody.now());
  return status_of(takeover, group_count);
}

Result<TakeoverStatus> TakingOver::refuse(Takeover takeover, const RelayOffer& offer,
                                          const Refusal& why) {
  takeover.state = TakeoverState::kRefused;
  takeover.reason = why.reason;
  takeover.offer.clear();
  const Time now = parts_.custody.now();
  const Statement statement{
      .type = EvidenceType::kRelayRejection,
      .message = takeover.message,
      .header_sha256 = takeover.header_sha256,
      .previous = {takeover.header_sha256},
      .actor = parts_.custody.centre().actor(),
      .recipient_count = static_cast<std::int64_t>(offer.recipients.size()),
      .leaves_sha256 = takeover.leaves_sha256,
      .reason = why.reason,
      .detail = why.detail,
      .time = now};
  parts_.database.transact([&](Transaction& tx) {
    if (!enter(tx, takeover)) return;
    parts_.custody.evidence().add(tx, statement);
    parts_.journal.record(tx, Event::kRelayRefused,
                          {{"message_id", takeover.message.message.text()},
                           {"sender", takeover.message.sender.text()},
                           {"centre", takeover.centre.text()},
                           {"reason", std::string(code_of(why.reason))}},
                          now);
    tx.after_commit(parts_.wake_signing);
  });
  return status_of(takeover, static_cast<std::int64_t>(offer.groups.size()));
}

Result<TakingOver::Receiving> TakingOver::load(const OfferingCentre& from, const TakeoverId& id) {
  auto found = parts_.database.read(
      [&](Transaction& tx) { return parts_.custody.relays().find(tx, id); });
  if (!found || found->centre != from.code) return Reason::kNotFound;
  if (found->state != TakeoverState::kReceiving) return Reason::kStepNotAllowed;
  RelayOffer offer = YZ_TRY(RelayOffer::parse(found->offer));
  SealedHeader sealed = YZ_TRY(open_header(offer.header));
  return Receiving{std::move(*found), std::move(offer), std::move(sealed)};
}

Result<TakeoverStatus> TakingOver::put_group(const OfferingCentre& from, const TakeoverId& id,
                                             std::int64_t index, ByteView group) {
  const Receiving receiving = YZ_TRY(load(from, id));
  const bool last = YZ_TRY(intake_.put_group(receiving.upload(), index, group));
  const auto count = static_cast<std::int64_t>(receiving.offer.groups.size());
  TakeoverStatus status = status_of(receiving.takeover, count);
  if (last) status.next_group = count;
  return status;
}

Result<TakeoverStatus> TakingOver::accept(const OfferingCentre& from, const TakeoverId& id) {
  const Result<Receiving> receiving = load(from, id);
  // Taken, and the answer was lost: the same answer.
  if (!receiving && receiving.reason() == Reason::kStepNotAllowed) {
    const auto decided = parts_.database.read(
        [&](Transaction& tx) { return parts_.custody.relays().find(tx, id); });
    return status_of(decided.value(), 0);
  }
  if (!receiving) return receiving.refusal();
  YZ_TRY(check_proven(from, receiving->sealed));
  const Result<Judged> judged = judge(from, receiving->offer, receiving->sealed);
  if (judged) {
    YZ_TRY(finish_body(*receiving));
    return take(from, *receiving, *judged);
  }
  if (is_passing(judged.reason())) {
    return note_refusal(from, receiving->takeover.message, judged.refusal());
  }
  return refuse(receiving->takeover, receiving->offer, judged.refusal());
}

Result<void> TakingOver::finish_body(const Receiving& receiving) {
  const std::uint64_t length = cipher_length(receiving.sealed.header.plain_length);
  if (parts_.objects.partial_size(receiving.partial) != length) {
    return Refusal{Reason::kConflict, "內容尚未收齊"};
  }
  return intake_.finish(receiving.upload());
}

Result<TakeoverStatus> TakingOver::take(const OfferingCentre& from, const Receiving& receiving,
                                        const Judged& judged) {
  Takeover taken = receiving.takeover;
  taken.state = TakeoverState::kTaken;
  taken.offer.clear();
  const Sha256& body = receiving.sealed.header.cipher_root;
  try {
    YZ_TRY(parts_.database.transact([&](Transaction& tx) -> Result<void> {
      const auto current = parts_.custody.relays().find(tx, taken.id).value();
      if (current.state != TakeoverState::kReceiving) return {};  // decided meanwhile
      if (current.leaves_sha256 != taken.leaves_sha256) return Reason::kConflict;
      const bool ended = has_ended(tx, parts_.custody, taken.message, judged.recipients);
      const Result<void> there =
          ended ? Result<void>() : intake_.check_there(tx, parts_.custody.journeys(), body);
      if (!there) return there;
      StoredPackage package = enter(tx, from, receiving, judged);
      parts_.custody.relays().save(tx, taken);
      if (package.station == Station::kScreen) {
        tx.after_commit([this, package = std::move(package)] { parts_.screen(package); });
      }
      tx.after_commit(parts_.wake_signing);
      return {};
    }));
  } catch (const UniqueViolation&) {
    return note_refusal(from, taken.message, {Reason::kReplayed, "本中心已有同一訊息"});
  }
  intake_.forget(taken.id.text());
  const auto decided = parts_.database.read(
      [&](Transaction& tx) { return parts_.custody.relays().find(tx, taken.id); });
  return status_of(decided.value(), static_cast<std::int64_t>(receiving.offer.groups.size()));
}

StoredPackage TakingOver::enter(Transaction& tx, const OfferingCentre& from,
                                const Receiving& receiving, const Judged& judged) {
  const Header& header = receiving.sealed.header;
  const Time now = parts_.custody.now();
  const auto before =
      find_acceptance(tx, parts_.custody, receiving.sealed, EvidenceType::kRelayAcceptance);
  JourneyStore& journeys = parts_.custody.journeys();
  StoredPackage package{PackageId::generate(now),
                        header.key(),
                        header.document_id,
                        receiving.sealed.sha256,
                        receiving.sealed.cms,
                        receiving.offer.groups,
                        receiving.offer.scanner_key_block,
                        header.cipher_root,
                        static_cast<std::int64_t>(cipher_length(header.plain_length)),
                        static_cast<std::int64_t>(judged.recipients.size()),
                        urgency_rank(header.urgency),
                        from.address,
                        Station::kScreen,
                        std::nullopt,
                        1,
                        now + kFirstTurn,
                        judged.accepted,
                        header.expires,
                        from.code};
  journeys.add(tx, package);
  for (std::size_t i = 0; i < judged.recipients.size(); ++i) {
    const PlacedRecipient& recipient = judged.recipients[i];
    const PlacedLeaf& placed = receiving.offer.recipients[i].placed;
    const DeliveryId id =
        name_delivery(before.value_or(now), package.header_sha256, placed.index);
    journeys.add(tx, Delivery{id, package.id, placed, recipient.leaf.addressee,
                              recipient.key_blocks, State::kAccepted, std::nullopt, now,
                              header.expires, 0, std::nullopt});
  }
  EvidenceStore& evidence = parts_.custody.evidence();
  for (const SignedStatement& item : judged.evidence.statements) evidence.add(tx, item, false);
  for (const SignedVerdict& item : judged.evidence.verdicts) evidence.add(tx, item);
  if (!before) {
    state(tx, receiving, judged, now);
    return package;
  }
  follow_evidence(tx, parts_.custody, *parts_.directory.current(), package);
  return journeys.require(tx, package.id);
}

// 五(一)9: 建立收發文確認機制 — B.1 stands in the transaction that takes custody.
void TakingOver::state(Transaction& tx, const Receiving& receiving, const Judged& judged,
                       Time now) {
  EvidenceStore& evidence = parts_.custody.evidence();
  const Header& header = receiving.sealed.header;
  const auto count = static_cast<std::int64_t>(judged.recipients.size());
  evidence.add(tx, Statement{.type = EvidenceType::kRelayAcceptance,
                             .message = header.key(),
                             .header_sha256 = receiving.sealed.sha256,
                             .plaintext_root = header.plaintext_root,
                             .previous = names_in(judged.evidence),
                             .actor = parts_.custody.centre().actor(),
                             .recipient_count = count,
                             .leaves_sha256 = receiving.takeover.leaves_sha256,
                             .time = now});
  parts_.journal.record(tx, Event::kMessageTakenOver,
                        {{"message_id", header.message_id.text()},
                         {"sender", header.sender.text()},
                         {"centre", receiving.takeover.centre.text()},
                         {"recipient_count", count}},
                        now);
}

Refusal TakingOver::note_refusal(const OfferingCentre& from, const MessageKey& message,
                                 Refusal why) {
  parts_.database.transact([&](Transaction& tx) {
    parts_.journal.record(tx, Event::kRelayRefused,
                          {{"message_id", message.message.text()},
                           {"sender", message.sender.text()},
                           {"centre", from.code.text()},
                           {"reason", std::string(code_of(why.reason))}},
                          parts_.custody.now());
  });
  return why;
}

TakeoverStatus TakingOver::status_of(const Takeover& takeover, std::int64_t group_count) {
  if (takeover.state != TakeoverState::kReceiving) {
    return {takeover.id, takeover.state, takeover.reason, group_count, group_count,
            find_news(takeover)};
  }
  const std::int64_t next = intake_.next_group(takeover.id.text(), group_count);
  return {takeover.id, takeover.state, takeover.reason, next, group_count};
}

std::optional<std::int64_t> TakingOver::find_news(const Takeover& takeover) {
  const EvidenceType type = takeover.state == TakeoverState::kTaken
                                ? EvidenceType::kRelayAcceptance
                                : EvidenceType::kRelayRejection;
  return parts_.database.read([&](Transaction& tx) -> std::optional<std::int64_t> {
    EvidenceStore& evidence = parts_.custody.evidence();
    const auto row = evidence.last(tx, takeover.message, std::nullopt, text_of(type));
    return row ? evidence.find_news(tx, takeover.centre, row->id) : std::nullopt;
  });
}

}  // namespace yizhan
