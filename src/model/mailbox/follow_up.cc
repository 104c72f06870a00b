#include "model/mailbox/follow_up.h"

#include "model/mailbox/state_text.h"

namespace yizhan {

namespace {

using enum FollowUpKind;
using Row = StateText<FollowUpKind>;

constexpr auto kKinds = std::to_array<Row>({
    {kPhoned, "phoned", "已電話聯絡"},
    {kPaper, "paper", "已改寄紙本"},
    {kResent, "resent", "已重新發文"},
    {kStopped, "stopped", "不再追蹤"},
});

}  // namespace

std::string_view text_of(FollowUpKind kind) { return row_of(kKinds, kind).text; }
std::string_view title_of(FollowUpKind kind) { return row_of(kKinds, kind).title; }
std::optional<FollowUpKind> find_follow_up_kind(std::string_view text) {
  return find_in(kKinds, text);
}

Json FollowUp::describe() const {
  return {{"message_id", message.text()},   {"org_code", recipient.org.text()},
          {"unit_code", recipient.unit.text()}, {"kind", text_of(kind)},
          {"kind_title", title_of(kind)},   {"person", person},
          {"note", note},                   {"done", done.text()}};
}

}  // namespace yizhan
