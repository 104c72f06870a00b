#pragma once

#include "ground/archive/archive.h"
#include "ground/archive/source.h"

namespace yizhan {

Result<std::vector<ZipEntry>> read_zip_directory(const Source& source, const ArchiveLimits& limits);
bool ends_like_zip(const Source& source);

// Where the end record (PK 5 6) stands in `tail`, the last bytes of a file, if its comment reaches
// exactly to the end of the file.
std::optional<std::size_t> find_zip_end(ByteView tail);
inline constexpr std::size_t kZipTailMax = 22 + 65535;

}  // namespace yizhan
