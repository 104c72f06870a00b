#pragma once

#include <archive.h>
#include <locale.h>

#include <memory>

#include "ground/archive/format.h"
#include "ground/archive/source.h"

// libarchive, kept to one format at a time. Internal.

namespace yizhan {

// Names are converted to the locale's code; it must be able to hold them all. For this thread,
// and only while an archive is read.
class Utf8Locale {
 public:
  Utf8Locale();
  ~Utf8Locale();
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t before_;
};

inline constexpr std::size_t kArchiveBlockBytes = 65536;

// A Source as libarchive reads it.
struct Feed {
  const Source& source;
  std::uint64_t place = 0;
  Bytes block = Bytes(kArchiveBlockBytes);
};

using Reader = std::unique_ptr<archive, decltype(&archive_read_free)>;

inline Reader new_reader() { return Reader(archive_read_new(), &archive_read_free); }

// False when the bytes are not of that format. `packed`: inside a packing such as gzip.
bool open_reader(archive* reader, Feed& feed, ArchiveFormat format, bool packed);

}  // namespace yizhan
