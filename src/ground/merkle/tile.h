#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ground/merkle/tree.h"

// Names and contents of the files of a C2SP tlog-tiles log.

namespace yizhan {

inline constexpr std::uint64_t kTileWidth = 256;
inline constexpr int kTileHeight = 8;     // kTileWidth is 2 to this power
inline constexpr int kLevelMax = 7;       // a tree of 2^64 leaves has no more
inline constexpr int kEntriesLevel = -1;  // an entry bundle, beside level 0

struct TileName {
  int level;            // kEntriesLevel, or 0 to kLevelMax
  std::uint64_t index;  // along its level
  std::uint64_t width;  // 1 to kTileWidth; below that the tile is partial

  static std::optional<TileName> parse(std::string_view path);  // only as path() writes it
  [[nodiscard]] std::string path() const;                       // "tile/0/x001/234.p/7"
  [[nodiscard]] std::string partials_folder() const;            // "tile/0/x001/234.p"
};

// How many hashes a level has (or entries the log) in a tree of `size` leaves.
std::uint64_t count_at(int level, std::uint64_t size);

Bytes join_hashes(std::span<const Sha256> hashes);
std::optional<MerklePath> split_hashes(ByteView tile);

void append_entry(Bytes& bundle, ByteView entry);  // at most 65535 bytes
// The entries in order; nullopt when the lengths do not come out even.
std::optional<std::vector<ByteView>> split_bundle(ByteView bundle);

}  // namespace yizhan
