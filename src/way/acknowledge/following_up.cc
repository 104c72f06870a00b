#include "way/acknowledge/following_up.h"

#include <algorithm>

namespace yizhan {

namespace {

constexpr std::size_t kNoteBytesMax = 1000;

bool is_repeated(const FollowUp& last, const FollowUpWish& wish) {
  return last.kind == wish.kind && last.person == wish.person && last.note == wish.note;
}

std::vector<OutgoingRecipient> recipients_of(Transaction& tx, const DocumentId& document,
                                             const Addressee& addressee) {
  OutboxStore outbox;
  std::vector<OutgoingRecipient> found;
  for (const OutgoingPackage& package : outbox.packages_of(tx, document)) {
    if (package.state == PackageState::kDiscarded) continue;
    for (OutgoingRecipient& recipient : outbox.recipients_of(tx, package.id)) {
      if (recipient.addressee == addressee) found.push_back(std::move(recipient));
    }
  }
  return found;
}

}  // namespace

Result<std::vector<FollowUp>> FollowingUp::note(const DocumentId& document,
                                                const FollowUpWish& wish) {
  if (wish.kind == FollowUpKind::kResent) {
    return Refusal{Reason::kBadRequest, "重新發文由系統自行登錄：請以 send --resend-of 辦理"};
  }
  if (wish.note.size() > kNoteBytesMax) {
    return Refusal{Reason::kBadRequest, "說明至多 1000 位元組"};
  }
  return parts_.database.transact([&](Transaction& tx) -> Result<std::vector<FollowUp>> {
    const auto recipients = recipients_of(tx, document, wish.recipient);
    if (recipients.empty()) return Refusal{Reason::kNotFound, "發文匣中沒有此公文，或公文沒有此受文者"};
    std::vector<FollowUp> noted;
    for (const OutgoingRecipient& recipient : recipients) {
      if (recipient.state == RecipientState::kConfirmed) {
        return Refusal{Reason::kStepNotAllowed, "受文機關已收文確認，無須追蹤"};
      }
      noted.push_back(note(tx, recipient, wish));
    }
    return noted;
  });
}

FollowUp FollowingUp::note(Transaction& tx, const OutgoingRecipient& recipient,
                           const FollowUpWish& wish) {
  FollowUpStore store;
  const auto earlier = store.list(tx, recipient.message);
  const auto last = std::find_if(earlier.rbegin(), earlier.rend(), [&](const FollowUp& each) {
    return each.recipient == wish.recipient;
  });
  if (last != earlier.rend() && is_repeated(*last, wish)) return *last;
  const Time now = parts_.clock.now();
  const FollowUp follow_up{FollowUpId::generate(now), recipient.message, wish.recipient,
                           wish.kind,                 wish.person,       wish.note,
                           now};
  store.add(tx, follow_up);
  parts_.journal.record(tx, Event::kFollowUpNoted,
                        {{"message_id", recipient.message.text()},
                         {"recipient", wish.recipient.text()},
                         {"person", wish.person},
                         {"reason", std::string(text_of(wish.kind))}},
                        now);
  return follow_up;
}

}  // namespace yizhan
