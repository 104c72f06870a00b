#include "way/acknowledge/withdrawing.h"

#include <algorithm>
#include <map>

namespace yizhan {

namespace {

// How a kind of wish ends a recipient: in the centre's words, in the sender's, and why.
struct Ending {
  State at_centre;
  RecipientState shown;
  Reason reason;
};

Ending ending_of(WithdrawalKind kind) {
  const bool paper = kind == WithdrawalKind::kPaper;
  if (paper) return {State::kPaper, RecipientState::kPaper, Reason::kPaper};
  return {State::kWithdrawn, RecipientState::kWithdrawn, Reason::kWithdrawn};
}

bool is_withdrawn(RecipientState state) {
  return state == RecipientState::kWithdrawn || state == RecipientState::kPaper;
}

bool is_withdrawn(State state) { return state == State::kWithdrawn || state == State::kPaper; }

bool concerns(const WithdrawalWish& wish, const OutgoingRecipient& recipient) {
  return !wish.recipient || recipient.addressee == *wish.recipient;
}

Refusal ended_otherwise(std::string_view how) {
  return {Reason::kConflict,
          "先前已" + std::string(how) + "，撤回之方式與原因不能更改；請查詢公文現況"};
}

// Ended by a wish before, and this is known here: that wish again, or another one.
Result<std::vector<RecipientStanding>> ended_before(const std::vector<OutgoingRecipient>& ended,
                                                    const WithdrawalWish& wish) {
  const Ending ending = ending_of(wish.kind);
  std::vector<RecipientStanding> standings;
  for (const OutgoingRecipient& recipient : ended) {
    const bool same = recipient.state == ending.shown && recipient.why &&
                      recipient.why->detail == wish.reason;
    if (!same) {
      const std::string why = recipient.why ? "（" + recipient.why->detail + "）" : "";
      return ended_otherwise(std::string(title_of(recipient.state)) + why);
    }
    standings.push_back({recipient.addressee, ending.at_centre, recipient.why, recipient.since});
  }
  return standings;
}

// The centre's answer to a wish that changed nothing, because another had ended all of it.
Result<void> check_effect(const std::vector<RecipientStanding>& standings, WithdrawalKind kind) {
  const bool other = !standings.empty() &&
                     std::all_of(standings.begin(), standings.end(), [&](const auto& standing) {
                       return is_withdrawn(standing.state) &&
                              standing.state != ending_of(kind).at_centre;
                     });
  if (!other) return {};
  return ended_otherwise(kind == WithdrawalKind::kPaper ? "撤回" : "改寄紙本");
}

}  // namespace

Withdrawing::Withdrawing(Parts parts) : parts_(std::move(parts)) {}

Result<std::vector<PackageWithdrawal>> Withdrawing::withdraw(const DocumentId& document,
                                                             const WithdrawalWish& wish) {
  if (wish.reason.empty()) return Refusal{Reason::kBadRequest, "請說明撤回原因"};
  YZ_TRY(stop_sealing(document, wish));
  std::vector<PackageWithdrawal> all;
  for (const MessageId& message : YZ_TRY(packages_with(document, wish.recipient))) {
    all.push_back({message, withdraw(message, wish)});
  }
  return all;
}

Result<std::vector<RecipientStanding>> Withdrawing::withdraw(const MessageId& message,
                                                             const WithdrawalWish& wish) {
  if (wish.reason.empty()) return Refusal{Reason::kBadRequest, "請說明撤回原因"};
  if (auto here = YZ_TRY(withdraw_here(message, wish))) return std::move(*here);
  const Withdrawal withdrawal{wish.kind,
                              {parts_.terminal.org, message},
                              wish.recipient,
                              wish.reason,
                              parts_.clock.now()};
  const Bytes cms = YZ_TRY(sign_withdrawal(withdrawal, parts_.key));
  const auto package = parts_.database.read(
      [&](Transaction& tx) { return OutboxStore().find(tx, message); });
  if (!package) return Reason::kNotFound;
  auto standings = parts_.centres.line_for(package->envelope).withdraw(message, cms);
  if (!standings && standings.reason() == Reason::kNotFound) {
    return Refusal{Reason::kStepNotAllowed, "交換中心尚未受理此封裝；請待其受理後再撤回"};
  }
  if (!standings) return standings.refusal();
  YZ_TRY(check_effect(*standings, wish.kind));
  parts_.database.transact([&](Transaction& tx) { record(tx, message, wish); });
  return standings;
}

// Where a package was discarded to be sealed anew while others travel, it ends like one that never
// left: its recipients are shown as withdrawn beside those that the centre answers for.
Result<void> Withdrawing::stop_sealing(const DocumentId& document, const WithdrawalWish& wish) {
  return parts_.database.transact([&](Transaction& tx) -> Result<void> {
    auto sending = outbox_.find(tx, document);
    if (!sending) return Reason::kNotFound;
    if (sending->state == SendingState::kSealed || wish.recipient) return {};
    std::map<std::pair<std::int64_t, bool>, OutgoingPackage> newest;  // of each group
    for (OutgoingPackage& package : outbox_.packages_of(tx, document)) {
      newest.insert_or_assign({package.pair, package.with_attachments}, std::move(package));
    }
    const bool travels = std::any_of(newest.begin(), newest.end(), [](const auto& item) {
      return item.second.state != PackageState::kDiscarded;
    });
    if (!travels) return outbox_.cancel(tx, document);
    for (auto& [group, package] : newest) {
      if (package.state == PackageState::kDiscarded) end_here(tx, std::move(package), wish);
    }
    sending->state = SendingState::kSealed;
    sending->why.reset();
    outbox_.save(tx, *sending);
    return {};
  });
}

Result<std::vector<MessageId>> Withdrawing::packages_with(
    const DocumentId& document, const std::optional<Addressee>& recipient) {
  return parts_.database.read([&](Transaction& tx) -> Result<std::vector<MessageId>> {
    std::vector<MessageId> messages;
    for (const OutgoingPackage& package : outbox_.packages_of(tx, document)) {
      if (package.state == PackageState::kDiscarded) continue;
      const auto recipients = outbox_.recipients_of(tx, package.id);
      const bool has_it = !recipient || std::any_of(recipients.begin(), recipients.end(),
                                                    [&](const OutgoingRecipient& item) {
                                                      return item.addressee == *recipient;
                                                    });
      if (has_it) messages.push_back(package.id);
    }
    if (!messages.empty() || !recipient) return messages;
    if (outbox_.find(tx, document)->state == SendingState::kSealed) {
      return Refusal{Reason::kNotFound, "公文沒有此受文者"};
    }
    return Refusal{Reason::kStepNotAllowed,
                   "公文尚未封裝，無法只撤回一個受文者；請待封裝送出後再試，或撤回全部受文者"};
  });
}

// What never left this terminal is stopped here, and what was stopped before is told from here;
// the centre has nothing to say about it.
Result<std::optional<Withdrawing::Standings>> Withdrawing::withdraw_here(
    const MessageId& message, const WithdrawalWish& wish) {
  using Answer = std::optional<Standings>;
  return parts_.database.transact([&](Transaction& tx) -> Result<Answer> {
    const auto package = outbox_.find(tx, message);
    if (!package) return Refusal{Reason::kNotFound, "發文匣中沒有此公文"};
    auto recipients = outbox_.recipients_of(tx, message);
    const std::size_t count = recipients.size();
    std::erase_if(recipients, [&](const auto& item) { return !concerns(wish, item); });
    if (recipients.empty()) return Refusal{Reason::kNotFound, "公文沒有此受文者"};
    if (std::all_of(recipients.begin(), recipients.end(),
                    [](const auto& item) { return is_withdrawn(item.state); })) {
      return Answer(YZ_TRY(ended_before(recipients, wish)));
    }
    if (package->state == PackageState::kRejected) {
      return Refusal{Reason::kStepNotAllowed, "交換中心不受理此封裝，無可撤回；請依不受理之原因處理"};
    }
    if (package->state != PackageState::kSealed) return Answer();
    if (recipients.size() == count) return Answer(end_here(tx, *package, wish));
    return Refusal{Reason::kStepNotAllowed,
                   "封裝尚未送達交換中心，無法只撤回其中一個受文者；請待中心受理後再試，或撤回全部受文者"};
  });
}

Withdrawing::Standings Withdrawing::end_here(Transaction& tx, OutgoingPackage package,
                                             const WithdrawalWish& wish) {
  const Time now = parts_.clock.now();
  const Ending ending = ending_of(wish.kind);
  package.state = PackageState::kRejected;
  package.why = Refusal{ending.reason, wish.reason};
  outbox_.save(tx, package);
  Standings standings;
  for (OutgoingRecipient& recipient : outbox_.recipients_of(tx, package.id)) {
    recipient.state = ending.shown;
    recipient.why = package.why;
    recipient.since = now;
    outbox_.save(tx, recipient);
    standings.push_back({recipient.addressee, ending.at_centre, package.why, now});
  }
  record(tx, package.id, wish);
  if (!outbox_.needs_body(tx, package.cipher_root)) {
    tx.after_commit([this, root = package.cipher_root] { parts_.objects.remove(root); });
  }
  return standings;
}

void Withdrawing::record(Transaction& tx, const MessageId& message, const WithdrawalWish& wish) {
  parts_.journal.record(tx, Event::kMessageWithdrawn,
                        {{"message_id", message.text()},
                         {"recipient", wish.recipient ? wish.recipient->text() : ""},
                         {"person", wish.person}},
                        parts_.clock.now());
}

}  // namespace yizhan
