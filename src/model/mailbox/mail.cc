#include "model/mailbox/mail.h"

#include "model/mailbox/sending.h"
#include "model/mailbox/state_text.h"

namespace yizhan {

namespace {

using enum MailState;

constexpr auto kStates = std::to_array<StateText<MailState>>({
    {kConsigned, "consigned", "待收取"},
    {kLeased, "leased", "收取中"},
    {kReceived, "received", "已收取，待確認"},
    {kConfirmed, "confirmed", "已確認收文"},
    {kReturned, "returned", "已退文"},
    {kRefused, "refused", "無法收取"},
    {kElsewhere, "elsewhere", "由本機關其他終端收取"},
    {kEnded, "ended", "中心已結束投遞"},
});

}  // namespace

std::string_view text_of(MailState state) { return row_of(kStates, state).text; }
std::string_view title_of(MailState state) { return row_of(kStates, state).title; }
std::optional<MailState> find_mail_state(std::string_view text) { return find_in(kStates, text); }

Json Mail::describe() const {
  Json json = {{"id", id.text()},
               {"sender", message.sender.text()},
               {"message_id", message.message.text()},
               {"recipient", recipient.text()},
               {"state", text_of(state)},
               {"state_title", title_of(state)},
               {"since", since.text()},
               {"consigned", consigned.text()},
               {"subject", subject},
               {"number", number},
               {"type", type},
               {"secrecy", secrecy},
               {"person", person},
               {"note", note}};
  if (why) json["reason"] = yizhan::describe(*why);
  if (document) json["document_id"] = document->text();
  if (accepted) json["accepted"] = accepted->text();
  if (received) json["received"] = received->text();
  if (urgency) json["urgency"] = text_of(*urgency);
  return json;
}

}  // namespace yizhan
