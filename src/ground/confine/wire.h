#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ground/confine/confine.h"

// What passes between a program and its nursery: same binary, same machine, so plain structs.
// Internal to this folder.

namespace yizhan {

// A child is wanted. Comes with descriptors: where to report the end, then, of a child for one job,
// the answer file, the input file and the job's; of one that lives on, its channel.
struct Order {
  std::uint32_t job = 0;
  bool lives_on = false;
  std::uint64_t input_bytes = 0;
  ConfinedLimits limits;
};

// To a child that lives on, over its channel: with the job's descriptors, and the input behind it.
struct Task {
  std::uint32_t job;
  std::uint32_t descriptors;
  std::uint64_t input_bytes;
};
// From it, the answer behind it.
struct AnswerHead {
  std::uint64_t bytes;
};

struct Report {
  int wait_status;
  bool overdue;
};

// How a child ends when no signal ends it.
enum class ChildExit : int { kAnswered = 0, kNoCage = 10, kMemory, kOutput, kException };

void send_with_descriptors(int socket, const Order& order, std::span<const int> descriptors);
bool send_task(int channel, const Task& task, std::span<const int> descriptors);  // false: gone

struct ReceivedOrder {
  Order order;
  std::vector<int> descriptors;
};
// Nothing when the other side is gone.
std::optional<ReceivedOrder> receive_order(int socket);

struct ReceivedTask {
  Task task;
  std::vector<int> descriptors;
};
std::optional<ReceivedTask> receive_task(int channel);

// The life of a child that lives on, in its cage: until nobody asks it any more, or a job ends it.
[[noreturn]] void live_on(const std::vector<ConfinedJob>& jobs, int channel,
                          std::uint64_t output_bytes_max);

// The nursery's life: never returns.
[[noreturn]] void run_nursery(const std::vector<ConfinedJob>& jobs, int control, int children_max);

}  // namespace yizhan
