#pragma once

#include "model/line/centre_line.h"

// Inside model/line: the centre's answers. A newer centre may tell more than we ask for; what we do
// ask for must be there and right. Refuse kUnavailable: an answer that is none.

namespace yizhan {

Refusal no_answer(const Refusal& why);

Result<SubmissionAnswer> parse_submission_answer(const Json& json);
Result<NewsPage> parse_news(const Json& json);
Result<State> parse_state(const Json& json);
Result<MessageStanding> parse_message_standing(const Json& json);
// {"recipients": [{org_code, unit_code, state, …}]}
Result<std::vector<RecipientStanding>> parse_standings(const Json& json);

}  // namespace yizhan
