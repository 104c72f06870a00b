#include "fuzz/fuzzing.h"
#include "ground/merkle/merkle.h"

// What a log and its witness say to each other: the request, and both kinds of answer.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yizhan;
  const ByteView bytes(data, size);
  if (const auto request = AddCheckpoint::parse(bytes)) {
    require(request->body() == copy_of(bytes));
    const auto shown = Checkpoint::parse(request->checkpoint.text());
    if (shown) {
      static_cast<void>(
          verify_consistency({request->old_size, Sha256{}}, shown->head, request->proof));
    }
  }
  const auto key = NoteKey::parse_text(text_of(bytes));
  if (key && key->type() == NoteKeyType::kWitness) {
    const auto note = SignedNote::parse(bytes_of("CENTRE-1\n\n\u2014 CENTRE-1 AAAAAAAA\n"));
    require(note.ok());
    require(!parse_cosignature(*note, text_of(bytes), {*key}).ok());
  }
  if (const auto there = parse_witness_size(text_of(bytes))) {
    require(text_of(bytes).starts_with(std::to_string(*there)));
  }
  return 0;
}
