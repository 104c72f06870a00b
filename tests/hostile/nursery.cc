#include "tests/hostile/nursery.h"

#include <gtest/gtest.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace yizhan {

namespace {

std::unique_ptr<Nursery> born;
std::unique_ptr<ClamdServer> engine;

// A nursery must be forked off a program without threads: before the first test.
class SharedEnvironment final : public ::testing::Environment {
 public:
  void SetUp() override {
    // Thousands of small transactions: how durable they are is for tests/campaign to prove.
    if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 1);
    born = std::make_unique<Nursery>(Nursery::start(inspection_jobs(), 4));
  }
  void TearDown() override {
    engine.reset();
    born.reset();
  }
};
const auto* const kEnvironment =
    ::testing::AddGlobalTestEnvironment(new SharedEnvironment);  // owned by gtest

}  // namespace

Nursery& nursery() { return *born; }

// By a work that waits for nothing: what the clock says of it, and what the processor.
double slowness_of_the_machine() {
  constexpr std::chrono::milliseconds kWork{200};
  const auto processor = [] {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
  };
  const auto begun = std::chrono::steady_clock::now();
  const auto begun_working = processor();
  const Bytes block(64 * 1024);
  while (processor() - begun_working < kWork) (void)sha256(block);
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun,
                                      worked = processor() - begun_working;
  return std::max(1.0, passed / worked);
}

ClamdServer& clamd() {
  if (!engine) engine = std::make_unique<ClamdServer>();
  return *engine;
}

}  // namespace yizhan
