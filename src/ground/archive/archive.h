#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ground/base/base.h"

// What is inside an archive, counted by really unpacking it, within limits. Nothing is ever
// written anywhere. Meant for a confined child: libarchive parses hostile bytes here.

namespace yizhan {

// One budget for an archive and everything nested in it.
struct ArchiveLimits {
  std::uint64_t members_max = 10'000;
  int depth_max = 8;
  std::uint64_t ratio_max = 100;  // unpacked to packed, once unpacked passes kRatioFloor
  std::uint64_t unpacked_bytes_max = 4ULL << 30;
  std::uint64_t member_bytes_max = 2ULL << 30;
  std::uint64_t nested_bytes_max = 128ULL << 20;  // archives inside archives, held in memory
  Milliseconds time_max{15'000};

  static constexpr std::uint64_t kRatioFloor = 4ULL << 20;
};

struct ArchiveInventory {
  std::uint64_t members = 0;  // at every depth, folders included
  std::uint64_t bytes = 0;    // unpacked, at every depth
  int depth = 0;              // 0: not an archive

  bool operator==(const ArchiveInventory&) const = default;
};

// Walks zip (so ODF and OOXML), tar, 7z, rar, cab and the packers gzip, bzip2, xz, zstd, lz4,
// lzip and compress, and what is nested in them. `descriptor` is a regular file; its position
// does not matter and stays. A file that is no archive is an empty inventory.
//   kArchiveLimits     a limit, by what is declared before unpacking, or by what is found
//   kArchiveEncrypted  a member or the list of members is encrypted
//   kMalformed         damaged, or ambiguous: overlapping or hidden ranges, duplicate names, data
//                      before or after, directory and member in disagreement
//   kContentRefused    a name that points outside or deceives, a link or device, or a kind of
//                      archive or packing that is not read here
Result<ArchiveInventory> take_inventory(int descriptor, const ArchiveLimits& limits = {});

// One entry of a zip's central directory.
struct ZipEntry {
  std::string name;  // as it stands: UTF-8 or the maker's code page
  std::uint64_t offset = 0;
  std::uint64_t data_offset = 0;
  std::uint64_t packed = 0;
  std::uint64_t unpacked = 0;
  std::uint16_t method = 0;
};

// The entries of a zip, in the order of their place in the file, after every check above that
// needs no unpacking.
Result<std::vector<ZipEntry>> read_zip_directory(int descriptor, const ArchiveLimits& limits = {});

// Does the file end as a zip does? Then some programs will read it as a zip, whatever it
// starts with.
bool ends_like_zip(int descriptor);

// Loads what libarchive loads lazily; for ConfinedJob::warm.
void warm_archive();

}  // namespace yizhan
