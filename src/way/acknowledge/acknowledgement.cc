#include "way/acknowledge/acknowledgement.h"

#include <array>

namespace yizhan {

namespace {

struct ReturnText {
  ReturnKind kind;
  std::string_view text;
  std::string_view title;
};

constexpr auto kReturns = std::to_array<ReturnText>({
    {ReturnKind::kMisdirected, "misdirected", "誤送"},
    {ReturnKind::kDefective, "defective", "疏漏"},
    {ReturnKind::kOther, "other", "其他"},
});

const ReturnText& row_of(ReturnKind kind) { return kReturns.at(static_cast<std::size_t>(kind)); }

}  // namespace

std::string_view text_of(ReturnKind kind) { return row_of(kind).text; }
std::string_view title_of(ReturnKind kind) { return row_of(kind).title; }

std::optional<ReturnKind> find_return_kind(std::string_view text) {
  for (const ReturnText& row : kReturns) {
    if (row.text == text) return row.kind;
  }
  return std::nullopt;
}

Acknowledgement::Acknowledgement(Parts parts) : parts_(std::move(parts)) {}

Result<Mail> Acknowledgement::confirm(const DeliveryId& id, const std::string& person) {
  const Time now = parts_.clock.now();
  return parts_.database.transact([&](Transaction& tx) -> Result<Mail> {
    Mail mail = YZ_TRY(find_for(tx, id, person, MailState::kConfirmed));
    if (mail.state == MailState::kConfirmed) return mail;
    enter(tx, mail, EvidenceType::kConfirmed, "");
    parts_.journal.record(tx, Event::kMessageConfirmed,
                          {{"message_id", mail.message.message.text()},
                           {"recipient", mail.recipient.text()},
                           {"person", person}},
                          now);
    return mail;
  });
}

Result<Mail> Acknowledgement::return_document(const DeliveryId& id, const std::string& person,
                                              const ReturnWish& wish) {
  if (wish.kind == ReturnKind::kOther && wish.note.empty()) {
    return Refusal{Reason::kBadRequest, "退文原因為「其他」時，請說明原因"};
  }
  const Time now = parts_.clock.now();
  return parts_.database.transact([&](Transaction& tx) -> Result<Mail> {
    Mail mail = YZ_TRY(find_for(tx, id, person, MailState::kReturned));
    if (mail.state == MailState::kReturned) return mail;
    const std::string title(title_of(wish.kind));
    enter(tx, mail, EvidenceType::kReturned, wish.note.empty() ? title : title + "：" + wish.note);
    parts_.journal.record(tx, Event::kMessageReturned,
                          {{"message_id", mail.message.message.text()},
                           {"recipient", mail.recipient.text()},
                           {"person", person},
                           {"reason", std::string(text_of(wish.kind))}},
                          now);
    return mail;
  });
}

Result<Mail> Acknowledgement::find_for(Transaction& tx, const DeliveryId& id,
                                       const std::string& person, MailState wanted) {
  auto mail = inbox_.find(tx, id);
  if (!mail) return Reason::kNotFound;
  if (mail->state == wanted) return std::move(*mail);
  if (mail->state != MailState::kReceived) {
    return Refusal{Reason::kStepNotAllowed,
                   "公文目前「" + std::string(title_of(mail->state)) + "」，已收取者方可確認或退文"};
  }
  mail->person = person;
  return std::move(*mail);
}

void Acknowledgement::enter(Transaction& tx, Mail& mail, EvidenceType type,
                            const std::string& note) {
  const Time now = parts_.clock.now();
  const auto handover =
      evidence_.last(tx, mail.message, mail.recipient, text_of(EvidenceType::kHandover)).value();
  evidence_.add(tx, Statement{.type = type,
                              .message = mail.message,
                              .recipient = mail.recipient,
                              .header_sha256 =
                                  Statement::parse(handover.statement).value().header_sha256,
                              .previous = {handover.sha256},
                              .actor = parts_.terminal.actor(),
                              .detail = note,
                              .time = now});
  mail.state =
      type == EvidenceType::kConfirmed ? MailState::kConfirmed : MailState::kReturned;
  mail.since = now;
  mail.note = note;
  inbox_.save(tx, mail);
  tx.after_commit(parts_.wake_signing);
}

}  // namespace yizhan
