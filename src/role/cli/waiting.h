#pragma once

#include "role/cli/session.h"

namespace yizhan {

// Following one document until something is true of it.
struct Patience {
  bool (*is_enough)(const Json& document);
  std::chrono::seconds longest;
};

// The document as it is when it is enough or the time is over.
Result<Json> wait_for(Session& session, const std::string& id, const Patience& patience);

bool has_been_sealed(const Json& document);  // or never will be
// Every recipient has received it, never will, or waits for somebody to decide (held).
bool has_settled(const Json& document);
bool has_arrived(const Json& document);  // every recipient has received it
// Refused, or ended otherwise than received for some recipient.
bool has_failed(const Json& document);

}  // namespace yizhan
