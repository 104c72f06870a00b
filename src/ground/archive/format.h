#pragma once

#include "ground/base/base.h"

namespace yizhan {

// What a file is by its first bytes, as far as archives go. Internal.
enum class ArchiveFormat {
  kNone,
  kZip,
  kTar,
  kSevenZip,
  kRar,
  kCabinet,
  kPacked,      // one stream: gzip, bzip2, xz, zstd, lz4, lzip, compress; a tar may be inside
  kUnreadable,  // a container that we do not open: disk images, cpio, ar, lha, arj, ace, xar, wim
};

// Enough of a file's beginning for every signature (ISO 9660 stands last, at 32 KiB).
inline constexpr std::size_t kFormatHeadBytes = 0x8001 + 5;

ArchiveFormat format_of(ByteView head);

}  // namespace yizhan
