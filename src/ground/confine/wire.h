#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ground/confine/confine.h"

// What passes between a program and its nursery: same binary, same machine, so plain structs.
// Internal to this folder.

namespace yizhan {

// Comes with descriptors: where to report the end, the answer file, the input file, then the job's.
struct Order {
  std::uint32_t job;
  std::uint32_t unused = 0;
  std::uint64_t input_bytes;
  ConfinedLimits limits;
};

struct Report {
  int wait_status;
  bool overdue;
};

// How a child ends when no signal ends it.
enum class ChildExit : int { kAnswered = 0, kNoCage = 10, kMemory, kOutput, kException };

void send_with_descriptors(int socket, const Order& order, std::span<const int> descriptors);

struct ReceivedOrder {
  Order order;
  std::vector<int> descriptors;
};
// Nothing when the other side is gone.
std::optional<ReceivedOrder> receive_order(int socket);

// The nursery's life: never returns.
[[noreturn]] void run_nursery(const std::vector<ConfinedJob>& jobs, int control, int children_max);

}  // namespace yizhan
