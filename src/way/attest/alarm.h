#pragma once

#include <string>

#include "ground/merkle/merkle.h"

namespace yizhan {

// What people must know about logs; the role that composes the program tells them. Any thread.
class AttestAlarm {
 public:
  virtual ~AttestAlarm() = default;

  // No checkpoint counts, with why; nullopt: they do again.
  virtual void log_uncosigned(const std::optional<Refusal>& why) = 0;
  // A witness stands at a past of ours that is not ours: a fork, or we are an old copy.
  virtual void witness_disagrees(const std::string& witness, const Refusal& why) = 0;
  // An authority gives no time-stamps, with why; nullopt: it does again.
  virtual void stamps_missing(const std::string& authority, const std::optional<Refusal>& why) = 0;
  // Another log has shown us what does not continue what it showed before.
  virtual void log_conflict(const LogConflict& conflict) = 0;
};

}  // namespace yizhan
