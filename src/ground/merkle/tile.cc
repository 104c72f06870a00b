#include "ground/merkle/tile.h"

#include <charconv>

namespace yizhan {

namespace {

constexpr std::size_t kHashSize = sizeof(Sha256::octets);
constexpr std::size_t kDigits = 3;  // of each path element

std::string path_of_index(std::uint64_t index) {
  const std::string last = std::to_string(1000 + index % 1000).substr(1);
  std::string path = last;
  for (index /= 1000; index > 0; index /= 1000) {
    path = "x" + std::to_string(1000 + index % 1000).substr(1) + "/" + path;
  }
  return path;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Reads generously; TileName::parse holds the result against the one right form.
std::optional<std::uint64_t> parse_index(std::string_view elements) {
  constexpr std::size_t kLongest = 6 * (kDigits + 2);
  if (elements.size() > kLongest) return std::nullopt;
  std::string digits;
  for (const char c : elements) {
    if (c != 'x' && c != '/') digits += c;
  }
  return parse_number(digits);
}

}  // namespace

std::optional<TileName> TileName::parse(std::string_view path) {
  constexpr std::string_view kPrefix = "tile/";
  if (!path.starts_with(kPrefix)) return std::nullopt;
  std::string_view rest = path.substr(kPrefix.size());
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto level_text = rest.substr(0, slash);
  rest.remove_prefix(slash + 1);
  const auto level = level_text == "entries" ? std::nullopt : parse_number(level_text);
  const auto dot = rest.find(".p/");
  const auto index = parse_index(rest.substr(0, dot));
  const auto width = dot == std::string_view::npos ? std::optional(kTileWidth)
                                                   : parse_number(rest.substr(dot + 3));
  if (!index || !width || *width == 0 || *width > kTileWidth) return std::nullopt;
  if (level && *level > std::uint64_t{kLevelMax}) return std::nullopt;
  const TileName name{level ? static_cast<int>(*level) : kEntriesLevel, *index, *width};
  return name.path() == path ? std::optional(name) : std::nullopt;
}

std::string TileName::path() const {
  const std::string level_text = level == kEntriesLevel ? "entries" : std::to_string(level);
  const std::string whole = "tile/" + level_text + "/" + path_of_index(index);
  return width == kTileWidth ? whole : whole + ".p/" + std::to_string(width);
}

std::string TileName::partials_folder() const {
  return TileName{level, index, kTileWidth}.path() + ".p";
}

std::uint64_t count_at(int level, std::uint64_t size) {
  return level <= 0 ? size : size >> (kTileHeight * level);
}

Bytes join_hashes(std::span<const Sha256> hashes) {
  Bytes tile;
  tile.reserve(hashes.size() * kHashSize);
  for (const Sha256& hash : hashes) append(tile, hash.view());
  return tile;
}

std::optional<MerklePath> split_hashes(ByteView tile) {
  if (tile.size() % kHashSize != 0) return std::nullopt;
  MerklePath hashes;
  for (; !tile.empty(); tile = tile.subspan(kHashSize)) {
    hashes.push_back(*Sha256::from_bytes(tile.first(kHashSize)));
  }
  return hashes;
}

void append_entry(Bytes& bundle, ByteView entry) {
  YZ_ASSERT(entry.size() <= 0xFFFF);
  bundle.push_back(static_cast<std::uint8_t>(entry.size() >> 8));
  bundle.push_back(static_cast<std::uint8_t>(entry.size() & 0xFF));
  append(bundle, entry);
}

std::optional<std::vector<ByteView>> split_bundle(ByteView bundle) {
  std::vector<ByteView> entries;
  while (!bundle.empty()) {
    if (bundle.size() < 2) return std::nullopt;
    const std::size_t length = std::size_t{bundle[0]} << 8 | bundle[1];
    if (bundle.size() < 2 + length) return std::nullopt;
    entries.push_back(bundle.subspan(2, length));
    bundle = bundle.subspan(2 + length);
  }
  return entries;
}

}  // namespace yizhan
