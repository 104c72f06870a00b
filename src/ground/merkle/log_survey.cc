#include "ground/merkle/log_survey.h"

#include <algorithm>
#include <map>

#include "ground/merkle/log.h"
#include "ground/merkle/tail_reader.h"
#include "ground/merkle/tile.h"

namespace yizhan {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNoteMax = 65536;
constexpr std::size_t kTileMax = kTileWidth * (2 + Log::kEntryMax);
constexpr std::size_t kTailMax = 64U << 20;
constexpr int kTries = 20;

// What changes while the log is in use, read until it fits together.
struct Edge {
  Bytes head_bytes;
  std::string origin;
  TreeHead head;
  std::map<std::string, Bytes> partial_tiles;  // those that the head needs and that are there
  Bytes tail;
  std::optional<Bytes> checkpoint;
  std::optional<Bytes> cosigned;
};

// The partial tiles of a tree, entries among them.
std::vector<TileName> partial_names(std::uint64_t size) {
  std::vector<TileName> names;
  for (int level = kEntriesLevel; level <= kLevelMax; ++level) {
    const std::uint64_t count = count_at(level, size);
    if (count % kTileWidth > 0) names.push_back({level, count / kTileWidth, count % kTileWidth});
  }
  return names;
}

Result<Edge> read_edge(const Folder& folder) {
  for (int i = 0;; ++i) {
    Edge edge;
    edge.checkpoint = folder.find_file("checkpoint", kNoteMax);
    edge.cosigned = folder.find_file("cosigned", kNoteMax);
    const auto head = folder.find_file("head", kNoteMax);
    if (!head) return Refusal{Reason::kNotFound, "缺少 head 檔，此處不是日誌"};
    edge.head_bytes = *head;
    const auto parsed = Checkpoint::parse(text_of(*head));
    if (!parsed) return Refusal{Reason::kMalformed, "head 檔不合格式，遭變更"};
    edge.origin = parsed->origin;
    edge.head = parsed->head;
    for (const TileName& name : partial_names(edge.head.size)) {
      auto bytes = folder.find_file(name.path(), kTileMax);
      if (bytes) edge.partial_tiles.emplace(name.path(), std::move(*bytes));
    }
    edge.tail = folder.find_file("tail", kTailMax).value_or(Bytes());
    if (i == kTries || folder.find_file("head", kNoteMax) == *head) return edge;
  }
}

bool are_leaves(ByteView bundle, std::span<const Sha256> leaves) {
  const auto entries = split_bundle(bundle);
  return entries && std::ranges::equal(*entries, leaves, {}, leaf_hash);
}

class Surveying {
 public:
  Surveying(const fs::path& directory, const EntryVisit& visit, Edge edge)
      : folder_(directory), visit_(visit), edge_(std::move(edge)) {}

  LogSurvey run() {
    survey_.origin = edge_.origin;
    survey_.checkpoint = read_note("checkpoint", edge_.checkpoint);
    survey_.cosigned = read_note("cosigned", edge_.cosigned);
    const std::uint64_t size = edge_.head.size;
    for (std::uint64_t first = 0; first < size; first += kTileWidth) {
      read_entries({kEntriesLevel, first / kTileWidth, std::min(kTileWidth, size - first)});
    }
    if (survey_.root_at(size) != edge_.head.root) believe_partial_tile();
    check_upper_levels();
    check_head();
    read_tail();
    check_strays();
    return std::move(survey_);
  }

 private:
  void find(const std::string& where, const std::string& what) {
    survey_.findings.push_back({where, what});
  }

  std::optional<Bytes> tile(const TileName& name) const {
    if (name.width == kTileWidth) return folder_.find_file(name.path(), kTileMax);
    const auto found = edge_.partial_tiles.find(name.path());
    return found == edge_.partial_tiles.end() ? std::nullopt : std::optional(found->second);
  }

  // The hashes of a tile; none when it is not there or no such tile.
  MerklePath hashes_of(const TileName& name) {
    const auto bytes = tile(name);
    auto hashes = bytes ? split_hashes(*bytes) : std::nullopt;
    if (hashes && hashes->size() == name.width) return std::move(*hashes);
    find(name.path(), bytes ? "長度不對，遭變更" : "不存在");
    return {};
  }

  std::optional<SignedNote> read_note(const char* file, const std::optional<Bytes>& bytes) {
    if (!bytes) return std::nullopt;
    auto note = SignedNote::parse(*bytes);
    if (note) return std::move(*note);
    find(file, "不合格式，遭變更");
    return std::nullopt;
  }

  // One bundle with the tile of its hashes.
  void read_entries(const TileName& name) {
    const MerklePath kept = hashes_of({0, name.index, name.width});
    const auto bundle = tile(name);
    const auto entries = bundle ? split_bundle(*bundle) : std::nullopt;
    if (!entries || entries->size() != name.width) {
      find(name.path(), bundle ? "各筆之長度不對，遭變更" : "不存在");
      // Something must stand there, or every later entry would move.
      survey_.leaves.insert(survey_.leaves.end(), kept.begin(), kept.end());
      survey_.leaves.resize(name.index * kTileWidth + name.width);
      return;
    }
    MerklePath own;
    for (const ByteView entry : *entries) own.push_back(leaf_hash(entry));
    const bool by_tile = !kept.empty() && own != kept && is_above(kept, name.index);
    for (std::size_t i = 0; i < own.size() && !kept.empty(); ++i) {
      if (own[i] != kept[i]) differing(name, i, by_tile);
    }
    partial_kept_ = kept;
    for (std::size_t i = 0; i < own.size(); ++i) {
      visit_(survey_.leaves.size(), (*entries)[i]);
      survey_.leaves.push_back(by_tile ? kept[i] : own[i]);
    }
  }

  void differing(const TileName& name, std::size_t at, bool by_tile) {
    const std::string number = std::to_string(name.index * kTileWidth + at);
    const std::string hashes = TileName{0, name.index, name.width}.path();
    if (by_tile) return find(name.path(), "第 " + number + " 筆與其雜湊不符：該筆遭變更");
    find(hashes, "第 " + number + " 筆之雜湊與該筆（" + name.path() + "）不符：雜湊遭變更");
  }

  // Whether the tile above has the root of these hashes.
  bool is_above(const MerklePath& hashes, std::uint64_t index) const {
    const std::uint64_t count = count_at(1, edge_.head.size);
    if (index >= count) return false;
    const std::uint64_t first = index / kTileWidth * kTileWidth;
    const auto bytes = tile({1, index / kTileWidth, std::min(kTileWidth, count - first)});
    const auto above = bytes ? split_hashes(*bytes) : std::nullopt;
    return above && index % kTileWidth < above->size() &&
           (*above)[index % kTileWidth] == merkle_root(hashes);
  }

  // Nothing stands above the last tile but the head: with it go the entries, or their hashes.
  void believe_partial_tile() {
    const std::uint64_t width = edge_.head.size % kTileWidth;
    if (width == 0 || partial_kept_.size() != width) return;
    const auto begin = survey_.leaves.end() - static_cast<std::ptrdiff_t>(width);
    const MerklePath own(begin, survey_.leaves.end());
    if (own == partial_kept_) return;
    std::ranges::copy(partial_kept_, begin);
    if (survey_.root_at(edge_.head.size) != edge_.head.root) {
      std::ranges::copy(own, begin);
      return;
    }
    const TileName name{kEntriesLevel, edge_.head.size / kTileWidth, width};
    std::erase_if(survey_.findings, [&](const LogFinding& item) {
      return item.where == TileName{0, name.index, width}.path();
    });
    for (std::size_t i = 0; i < width; ++i) {
      if (own[i] != partial_kept_[i]) differing(name, i, true);
    }
  }

  // Every tile above against the roots of those below.
  void check_upper_levels() {
    MerklePath below = survey_.leaves;
    for (int level = 1; level <= kLevelMax && below.size() >= kTileWidth; ++level) {
      MerklePath own;
      for (std::size_t at = 0; at + kTileWidth <= below.size(); at += kTileWidth) {
        own.push_back(merkle_root(std::span(below).subspan(at, kTileWidth)));
      }
      for (std::uint64_t first = 0; first < own.size(); first += kTileWidth) {
        const std::uint64_t width = std::min<std::uint64_t>(kTileWidth, own.size() - first);
        check_tile({level, first / kTileWidth, width}, std::span(own).subspan(first, width));
      }
      below = std::move(own);
    }
  }

  void check_tile(const TileName& name, std::span<const Sha256> own) {
    const MerklePath kept = hashes_of(name);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      if (kept[i] == own[i]) continue;
      const std::uint64_t below = name.index * kTileWidth + i;
      find(name.path(), "第 " + std::to_string(i) + " 個雜湊與 " +
                            TileName{name.level - 1, below, kTileWidth}.path() +
                            " 不符：兩者之一遭變更");
    }
  }

  void check_head() {
    if (survey_.root_at(edge_.head.size) == edge_.head.root) return;
    find("head", "所載根雜湊與各筆不符：head 或證據遭變更");
  }

  void read_tail() {
    TailReading tail = read_tail_records(edge_.tail, edge_.head.size);
    for (const ByteView entry : tail.entries) {
      visit_(survey_.leaves.size(), entry);
      survey_.leaves.push_back(leaf_hash(entry));
    }
    if (!tail.damaged_at) return;
    find("tail", "第 " + std::to_string(*tail.damaged_at) + " 位元組之紀錄遭變更，其後尚有紀錄");
  }

  // Tiles beyond the head are there to be read, and narrower ones may have been left.
  void check_strays() {
    const fs::path root = folder_.path() / "tile";
    if (!fs::exists(root)) return;
    for (const auto& item : fs::recursive_directory_iterator(root)) {
      if (item.is_directory() && !item.is_symlink()) continue;
      const std::string path = item.path().lexically_relative(folder_.path()).string();
      if (item.path().filename().string().starts_with('.')) continue;  // of a write cut short
      const auto name = TileName::parse(path);
      if (!name || !item.is_regular_file() || item.is_symlink()) {
        find(path, "不屬於本日誌");
      } else if (!is_checked(*name)) {
        check_stray(*name);
      }
    }
  }

  [[nodiscard]] bool is_checked(const TileName& name) const {
    const std::uint64_t count = count_at(name.level, edge_.head.size);
    if (name.width < kTileWidth) return edge_.partial_tiles.contains(name.path());
    return name.index < count / kTileWidth;
  }

  void check_stray(const TileName& name) {
    const auto bytes = folder_.find_file(name.path(), kTileMax);
    if (!bytes) return;  // the log is in use
    const std::uint64_t end = name.index * kTileWidth + name.width;
    if (end > count_at(name.level, survey_.size())) {
      if (stands_still()) find(name.path(), "超出日誌之長度，不屬於本日誌");
      return;
    }
    const auto slice = std::span(survey_.leaves);
    const bool fits =
        name.level <= 0
            ? fits_leaves(name, *bytes, slice.subspan(name.index * kTileWidth, name.width))
            : *bytes == join_hashes(upper_hashes(name));
    if (!fits) find(name.path(), "與日誌不符：遭變更（若因斷電所致，重新啟動即重寫）");
  }

  static bool fits_leaves(const TileName& name, const Bytes& bytes,
                          std::span<const Sha256> leaves) {
    return name.level == kEntriesLevel ? are_leaves(bytes, leaves) : bytes == join_hashes(leaves);
  }

  [[nodiscard]] MerklePath upper_hashes(const TileName& name) const {
    const std::uint64_t covered = std::uint64_t{1} << (kTileHeight * name.level);
    MerklePath hashes;
    for (std::uint64_t i = 0; i < name.width; ++i) {
      const std::uint64_t begin = (name.index * kTileWidth + i) * covered;
      hashes.push_back(merkle_root(std::span(survey_.leaves).subspan(begin, covered)));
    }
    return hashes;
  }

  [[nodiscard]] bool stands_still() const {
    return folder_.find_file("head", kNoteMax) == edge_.head_bytes &&
           folder_.find_file("tail", kTailMax).value_or(Bytes()) == edge_.tail;
  }

  Folder folder_;
  const EntryVisit& visit_;
  Edge edge_;
  LogSurvey survey_;
  MerklePath partial_kept_;  // the stored hashes of the tile read last
};

}  // namespace

Sha256 LogSurvey::root_at(std::uint64_t size_then) const {
  YZ_ASSERT(size_then <= size());
  return merkle_root(std::span(leaves).first(size_then));
}

Result<std::string> log_origin(const fs::path& directory) {
  return YZ_TRY(read_edge(Folder(directory))).origin;
}

Result<LogSurvey> survey_log(const fs::path& directory, const EntryVisit& visit) {
  Edge edge = YZ_TRY(read_edge(Folder(directory)));
  return Surveying(directory, visit, std::move(edge)).run();
}

std::optional<LogFinding> check_kept(const LogSurvey& survey, const SignedNote& note,
                                     const NoteKey& log_key, const std::string& where) {
  const auto shown = verify_checkpoint(note.bytes(), log_key);
  if (!shown) return LogFinding{where, "檢查點不是本日誌之金鑰所簽：遭改簽或變更"};
  const std::string size = std::to_string(shown->head.size);
  if (shown->head.size > survey.size()) {
    return LogFinding{where, "檢查點載 " + size + " 筆，日誌僅 " + std::to_string(survey.size()) +
                                 " 筆：日誌遭截短或還原自舊備份"};
  }
  if (survey.root_at(shown->head.size) == shown->head.root) return std::nullopt;
  return LogFinding{where, "檢查點所載前 " + size +
                               " 筆之根雜湊與日誌不符：日誌經重寫，或檢查點經改簽（分叉）"};
}

}  // namespace yizhan
