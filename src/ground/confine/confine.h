#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ground/base/base.h"

// Parsers of hostile bytes run in children that hold nothing and may do nothing: no files, no
// network, no keys, no other process, bounded memory and time. A child does one job, or some of one
// compartment: bytes that come from one hand.

namespace yizhan {

// For main(): no new privileges, no core dumps, no debugger of the same user. Throws
// std::system_error when the kernel refuses.
void harden_process();

struct ConfinedLimits {
  std::uint64_t memory_bytes = 512ULL << 20;  // that the job adds, in address space
  Milliseconds deadline{20'000};              // of wall clock, for one job
  std::uint64_t output_bytes_max = 16ULL << 20;
  // Of a child that lives on: no job begins after so many, or so long after its birth.
  int jobs_max = 64;
  Milliseconds life_max{10'000};
};

// What a child may be asked to do. `run` sees the input and the descriptors (read-only, at
// position 0, regular files only) and answers with bytes; its caller must parse them as strictly
// as any stranger's, since a child that was taken over chooses what it answers.
// `warm` runs once in the nursery, before the first child: everything a library loads lazily
// (locale, gconv, magic database) must be loaded there, because a child can open nothing.
struct ConfinedJob {
  std::string name;
  Bytes (*run)(ByteView input, std::span<const int> descriptors);
  void (*warm)() = nullptr;
};

enum class ConfinedEnd {
  kAnswered,
  kForbiddenCall,  // the kernel killed it for a call outside the allow-list: journal this
  kCrashed,        // another signal, or an exception that left the job
  kDeadline,
  kMemory,
  kOutput,  // the answer was longer than allowed
};

struct ConfinedOutcome {
  ConfinedEnd end;
  Bytes answer;  // empty unless kAnswered
  int signal = 0;
};

class ConfinedVisit;

// A small process without threads that gives birth to the children. It is started first thing in
// main(), because forking a process that has threads is not safe.
class Nursery {
 public:
  // Aborts when this process has more than one thread; throws std::system_error when the nursery
  // cannot start. At most `children_max` children work at once; further callers wait.
  static Nursery start(std::vector<ConfinedJob> jobs, int children_max = 8);
  Nursery(Nursery&&) noexcept;
  Nursery& operator=(Nursery&&) noexcept;
  ~Nursery();  // ends the nursery and every child

  // Runs a job of that name in a child of its own. May be called from many threads. At most
  // kDescriptorsMax descriptors. Throws std::system_error when the nursery itself is gone.
  ConfinedOutcome watch(std::string_view job, ByteView input, std::span<const int> descriptors,
                        const ConfinedLimits& limits);

  // The same, any end but an answer being the refusal kScanIncomplete.
  Result<Bytes> run(std::string_view job, ByteView input, std::span<const int> descriptors,
                    const ConfinedLimits& limits);

  // A turn with a child that has seen jobs of this compartment only, or none; decision 0015. May be
  // called from many threads; no child has two visitors. `limits` are the same at each visit. The
  // nursery outlives the visit. Throws as watch().
  ConfinedVisit visit(const std::string& compartment, const ConfinedLimits& limits = {});

  static constexpr std::size_t kDescriptorsMax = 16;
  static constexpr std::size_t kIdleMax = 32;  // children that wait for the next visit

 private:
  friend class ConfinedVisit;
  struct State;
  explicit Nursery(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A turn with a child; it ends with the visit, unless it is kept.
class ConfinedVisit {
 public:
  ConfinedVisit(ConfinedVisit&&) noexcept;
  ConfinedVisit& operator=(ConfinedVisit&&) = delete;
  ~ConfinedVisit();

  // As Nursery::watch and Nursery::run, in this child. Nothing more is asked of a child after any
  // end but an answer.
  ConfinedOutcome watch(std::string_view job, ByteView input, std::span<const int> descriptors);
  Result<Bytes> run(std::string_view job, ByteView input, std::span<const int> descriptors);

  // It answered, and there was nothing odd in any answer: the next visit may find it. What it freed
  // is overwritten by then; what its libraries keep, and what it was taken over to keep, is not.
  void keep();

 private:
  friend class Nursery;
  struct Turn;
  explicit ConfinedVisit(std::unique_ptr<Turn> turn);
  ConfinedOutcome end_of_child(bool overdue);

  std::unique_ptr<Turn> turn_;
};

}  // namespace yizhan
