#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "ground/base/base.h"

// What the fuzzers share. A fuzzer takes any bytes; what it finds ends the program.

namespace yizhan {

inline void require(bool holds) {
  if (!holds) std::abort();
}

// What is read can be written, and what is written reads as the same.
template <class Noun>
void require_round_trip(ByteView bytes) {
  const auto first = Noun::parse(bytes);
  if (!first) return;
  const Bytes written = first->json();
  const auto again = Noun::parse(written);
  require(again.ok() && again->json() == written);
}

}  // namespace yizhan
