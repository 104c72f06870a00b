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

Refusal not_now(const Mail& mail) {
  return {Reason::kStepNotAllowed,
          "公文目前「" + std::string(title_of(mail.state)) +
              "」；已收取者方可確認，已收取或已確認者方可退文"};
}

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

// Done before: the same wish, or one that differs and would be lost.
Result<bool> Acknowledgement::is_repeated(const Mail& mail, const Wish& wish) {
  if (mail.state != wish.state) return false;
  if (mail.person == wish.person && mail.note == wish.note) return true;
  const std::string note = mail.note.empty() ? "" : "（" + mail.note + "）";
  return Refusal{Reason::kConflict, "先前已由「" + mail.person + "」辦理「" +
                                        std::string(title_of(mail.state)) + "」" + note +
                                        "，不能更改；如須補充，請另行函知發文機關"};
}

Result<Mail> Acknowledgement::confirm(const DeliveryId& id, const std::string& person) {
  const Wish wish{MailState::kConfirmed, person, ""};
  return parts_.database.transact([&](Transaction& tx) -> Result<Mail> {
    Mail mail = YZ_TRY(require(tx, id));
    if (YZ_TRY(is_repeated(mail, wish))) return mail;
    if (mail.state != MailState::kReceived) return not_now(mail);
    enter(tx, mail, wish);
    parts_.journal.record(tx, Event::kMessageConfirmed,
                          {{"message_id", mail.message.message.text()},
                           {"recipient", mail.recipient.text()},
                           {"person", person}},
                          mail.since);
    return mail;
  });
}

Result<Mail> Acknowledgement::return_document(const DeliveryId& id, const std::string& person,
                                              const ReturnWish& why) {
  if (why.kind == ReturnKind::kOther && why.note.empty()) {
    return Refusal{Reason::kBadRequest, "退文原因為「其他」時，請說明原因"};
  }
  const std::string title(title_of(why.kind));
  const Wish wish{MailState::kReturned, person, why.note.empty() ? title : title + "：" + why.note};
  return parts_.database.transact([&](Transaction& tx) -> Result<Mail> {
    Mail mail = YZ_TRY(require(tx, id));
    if (YZ_TRY(is_repeated(mail, wish))) return mail;
    const bool open = mail.state == MailState::kReceived || mail.state == MailState::kConfirmed;
    if (!open) return not_now(mail);
    enter(tx, mail, wish);
    parts_.journal.record(tx, Event::kMessageReturned,
                          {{"message_id", mail.message.message.text()},
                           {"recipient", mail.recipient.text()},
                           {"person", person},
                           {"reason", std::string(text_of(why.kind))}},
                          mail.since);
    return mail;
  });
}

Result<Mail> Acknowledgement::require(Transaction& tx, const DeliveryId& id) {
  auto mail = inbox_.find(tx, id);
  if (!mail) return Reason::kNotFound;
  return std::move(*mail);
}

void Acknowledgement::enter(Transaction& tx, Mail& mail, const Wish& wish) {
  const Time now = parts_.clock.now();
  const auto handover =
      evidence_.last(tx, mail.message, mail.recipient, text_of(EvidenceType::kHandover)).value();
  const bool confirms = wish.state == MailState::kConfirmed;
  evidence_.add(tx, Statement{.type = confirms ? EvidenceType::kConfirmed : EvidenceType::kReturned,
                              .message = mail.message,
                              .recipient = mail.recipient,
                              .header_sha256 =
                                  Statement::parse(handover.statement).value().header_sha256,
                              .previous = {handover.sha256},
                              .actor = parts_.terminal.actor(),
                              .detail = wish.note,
                              .time = now});
  mail.state = wish.state;
  mail.person = wish.person;
  mail.note = wish.note;
  mail.since = now;
  inbox_.save(tx, mail);
  tx.after_commit(parts_.wake_signing);
}

}  // namespace yizhan
