#include "ground/confine/confine.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <thread>

namespace yizhan {
namespace {

using Descriptors = std::span<const int>;
using std::chrono::steady_clock;
using namespace std::literals;

std::string loaded_before_birth;  // NOLINT: what warm() leaves for the children

Bytes echo(ByteView input, Descriptors) { return copy_of(input); }

Bytes warmed(ByteView, Descriptors) { return copy_of(bytes_of(loaded_before_birth)); }
void warm() { loaded_before_birth = "warm"; }

Bytes read_descriptors(ByteView, Descriptors descriptors) {
  Bytes all;
  for (const int descriptor : descriptors) {
    Bytes some(100);
    const ssize_t got = read(descriptor, some.data(), some.size());
    append(all, ByteView(some).first(static_cast<std::size_t>(got)));
  }
  return all;
}

Bytes write_to_descriptor(ByteView, Descriptors descriptors) {
  const ssize_t written = write(descriptors[0], "changed", 7);
  return copy_of(bytes_of(written < 0 ? "refused" : "written"));
}

// Open descriptors, environment, limit on core dumps.
Bytes describe_itself(ByteView, Descriptors) {
  std::string found;
  for (int number = 0; number < 1000; ++number) {
    struct stat status {};
    if (fstat(number, &status) == 0) found += std::to_string(number) + " ";
  }
  for (char** variable = environ; *variable != nullptr; ++variable) found += *variable + " "s;
  rlimit core{};
  getrlimit(RLIMIT_CORE, &core);
  found += "core " + std::to_string(core.rlim_max);
  return copy_of(bytes_of(found));
}

Bytes open_file(ByteView, Descriptors) {
  return {static_cast<std::uint8_t>(open("/etc/passwd", O_RDONLY))};
}
Bytes create_file(ByteView, Descriptors) {
  return {static_cast<std::uint8_t>(open("/tmp/yizhan-escape", O_CREAT | O_WRONLY, 0600))};
}
Bytes open_socket(ByteView, Descriptors) {
  return {static_cast<std::uint8_t>(socket(AF_INET, SOCK_STREAM, 0))};
}
Bytes execute(ByteView, Descriptors) {
  return {static_cast<std::uint8_t>(execl("/bin/true", "true", nullptr))};
}
Bytes trace(ByteView, Descriptors) {
  return {static_cast<std::uint8_t>(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr))};
}
Bytes fork_again(ByteView, Descriptors) { return {static_cast<std::uint8_t>(fork())}; }
Bytes signal_parent(ByteView, Descriptors) {
  return {static_cast<std::uint8_t>(kill(getpid(), SIGUSR1))};
}
Bytes map_code(ByteView, Descriptors) {
  void* page =
      mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return {static_cast<std::uint8_t>(page == MAP_FAILED)};
}
Bytes stat_path(ByteView, Descriptors) {
  struct stat status {};
  const bool found = stat("/etc/passwd", &status) == 0;
  return copy_of(bytes_of(found ? "found" : errno == ENOENT ? "no such file" : "refused"));
}
Bytes raise_limit(ByteView, Descriptors) {
  const rlimit more{RLIM_INFINITY, RLIM_INFINITY};
  return {static_cast<std::uint8_t>(setrlimit(RLIMIT_AS, &more))};
}

Bytes eat_memory(ByteView, Descriptors) {
  std::vector<Bytes> all;
  while (true) all.emplace_back(16U << 20, std::uint8_t{1});
}
Bytes loop_forever(ByteView, Descriptors) {
  std::atomic<std::uint64_t> turns = 0;
  while (true) ++turns;
}
Bytes answer_much(ByteView, Descriptors) { return Bytes(2U << 20); }
Bytes follow_nothing(ByteView, Descriptors) { std::abort(); }
Bytes throw_up(ByteView, Descriptors) { throw std::runtime_error("not foreseen"); }

Nursery start_nursery() {
  return Nursery::start(
      {
          {"echo", echo},
          {"warmed", warmed, warm},
          {"read_descriptors", read_descriptors},
          {"write_to_descriptor", write_to_descriptor},
          {"describe_itself", describe_itself},
          {"open_file", open_file},
          {"create_file", create_file},
          {"open_socket", open_socket},
          {"execute", execute},
          {"trace", trace},
          {"fork_again", fork_again},
          {"signal_parent", signal_parent},
          {"map_code", map_code},
          {"stat_path", stat_path},
          {"raise_limit", raise_limit},
          {"eat_memory", eat_memory},
          {"loop_forever", loop_forever},
          {"answer_much", answer_much},
          {"follow_nothing", follow_nothing},
          {"throw_up", throw_up},
      },
      4);
}

class Confined : public ::testing::Test {
 protected:
  std::string text(std::string_view job, std::string_view input = "", Descriptors with = {}) {
    const Result<Bytes> answer = nursery_.run(job, bytes_of(input), with, {});
    return answer.ok() ? std::string(text_of(*answer)) : answer.refusal().detail;
  }
  ConfinedEnd end(std::string_view job, const ConfinedLimits& limits = {}) {
    return nursery_.watch(job, {}, {}, limits).end;
  }
  void expect_alive() { EXPECT_EQ(text("echo", "still here"), "still here"); }

  Nursery nursery_ = start_nursery();
};

int memory_file(std::string_view content) {
  const int file = memfd_create("test", MFD_CLOEXEC);
  EXPECT_EQ(write(file, content.data(), content.size()), static_cast<ssize_t>(content.size()));
  return file;
}

TEST_F(Confined, AnswersWithWhatTheJobSays) {
  EXPECT_EQ(text("echo", "hello"), "hello");
  EXPECT_EQ(text("echo", ""), "");
  EXPECT_EQ(text("warmed"), "warm");
}

TEST_F(Confined, TakesALargeInput) {
  const std::string large(10U << 20, 'x');
  EXPECT_EQ(text("echo", large), large);
}

TEST_F(Confined, ReadsItsDescriptorsFromTheBeginningAndLeavesOurPlaceAlone) {
  const std::array files{memory_file("one,"), memory_file("two")};
  EXPECT_EQ(text("read_descriptors", "", files), "one,two");
  EXPECT_EQ(lseek(files[0], 0, SEEK_CUR), 4);
  EXPECT_EQ(text("write_to_descriptor", "", files), "refused");
  for (const int file : files) close(file);
}

TEST_F(Confined, HoldsNothingOfOurs) {
  setenv("YIZHAN_SECRET", "pin", 1);
  const int secret = memory_file("secret");
  EXPECT_EQ(text("describe_itself"), "0 1 2 3 4 TZ=UTC0 core 0");
  close(secret);
}

TEST_F(Confined, DiesByTheKernelAtAnyForbiddenCallAndDiesAlone) {
  for (const std::string_view attack :
       {"open_file", "create_file", "open_socket", "execute", "trace", "fork_again",
        "signal_parent", "map_code", "raise_limit"}) {
    const ConfinedOutcome outcome = nursery_.watch(attack, {}, {}, {});
    EXPECT_EQ(outcome.end, ConfinedEnd::kForbiddenCall) << attack;
    EXPECT_EQ(outcome.signal, SIGSYS) << attack;
    expect_alive();
  }
  EXPECT_NE(access("/tmp/yizhan-escape", F_OK), 0);
}

TEST_F(Confined, FindsNoFileByItsName) { EXPECT_EQ(text("stat_path"), "no such file"); }

TEST_F(Confined, RefusesAsIncompleteSayingWhatHappened) {
  const Result<Bytes> answer = nursery_.run("open_file", {}, {}, {});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.reason(), Reason::kScanIncomplete);
  EXPECT_NE(answer.refusal().detail.find("禁止之動作"), std::string::npos);
}

TEST_F(Confined, EndsAMemoryBomb) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer's shadow memory rules out a limit on address space";
#endif
  const auto begun = steady_clock::now();
  EXPECT_EQ(end("eat_memory", {.memory_bytes = 128U << 20}), ConfinedEnd::kMemory);
  EXPECT_LT(steady_clock::now() - begun, std::chrono::seconds(5));
  expect_alive();
}

TEST_F(Confined, EndsAnEndlessLoopInTime) {
  const auto begun = steady_clock::now();
  EXPECT_EQ(end("loop_forever", {.deadline = Milliseconds(300)}), ConfinedEnd::kDeadline);
  EXPECT_GE(steady_clock::now() - begun, Milliseconds(300));
  EXPECT_LT(steady_clock::now() - begun, std::chrono::seconds(5));
  expect_alive();
}

TEST_F(Confined, RefusesALongAnswer) {
  EXPECT_EQ(end("answer_much", {.output_bytes_max = 1U << 20}), ConfinedEnd::kOutput);
  EXPECT_EQ(end("answer_much", {.output_bytes_max = 2U << 20}), ConfinedEnd::kAnswered);
}

TEST_F(Confined, TellsACrashFromAForbiddenCall) {
  EXPECT_EQ(end("follow_nothing"), ConfinedEnd::kCrashed);
  EXPECT_EQ(end("throw_up"), ConfinedEnd::kCrashed);
  expect_alive();
}

TEST_F(Confined, ServesManyThreadsWhileSomeOfTheirChildrenDie) {
  std::atomic<int> right = 0;
  const auto work = [&](int thread) {
    for (int job = 0; job < 25; ++job) {
      const std::string name = std::to_string(thread) + "/" + std::to_string(job);
      const bool dies = job % 5 == 4;
      if (dies && end("open_socket") == ConfinedEnd::kForbiddenCall) ++right;
      if (!dies && text("echo", name) == name) ++right;
    }
  };
  const auto begun = steady_clock::now();
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) threads.emplace_back(work, thread);
  }
  const auto spent = std::chrono::duration<double, std::milli>(steady_clock::now() - begun);
  EXPECT_EQ(right, 200);
  std::cout << "[ measured ] 200 jobs from 8 threads: " << spent.count() / 200 << " ms a job\n";
}

TEST_F(Confined, CostsLittle) {
  const auto begun = steady_clock::now();
  for (int job = 0; job < 100; ++job) ASSERT_EQ(text("echo", "x"), "x");
  const auto spent = std::chrono::duration<double, std::milli>(steady_clock::now() - begun);
  std::cout << "[ measured ] one after the other: " << spent.count() / 100 << " ms a job\n";
}

TEST(Nursery, GoesWithItsChildrenWhenItsProgramGoes) {
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);  // orphans come to us
  const auto begun = steady_clock::now();
  const pid_t program = fork();
  if (program == 0) {
    Nursery nursery = start_nursery();
    std::jthread waiting([&] { nursery.watch("loop_forever", {}, {}, {}); });
    std::this_thread::sleep_for(Milliseconds(200));
    _exit(0);
  }
  int ended = 0;
  while (waitpid(-1, nullptr, 0) > 0) ++ended;
  EXPECT_EQ(ended, 2);  // the program and its nursery, which had already buried its child
  EXPECT_LT(steady_clock::now() - begun, std::chrono::seconds(5));
}

TEST(HardenedProcess, CanGainNothingAndLeavesNoCore) {
  const pid_t pid = fork();
  if (pid == 0) {
    harden_process();
    rlimit core{};
    getrlimit(RLIMIT_CORE, &core);
    const bool hard = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
                      prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && core.rlim_max == 0;
    _exit(hard ? 0 : 1);
  }
  int status = -1;
  waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace yizhan
