#pragma once

#include <string_view>

#include "model/mailbox/columns.h"
#include "model/mailbox/sending.h"

// Inside model/mailbox: a row of outgoing_recipients, named r.

namespace yizhan {

inline constexpr std::string_view kRecipientColumns =
    "r.message_id, r.org_code, r.unit_code, r.copy_kind, r.name, r.state, r.reason, r.detail, "
    "r.since_ms";

template <class Columns>
OutgoingRecipient recipient_of(const Columns& row) {
  const auto& [message, org, unit, kind, name, state, reason, detail, since] = row;
  return {required(MessageId::parse(message), "message_id"),
          {required(OrgCode::parse(org), "org_code"), required(UnitCode::parse(unit), "unit_code")},
          required(find_copy_kind(kind), "copy_kind"),
          name,
          required(find_recipient_state(state), "outgoing_recipients.state"),
          why_of(reason, detail),
          since};
}

}  // namespace yizhan
