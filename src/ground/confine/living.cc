#include <malloc.h>
#include <string.h>
#include <unistd.h>

#include <array>
#include <new>

#include "ground/confine/wire.h"

// The inside of a child that lives on.

namespace yizhan {

namespace {

[[noreturn]] void leave(ChildExit how) { _exit(static_cast<int>(how)); }

void read_all(int channel, std::span<std::uint8_t> into) {
  while (!into.empty()) {
    const ssize_t got = read(channel, into.data(), into.size());
    if (got <= 0) leave(ChildExit::kAnswered);  // nobody asks any more
    into = into.subspan(static_cast<std::size_t>(got));
  }
}

void write_all(int channel, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(channel, bytes.data(), bytes.size());
    if (written <= 0) leave(ChildExit::kAnswered);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

// The C library overwrites what is freed, but for the small pieces that it keeps at hand.
void overwrite_what_is_freed() {
  constexpr int kPattern = 0xa5;
  mallopt(M_PERTURB, kPattern);
}

// Those: as many of each size as it may keep.
void overwrite_small_pieces() {
  constexpr std::size_t kLargest = 1032, kStep = 16, kKept = 7;
  for (std::size_t size = 24; size <= kLargest; size += kStep) {
    std::array<void*, kKept> pieces{};
    for (void*& piece : pieces) {
      piece = malloc(size);
      if (piece != nullptr) explicit_bzero(piece, malloc_usable_size(piece));
    }
    for (void* const piece : pieces) free(piece);
  }
}

[[gnu::noinline]] void overwrite_stack() {
  std::array<std::uint8_t, 128U << 10> below;  // NOLINT: overwritten is all that it is for
  explicit_bzero(below.data(), below.size());
}

bool has_grown_large() {
  constexpr std::size_t kLargest = 64U << 20;
  const struct mallinfo2 held = mallinfo2();
  return held.arena + held.hblkhd > kLargest;
}

Bytes do_task(const std::vector<ConfinedJob>& jobs, int channel, const ReceivedTask& received) {
  Bytes input(static_cast<std::size_t>(received.task.input_bytes));
  read_all(channel, input);
  Bytes answer = jobs.at(received.task.job).run(input, received.descriptors);
  for (const int descriptor : received.descriptors) close(descriptor);
  return answer;
}

}  // namespace

void live_on(const std::vector<ConfinedJob>& jobs, int channel, std::uint64_t output_bytes_max) {
  overwrite_what_is_freed();
  try {
    while (const std::optional<ReceivedTask> received = receive_task(channel)) {
      {
        const Bytes answer = do_task(jobs, channel, *received);
        if (answer.size() > output_bytes_max) leave(ChildExit::kOutput);
        const AnswerHead head{answer.size()};
        write_all(channel, {reinterpret_cast<const std::uint8_t*>(&head), sizeof head});
        write_all(channel, answer);
      }
      if (has_grown_large()) break;
      overwrite_small_pieces();
      overwrite_stack();
    }
  } catch (const std::bad_alloc&) {
    leave(ChildExit::kMemory);
  } catch (const std::exception&) {
    leave(ChildExit::kException);
  }
  leave(ChildExit::kAnswered);
}

}  // namespace yizhan
