#include "fuzz/fuzzing.h"
#include "ground/merkle/merkle.h"
#include "model/evidence/evidence.h"

// Signed notes, checkpoints, and the proofs that stand in the log.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ByteView bytes(data, size);
  require_round_trip<LogProof>(bytes);
  if (const auto checkpoint = Checkpoint::parse(text_of(bytes))) {
    require(checkpoint->text() == text_of(bytes));
  }
  if (const auto note = SignedNote::parse(bytes)) require(note->bytes() == copy_of(bytes));
  return 0;
}
