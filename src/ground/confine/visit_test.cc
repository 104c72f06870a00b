#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include "ground/confine/confine.h"

namespace yizhan {
namespace {

using Descriptors = std::span<const int>;
using namespace std::literals;

constexpr std::string_view kMark = "what one package said, and no other may see";

std::uint8_t* heap_begin = nullptr;  // NOLINT: of every child, since all are born alike
void note_heap() { heap_begin = static_cast<std::uint8_t*>(sbrk(0)); }

Bytes say_who(ByteView, Descriptors) { return copy_of(bytes_of(std::to_string(getpid()))); }
Bytes echo(ByteView input, Descriptors) { return copy_of(input); }
Bytes list_open(ByteView, Descriptors) {
  std::string found;
  for (int number = 0; number < 60; ++number) {
    struct stat status {};
    if (fstat(number, &status) == 0) found += std::to_string(number) + " ";
  }
  return copy_of(bytes_of(found));
}

// Pieces of many sizes with the mark in each, all freed again. What is kept between them leaves
// each where it was: nothing grows together, or goes back to the system.
Bytes handle_text(ByteView input, Descriptors) {
  static std::vector<std::string> between;  // NOLINT: as a library would keep something
  for (std::size_t size = 64; size < 60'000; size += size / 3) {
    std::vector<std::string> pieces;
    for (int i = 0; i < 12; ++i) {
      pieces.emplace_back(size, '.');
      pieces.back().replace(pieces.back().size() / 2 - input.size() / 4, input.size() / 2,
                            text_of(input).substr(0, input.size() / 2));
      between.emplace_back(1'200, '.');
    }
  }
  return copy_of(bytes_of("handled"));
}

// How often the beginning of the mark stands in the heap. It is told with each byte changed, so
// that the question itself is not found.
Bytes look_for_text(ByteView changed, Descriptors) {
  const auto* const end = static_cast<const std::uint8_t*>(sbrk(0));
  std::size_t found = 0;
  for (const std::uint8_t* at = heap_begin; at + changed.size() <= end; ++at) {
    std::size_t same = 0;
    while (same < changed.size() && (at[same] ^ 0x55U) == changed[same]) ++same;
    if (same == changed.size()) ++found;
  }
  return copy_of(bytes_of(std::to_string(found)));
}

Bytes changed_mark() {
  Bytes changed = copy_of(bytes_of(kMark.substr(0, kMark.size() / 2)));
  for (std::uint8_t& byte : changed) byte ^= 0x55;
  return changed;
}

Bytes crash(ByteView, Descriptors) { std::abort(); }
Bytes hang(ByteView, Descriptors) {
  std::atomic<std::uint64_t> turns = 0;
  while (true) ++turns;
}
Bytes cut_off(ByteView input, Descriptors descriptors) {
  close(3);
  return hang(input, descriptors);
}
Bytes open_file(ByteView, Descriptors) {
  return {static_cast<std::uint8_t>(::access("/etc/passwd", R_OK))};
}
Bytes listen_elsewhere(ByteView, Descriptors descriptors) {
  msghdr message{};
  return {static_cast<std::uint8_t>(recvmsg(descriptors[0], &message, 0))};
}
Bytes answer_much(ByteView, Descriptors) { return Bytes(2U << 20); }
Bytes grow(ByteView, Descriptors) {
  static std::vector<Bytes> kept;  // NOLINT: what a library might keep
  kept.emplace_back(100U << 20);
  return {};
}
// Does as one that was taken over may: speaks when nobody asked.
Bytes speak_twice(ByteView, Descriptors) {
  static_cast<void>(!write(3, "unasked", 7));
  return {};
}

class Visit : public ::testing::Test {
 protected:
  std::string ask(const std::string& compartment, std::string_view job, ByteView input = {}) {
    ConfinedVisit visit = nursery_.visit(compartment, limits_);
    const Result<Bytes> answer = visit.run(job, input, {});
    if (!answer) return answer.refusal().detail;
    visit.keep();
    return std::string(text_of(*answer));
  }
  std::string child_of(const std::string& compartment) { return ask(compartment, "say_who"); }
  ConfinedEnd end(const std::string& compartment, std::string_view job) {
    return nursery_.visit(compartment, limits_).watch(job, {}, {}).end;
  }

  ConfinedLimits limits_;
  Nursery nursery_ = Nursery::start({{"say_who", say_who, note_heap},
                                     {"echo", echo},
                                     {"list_open", list_open},
                                     {"handle_text", handle_text},
                                     {"look_for_text", look_for_text},
                                     {"crash", crash},
                                     {"hang", hang},
                                     {"cut_off", cut_off},
                                     {"open_file", open_file},
                                     {"listen_elsewhere", listen_elsewhere},
                                     {"answer_much", answer_much},
                                     {"grow", grow},
                                     {"speak_twice", speak_twice}},
                                    2);
};

TEST_F(Visit, FindsTheChildOfItsCompartmentAndNeverAnothers) {
  const std::string of_a = child_of("A"), of_b = child_of("B");
  EXPECT_NE(of_a, of_b);
  for (int turn = 0; turn < 5; ++turn) {
    EXPECT_EQ(child_of("A"), of_a);
    EXPECT_EQ(child_of("B"), of_b);
  }
  // Not even where A's is the only one that is free.
  const ConfinedVisit busy = nursery_.visit("B", limits_);
  EXPECT_NE(child_of("B"), of_a);
  EXPECT_NE(child_of("C"), of_a);
}

TEST_F(Visit, EndsAChildThatWasNotKept) {
  const std::string first = child_of("A");
  { const ConfinedVisit left = nursery_.visit("A", limits_); }
  EXPECT_NE(child_of("A"), first);
  const pid_t pid = std::stoi(first);
  for (int wait = 0; wait < 100 && ::kill(pid, 0) == 0; ++wait) {
    std::this_thread::sleep_for(Milliseconds(20));
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST_F(Visit, NeverGivesOneChildToTwo) {
  ConfinedVisit first = nursery_.visit("A", limits_);
  ConfinedVisit second = nursery_.visit("A", limits_);
  EXPECT_NE(text_of(*first.run("say_who", {}, {})), text_of(*second.run("say_who", {}, {})));
}

TEST_F(Visit, LastsForSoManyJobsOnly) {
  limits_.jobs_max = 3;
  const std::string first = child_of("A");
  EXPECT_EQ(child_of("A"), first);
  EXPECT_EQ(child_of("A"), first);
  EXPECT_NE(child_of("A"), first);
}

TEST_F(Visit, LastsForSoLongOnlyEvenIfNobodyComes) {
  limits_.life_max = Milliseconds(200);
  const std::string first = child_of("A");
  std::this_thread::sleep_for(Milliseconds(600));
  EXPECT_NE(::kill(std::stoi(first), 0), 0);
  EXPECT_NE(child_of("A"), first);
}

TEST_F(Visit, IsTakenFromAChildThatEndedWithoutHarmToTheNext) {
  const std::string of_b = child_of("B");
  limits_.deadline = Milliseconds(300);
  for (const auto& [job, how] : {std::pair{"crash"s, ConfinedEnd::kCrashed},
                                 {"hang", ConfinedEnd::kDeadline},
                                 {"open_file", ConfinedEnd::kForbiddenCall},
                                 {"answer_much", ConfinedEnd::kOutput}}) {
    limits_.output_bytes_max = 1U << 20;
    const std::string before = child_of("A");
    EXPECT_EQ(end("A", job), how) << job;
    const std::string after = child_of("A");
    EXPECT_NE(after, before) << job;
    EXPECT_GT(std::stoi(after), 0) << job;
  }
  EXPECT_EQ(child_of("B"), of_b);
}

TEST_F(Visit, EndsAChildThatCutsUsOff) {
  const std::string first = child_of("A");
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(end("A", "cut_off"), ConfinedEnd::kDeadline);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, Milliseconds(10'000));
  EXPECT_NE(::kill(std::stoi(first), 0), 0);
}

TEST_F(Visit, EndsAChildThatSpeaksUnasked) {
  const std::string first = child_of("A");
  {
    ConfinedVisit visit = nursery_.visit("A", limits_);
    static_cast<void>(visit.watch("speak_twice", {}, {}));
    visit.keep();
  }
  EXPECT_NE(child_of("A"), first);
}

TEST_F(Visit, ListensNowhereElse) {
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(::pipe(pipe_ends.data()), 0);
  const int file = memfd_create("test", MFD_CLOEXEC);
  EXPECT_EQ(nursery_.visit("A", limits_).watch("listen_elsewhere", {}, std::array{file}).end,
            ConfinedEnd::kForbiddenCall);
  for (const int one : {pipe_ends[0], pipe_ends[1], file}) close(one);
}

TEST_F(Visit, LeavesNoDescriptorBehind) {
  const int file = memfd_create("test", MFD_CLOEXEC);
  ConfinedVisit visit = nursery_.visit("A", limits_);
  EXPECT_EQ(text_of(*visit.run("list_open", {}, std::array{file, file})), "0 1 2 3 4 5 ");
  EXPECT_EQ(text_of(*visit.run("list_open", {}, {})), "0 1 2 3 ");
  close(file);
}

TEST_F(Visit, TakesAndGivesWhatIsLong) {
  const std::string large(10U << 20, 'x');
  EXPECT_EQ(ask("A", "echo", bytes_of(large)), large);
  EXPECT_EQ(ask("A", "echo", bytes_of("short")), "short");
}

TEST_F(Visit, FindsNothingOfWhatTheJobBeforeHasFreed) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer has an allocator of its own, which only hides what is freed";
#endif
  ConfinedVisit visit = nursery_.visit("A", limits_);
  ASSERT_EQ(text_of(*visit.run("handle_text", bytes_of(kMark), {})), "handled");
  EXPECT_EQ(text_of(*visit.run("look_for_text", changed_mark(), {})), "0");
}

TEST_F(Visit, EndsAChildThatHasGrownLarge) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer's allocator does not say how large it is";
#endif
  const std::string first = child_of("A");
  EXPECT_EQ(ask("A", "grow"), "");
  EXPECT_NE(child_of("A"), first);
}

TEST_F(Visit, ServesManyThreadsOfManyCompartments) {
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 6; ++thread) {
      threads.emplace_back([&, thread] {
        for (int job = 0; job < 50; ++job) {
          const std::string word = std::to_string(thread) + "/" + std::to_string(job);
          if (ask("agency " + std::to_string(job % 50), "echo", bytes_of(word)) == word) ++right;
        }
      });
    }
  }
  EXPECT_EQ(right, 300);
}

}  // namespace
}  // namespace yizhan
