#pragma once

#include <linux/filter.h>

#include <optional>
#include <vector>

#include "ground/confine/confine.h"

// The walls around one child. Internal to this folder.

namespace yizhan {

// The allow-list of system calls as a program for the kernel, built once, before any fork.
class CallFilter {
 public:
  // With a channel, messages may be received there. Throws std::system_error.
  static CallFilter build(std::optional<int> channel);
  void apply() const;         // for good, for this process; throws std::system_error

 private:
  std::vector<sock_filter> program_;
};

// Moves `descriptors` to 3, 4, 5… and closes every other but 0, 1 and 2.
void keep_only(std::span<const int> descriptors);

// Gives up, for good and in the right order: signal handlers, resources, user, capabilities,
// files (Landlock, where there is one), and last every call but those of a computation.
// Throws std::system_error when any of it fails.
void enter_cage(const ConfinedLimits& limits, const CallFilter& filter);

}  // namespace yizhan
