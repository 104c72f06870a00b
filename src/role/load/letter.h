#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "model/package/package.h"
#include "role/load/plan.h"

namespace yizhan {

// Who stands in a letter: code and name as the directory has them.
struct Correspondent {
  OrgCode code;
  std::string name;
};

struct LetterOrder {
  std::int64_t number;
  std::uint64_t bytes;  // of all parts together, at least about 4 KB
  Correspondent sender;
  std::vector<Correspondent> recipients;
  Time now;
};

// A letter (函) with one attachment, and with a roster (SW) when several receive it.
struct ComposedLetter {
  Manifest manifest;
  std::vector<FileHandle> parts;
};

// No two are alike, so that nobody on the way saves work by remembering: every 4 KB of the
// attachment names the letter.
ComposedLetter compose_letter(const LetterOrder& order);

// The parts of so many such letters as files of `folder`, NUMBER-PART: for those who measure what
// their bytes cost elsewhere. Throws FileError.
void write_letters(const std::filesystem::path& folder, std::int64_t count, std::uint64_t bytes);

}  // namespace yizhan
