#pragma once

#include <optional>
#include <string_view>

#include "ground/net/message.h"

// RFC 9457 problem documents: how a refusal crosses the wire, and back.

namespace yizhan {

inline constexpr std::string_view kProblemType = "application/problem+json";

// An empty trace id is left out.
Bytes problem_body(const Refusal& refusal, std::string_view trace_id);

// nullopt unless it is a problem document with a code of ours.
std::optional<Refusal> find_refusal(const Response& response);

}  // namespace yizhan
