#include "tests/siege/engine_siege.h"

// V04: an engine whose pattern files were emptied or exchanged.

namespace yizhan {
namespace {

class V04EmptiedSignatures : public EngineSiege {};

// The pattern files are swapped for some that know nothing of what they should; the engine is the
// same otherwise.
TEST_F(V04EmptiedSignatures, LetNothingPass) {
  const auto file = scene_.lab().root() / "clamd/signatures/yizhan.ndb";
  const Bytes signatures = read_file(file, 1U << 20);
  expect_received(send());
  scene_.world().kill("clamd", SIGKILL);
  write_durably(file, bytes_of("Nothing:0:*:00112233445566778899aabbccddeeff\n"), 0644);
  bring_engine_back();
  const std::string infected = send(own_test_pattern());
  expect_nothing_passes({infected});
  scene_.world().kill("clamd", SIGKILL);
  write_durably(file, signatures, 0644);
  bring_engine_back();
  expect_infected(infected);
}

}  // namespace
}  // namespace yizhan
