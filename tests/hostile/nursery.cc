#include "tests/hostile/nursery.h"

#include <gtest/gtest.h>
#include <unistd.h>

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

ClamdServer& clamd() {
  if (!engine) engine = std::make_unique<ClamdServer>();
  return *engine;
}

}  // namespace yizhan
