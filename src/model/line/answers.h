#pragma once

#include "model/line/relay_line.h"

// Inside model/line: the centre's answers. A newer centre may tell more than we ask for; what we do
// ask for must be there and right. Refuse kUnavailable: an answer that is none.

namespace yizhan {

Refusal no_answer(const Refusal& why);

// The peer's answer, or its refusal. The deadline is that of the answer; what goes up has the time
// that a line of 1 Mbit/s needs for it besides.
Result<Response> ask(Client& client, const OutgoingRequest& request,
                     std::chrono::milliseconds deadline);
Result<Json> ask_json(Client& client, const OutgoingRequest& request,
                      std::chrono::milliseconds deadline);

Result<SubmissionAnswer> parse_submission_answer(const Json& json);
Result<RelayAnswer> parse_relay_answer(const Json& json);
Result<NewsPage> parse_news(const Json& json);
OutgoingRequest tell_request(const Retold& retold);
Result<bool> parse_known(const Json& json);
Result<State> parse_state(const Json& json);
Result<MessageStanding> parse_message_standing(const Json& json);
// {"recipients": [{org_code, unit_code, state, …}]}
Result<std::vector<RecipientStanding>> parse_standings(const Json& json);

}  // namespace yizhan
