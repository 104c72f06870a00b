#include "ground/merkle/log.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <set>
#include <utility>

#include "ground/merkle/tile.h"

namespace yizhan {

namespace {

constexpr const char* kHeadFile = "head";
constexpr const char* kCheckpointFile = "checkpoint";
constexpr const char* kCosignedFile = "cosigned";
constexpr std::size_t kNoteMax = 65536;
constexpr std::size_t kTileMax = kTileWidth * (2 + Log::kEntryMax);  // the largest bundle

[[noreturn]] void broken(const std::string& what) {
  throw LogBroken("證據日誌損毀：" + what +
                  "。請停止寫入、保全現場，以備份及見證者所存之檢查點比對。");
}

Folder made(const std::filesystem::path& directory) {
  make_directory(directory);
  return Folder(directory);
}

// Tree over the partial tiles of all levels: what is left over below hangs last at each level.
Sha256 root_of_edge(const std::vector<MerklePath>& edge) {
  MerklePath rest;
  for (const MerklePath& level : edge) {
    MerklePath hashes = level;
    hashes.insert(hashes.end(), rest.begin(), rest.end());
    if (!hashes.empty()) rest = {merkle_root(hashes)};
  }
  return merkle_root(rest);
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

// What one append is going to make true.
struct Log::Batch {
  std::vector<MerklePath> edge;
  Bytes bundle;
  std::uint64_t size;
  std::vector<TileFile> files = {};  // the tiles that it fills

  void add(ByteView entry) {
    append_entry(bundle, entry);
    ++size;
    if (size % kTileWidth == 0) {
      files.push_back({TileName{kEntriesLevel, size / kTileWidth - 1, kTileWidth},
                       std::exchange(bundle, {})});
    }
    add_hash(leaf_hash(entry));
  }

  void add_hash(Sha256 hash) {
    for (int level = 0;; ++level) {
      const auto at = static_cast<std::size_t>(level);
      if (edge.size() <= at) edge.resize(at + 1);
      edge[at].push_back(hash);
      if (edge[at].size() < kTileWidth) return;
      hash = merkle_root(edge[at]);
      files.push_back({TileName{level, count_at(level + 1, size) - 1, kTileWidth},
                       join_hashes(std::exchange(edge[at], {}))});
    }
  }
};

Log::Log(const std::filesystem::path& directory, std::string origin)
    : directory_(made(directory)), origin_(std::move(origin)), tail_(directory_) {
  recover();
  check_against(find_checkpoint());
  check_against(find_cosigned());
  if (!unsettled_.empty() || size() != settled_size_) settle();
}

// What `head` names, then what was appended since.
void Log::recover() {
  recover_settled();
  settled_size_ = size();
  const auto records = tail_.read_from(size());
  if (!records) broken("tail");
  for (const LogTail::Record& record : *records) {
    Batch batch{edge_, open_bundle_, size()};
    const std::vector<ByteView> entries = split_bundle(record.bundle).value();
    for (const ByteView entry : entries) batch.add(entry);
    adopt(std::move(batch));
  }
}

void Log::recover_settled() {
  const auto bytes = directory_.find_file(kHeadFile, kNoteMax);
  if (!bytes) {
    // A new log says so before its first tile, so that tiles without a head are never new.
    if (directory_.find("tile")) broken("缺少 head 檔");
    head_ = {0, merkle_root({})};
    return directory_.write_durably(kHeadFile, bytes_of(Checkpoint{origin_, head_}.text()));
  }
  const auto saved = Checkpoint::parse(text_of(*bytes));
  if (!saved.ok() || saved->origin != origin_) broken("head 檔不屬於本日誌");
  head_ = saved->head;
  for (int level = 0; level <= kLevelMax && count_at(level, size()) > 0; ++level) {
    const std::uint64_t count = count_at(level, size());
    const TileName name{level, count / kTileWidth, count % kTileWidth};
    if (name.width == 0) {
      edge_.emplace_back();
      continue;
    }
    const auto hashes = split_hashes(directory_.find_file(name.path(), kTileMax).value_or(Bytes()));
    if (!hashes || hashes->size() != name.width) broken(name.path());
    edge_.push_back(*hashes);
  }
  if (root_of_edge(edge_) != root()) broken("雜湊與 head 檔所載根雜湊不符");
  const TileName name{kEntriesLevel, size() / kTileWidth, size() % kTileWidth};
  if (name.width == 0) return;
  open_bundle_ = directory_.find_file(name.path(), kTileMax).value_or(Bytes());
  const auto entries = split_bundle(open_bundle_);
  if (!entries || !std::ranges::equal(*entries, edge_[0], {}, leaf_hash)) broken(name.path());
}

void Log::check_against(const std::optional<SignedNote>& note) const {
  if (!note) return;
  const auto published = Checkpoint::parse(note->text());
  if (!published.ok() || published->origin != origin_) broken("checkpoint 檔不屬於本日誌");
  if (published->head.size > size()) broken("日誌較其已發布之檢查點為舊（可能還原自舊備份）");
  if (root_at(published->head.size) != published->head.root) broken("與已發布之檢查點不符");
}

std::uint64_t Log::append(std::span<const Bytes> entries) {
  const std::uint64_t first = size();
  if (entries.empty()) return first;
  if (append_failed_) throw FileError(EIO, "append after a failed append", directory_.path());
  append_failed_ = true;  // unless we come to the end of this
  Batch batch{edge_, open_bundle_, first};
  LogTail::Record record{first, {}};
  for (const Bytes& entry : entries) {
    batch.add(entry);
    append_entry(record.bundle, entry);
  }
  if (!tail_.fits(record.bundle.size())) settle();
  const bool in_tail = tail_.fits(record.bundle.size());
  if (in_tail) tail_.append(record);
  adopt(std::move(batch));
  if (!in_tail) settle();
  append_failed_ = false;
  return first;
}

// The tiles that are full now can be read from here on, and are durable when settled.
void Log::adopt(Batch batch) {
  for (const TileFile& file : batch.files) {
    put(file);
    unsettled_.push_back(file.name);
  }
  edge_ = std::move(batch.edge);
  open_bundle_ = std::move(batch.bundle);
  head_ = {batch.size, root_of_edge(edge_)};
}

std::vector<Log::TileFile> Log::partial_tiles() const {
  std::vector<TileFile> files;
  if (!open_bundle_.empty()) {
    files.push_back({{kEntriesLevel, size() / kTileWidth, size() % kTileWidth}, open_bundle_});
  }
  for (std::size_t level = 0; level < edge_.size(); ++level) {
    const MerklePath& hashes = edge_[level];
    if (hashes.empty()) continue;
    const int above = static_cast<int>(level) + 1;
    files.push_back({{above - 1, count_at(above, size()), hashes.size()}, join_hashes(hashes)});
  }
  return files;
}

void Log::settle() {
  for (const TileFile& file : partial_tiles()) {
    put(file);
    unsettled_.push_back(file.name);
  }
  std::set<std::string> folders;
  for (const TileName& name : unsettled_) {
    directory_.sync_file(name.path());
    folders.insert(folder_of(name.path()));
  }
  for (const std::string& folder : folders) directory_.sync(folder);
  directory_.write_durably(kHeadFile, bytes_of(Checkpoint{origin_, head_}.text()));
  settled_size_ = size();
  tail_.rewind();
  remove_superseded(unsettled_);
  unsettled_.clear();
  shown_.clear();
}

// So that whoever reads a checkpoint finds the tiles it speaks of.
void Log::show() {
  if (size() == settled_size_) return;
  std::vector<std::string> showing;
  for (const TileFile& file : partial_tiles()) {
    if (is_settled(file.name)) continue;
    put(file);
    showing.push_back(file.name.path());
  }
  for (const std::string& path : std::exchange(shown_, showing)) {
    if (std::ranges::find(shown_, path) == shown_.end()) directory_.remove(path);
  }
}

// The partial tile that `head` needs: higher levels seldom change.
bool Log::is_settled(const TileName& name) const {
  const std::uint64_t count = count_at(std::max(name.level, 0), settled_size_);
  return name.index == count / kTileWidth && name.width == count % kTileWidth;
}

void Log::put(const TileFile& file) const {
  const std::string path = file.name.path();
  if (!directory_.find(folder_of(path))) directory_.make_folders(folder_of(path));
  directory_.put_file(path, file.content);
}

void Log::remove_superseded(std::span<const TileName> names) const {
  try {
    for (const TileName& name : names) {
      const std::string folder = name.partials_folder();
      for (const std::string& width : directory_.list_files(folder)) {
        if (width != std::to_string(name.width)) directory_.remove(folder + "/" + width);
      }
      if (name.width == kTileWidth) directory_.remove_directory(folder);
    }
  } catch (const FileError&) {
    // All is durable, and that is what settle() answers. What stays is never read.
    return;
  }
}

Bytes Log::tile(int level, std::uint64_t index) const {
  const bool open = index == count_at(level, size()) / kTileWidth;
  if (open && level == kEntriesLevel) return open_bundle_;
  if (open) return join_hashes(edge_[static_cast<std::size_t>(level)]);
  const TileName name{level, index, kTileWidth};
  auto bytes = directory_.find_file(name.path(), kTileMax);
  if (!bytes) broken("缺少 " + name.path());
  return std::move(*bytes);
}

MerklePath Log::hashes(int level, std::uint64_t begin, std::uint64_t count) const {
  const std::uint64_t index = begin / kTileWidth;
  const auto all = split_hashes(tile(level, index));
  const std::uint64_t from = begin % kTileWidth;
  if (!all || all->size() < from + count) broken(TileName{level, index, kTileWidth}.path());
  const auto first = all->begin() + static_cast<std::ptrdiff_t>(from);
  return {first, first + static_cast<std::ptrdiff_t>(count)};
}

Sha256 Log::subtree_hash(std::uint64_t begin, std::uint64_t end) const {
  MerklePath pieces;  // whole subtrees, each smaller than the one before
  while (begin < end) {
    const int height = std::countr_zero(std::bit_floor(end - begin));
    const std::uint64_t count = std::uint64_t{1} << (height % kTileHeight);
    const int level = height / kTileHeight;
    pieces.push_back(merkle_root(hashes(level, begin >> (kTileHeight * level), count)));
    begin += std::uint64_t{1} << height;
  }
  if (pieces.empty()) return merkle_root({});
  Sha256 hash = pieces.back();
  for (std::size_t i = pieces.size() - 1; i > 0; --i) hash = node_hash(pieces[i - 1], hash);
  return hash;
}

Bytes Log::entry(std::uint64_t index) const {
  YZ_ASSERT(index < size());
  const Bytes bundle = tile(kEntriesLevel, index / kTileWidth);
  const auto entries = split_bundle(bundle);
  const std::uint64_t at = index % kTileWidth;
  const bool sound =
      entries && at < entries->size() && leaf_hash((*entries)[at]) == hashes(0, index, 1).front();
  if (!sound) broken("第 " + std::to_string(index) + " 筆與其雜湊不符");
  return copy_of((*entries)[at]);
}

Sha256 Log::root_at(std::uint64_t size_then) const {
  YZ_ASSERT(size_then <= size());
  return subtree_hash(0, size_then);
}

MerklePath Log::inclusion_proof(LeafPosition position) const {
  YZ_ASSERT(position.tree_size <= size());
  return make_inclusion_path([this](auto begin, auto end) { return subtree_hash(begin, end); },
                             position);
}

MerklePath Log::consistency_proof(std::uint64_t old_size, std::uint64_t new_size) const {
  YZ_ASSERT(new_size <= size());
  return make_consistency_proof([this](auto begin, auto end) { return subtree_hash(begin, end); },
                                old_size, new_size);
}

std::optional<Bytes> Log::find_tile(std::string_view path) const {
  const auto name = TileName::parse(path);
  if (!name) return std::nullopt;
  const std::uint64_t count = count_at(name->level, size());
  if (name->index > count / kTileWidth) return std::nullopt;
  if (name->index * kTileWidth + name->width > count) return std::nullopt;
  Bytes all = tile(name->level, name->index);
  if (name->level != kEntriesLevel) {
    const auto wanted = split_hashes(all);
    if (!wanted || wanted->size() < name->width) broken(std::string(path));
    return join_hashes(std::span(*wanted).first(name->width));
  }
  const auto entries = split_bundle(all);
  if (!entries || entries->size() < name->width) broken(std::string(path));
  Bytes bundle;
  for (const ByteView entry : std::span(*entries).first(name->width)) append_entry(bundle, entry);
  return bundle;
}

Result<SignedNote> Log::publish(SigningKey& key) {
  SignedNote note = YZ_TRY(sign_checkpoint({origin_, head_}, key));
  save_checkpoint(note);
  return note;
}

TreeHead Log::published_head(const SignedNote& note) const {
  const auto checkpoint = Checkpoint::parse(note.text());
  YZ_ASSERT(checkpoint.ok() && checkpoint->origin == origin_);
  YZ_ASSERT(checkpoint->head.size <= size());
  YZ_ASSERT(checkpoint->head.root == root_at(checkpoint->head.size));
  return checkpoint->head;
}

void Log::save_checkpoint(const SignedNote& note) {
  const TreeHead head = published_head(note);
  const auto former = find_checkpoint();
  const auto published = former ? Checkpoint::parse(former->text()) : Reason::kNotFound;
  if (published.ok() && published->head.size > head.size) return;  // a slow card's
  show();
  directory_.write_durably(kCheckpointFile, note.bytes());
}

void Log::save_cosigned(const SignedNote& note) {
  static_cast<void>(published_head(note));
  directory_.write_durably(kCosignedFile, note.bytes());
}

std::optional<SignedNote> Log::find_checkpoint() const { return find_note(kCheckpointFile); }
std::optional<SignedNote> Log::find_cosigned() const { return find_note(kCosignedFile); }

std::optional<SignedNote> Log::find_note(const char* file) const {
  const auto bytes = directory_.find_file(file, kNoteMax);
  if (!bytes) return std::nullopt;
  auto note = SignedNote::parse(*bytes);
  if (!note.ok()) broken(std::string(file) + " 檔不合格式");
  return std::move(note).value();
}

}  // namespace yizhan
