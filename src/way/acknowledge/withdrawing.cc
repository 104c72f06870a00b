#include "way/acknowledge/withdrawing.h"

namespace yizhan {

namespace {

State state_of(WithdrawalKind kind) {
  return kind == WithdrawalKind::kPaper ? State::kPaper : State::kWithdrawn;
}

}  // namespace

Withdrawing::Withdrawing(Parts parts) : parts_(std::move(parts)) {}

Result<std::vector<RecipientStanding>> Withdrawing::withdraw(const WithdrawalWish& wish) {
  if (wish.reason.empty()) return Refusal{Reason::kBadRequest, "請說明撤回原因"};
  const Time now = parts_.clock.now();
  if (auto here = YZ_TRY(withdraw_here(wish, now))) return std::move(*here);
  const Withdrawal withdrawal{wish.kind,
                              {parts_.terminal.org, wish.message},
                              wish.recipient,
                              wish.reason,
                              now};
  const Bytes cms = YZ_TRY(sign_withdrawal(withdrawal, parts_.key));
  auto standings = YZ_TRY(parts_.centre.withdraw(wish.message, cms));
  parts_.database.transact([&](Transaction& tx) { record(tx, wish, now); });
  return standings;
}

// What never left this terminal is stopped here; the centre has nothing to say about it.
Result<std::optional<std::vector<RecipientStanding>>> Withdrawing::withdraw_here(
    const WithdrawalWish& wish, Time now) {
  using Standings = std::optional<std::vector<RecipientStanding>>;
  return parts_.database.transact([&](Transaction& tx) -> Result<Standings> {
    auto package = outbox_.find(tx, wish.message);
    if (!package) return Refusal{Reason::kNotFound, "發文匣中沒有此公文"};
    if (package->state != PackageState::kSealed || wish.recipient) return Standings();
    const bool paper = wish.kind == WithdrawalKind::kPaper;
    package->state = PackageState::kRejected;
    package->why = Refusal{paper ? Reason::kPaper : Reason::kWithdrawn, wish.reason};
    outbox_.save(tx, *package);
    std::vector<RecipientStanding> standings;
    for (OutgoingRecipient& recipient : outbox_.recipients_of(tx, package->id)) {
      recipient.state = paper ? RecipientState::kPaper : RecipientState::kWithdrawn;
      recipient.why = package->why;
      recipient.since = now;
      outbox_.save(tx, recipient);
      standings.push_back({recipient.addressee, state_of(wish.kind), package->why, now});
    }
    record(tx, wish, now);
    return Standings(std::move(standings));
  });
}

void Withdrawing::record(Transaction& tx, const WithdrawalWish& wish, Time now) {
  parts_.journal.record(tx, Event::kMessageWithdrawn,
                        {{"message_id", wish.message.text()},
                         {"recipient", wish.recipient ? wish.recipient->text() : ""},
                         {"person", wish.person}},
                        now);
}

}  // namespace yizhan
