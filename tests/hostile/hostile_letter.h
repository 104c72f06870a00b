#pragma once

#include "tests/hostile/stage.h"

namespace yizhan {

// A letter's DI, and what may stand in it that should not.

inline constexpr std::string_view kDoctype = "<!DOCTYPE 函 SYSTEM \"104_2_utf8.dtd\" [\n";

std::string letter();
// Into the internal subset of an else good letter.
std::string letter_declaring(const std::string& declarations);
std::string letter_saying(const std::string& markup);

struct Read {
  std::string codes;  // of the issues; "facts" when there are none; or why there is no answer
  std::optional<DocumentFacts> facts;
};

// What the confined reader says of a text, given as that part of a letter.
Read read_as(PartKind kind, const std::string& text);

}  // namespace yizhan
