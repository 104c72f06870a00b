#pragma once

#include <filesystem>
#include <stdexcept>

#include "ground/files/files.h"
#include "ground/merkle/checkpoint.h"
#include "ground/merkle/tail.h"
#include "ground/merkle/tile.h"

namespace yizhan {

// The log on disk contradicts itself or what it once published: never mended by the program.
class LogBroken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Append-only Merkle log in C2SP tlog-tiles layout, so that any tool for such logs can read it:
//
//   <directory>/tile/<level>/<NNN>[.p/<width>]     hashes, 256 to a tile
//   <directory>/tile/entries/<NNN>[.p/<width>]     entries, each after its big-endian uint16 length
//   <directory>/checkpoint                         the last signed head
//   <directory>/cosigned                           one before it, with the lines of witnesses
//   <directory>/head                               size and root of the tiles that are durable
//   <directory>/tail                               what was appended since (tail.h)
//
// A batch is durable once it stands in `tail`, or `head` names it. Tiles beyond `head` are there to
// be read, and may be torn by a crash: they are written anew from `tail`. A saved checkpoint finds
// its tiles; of partial tiles only the widest is kept, and the one that `head` needs; find_tile()
// cuts narrower ones from them.
// One thread owns a Log (FolderLock its data directory); anyone may read the files.
// Disk trouble is FileError.
class Log {
 public:
  static constexpr std::size_t kEntryMax = 65535;

  // Opens, or begins an empty log. Throws LogBroken: the tiles do not give the root of `head`, the
  // tail is damaged, or the log is older than its own checkpoint (an old backup).
  Log(const std::filesystem::path& directory, std::string origin);

  // Durable on return. Gives the index of the first; an empty batch changes nothing.
  // When it throws, the batch may yet have become durable: this object appends no more; open the
  // log again and compare the entries from the last known index on.
  std::uint64_t append(std::span<const Bytes> entries);  // each at most kEntryMax

  // All of it into durable tiles, as it also happens whenever the tail is full.
  void settle();

  [[nodiscard]] const std::string& origin() const { return origin_; }
  [[nodiscard]] std::uint64_t size() const { return head_.size; }
  [[nodiscard]] Sha256 root() const { return head_.root; }
  [[nodiscard]] TreeHead head() const { return head_; }

  [[nodiscard]] Bytes entry(std::uint64_t index) const;                   // index < size()
  [[nodiscard]] Sha256 root_at(std::uint64_t size) const;                 // size <= size()
  [[nodiscard]] MerklePath inclusion_proof(LeafPosition position) const;  // tree_size <= size()
  [[nodiscard]] MerklePath consistency_proof(std::uint64_t old_size, std::uint64_t new_size) const;

  // The tile or bundle at a path as a client asks for it ("tile/0/x001/234.p/7"); nullopt when
  // that is no path of this layout or reaches beyond the present size.
  [[nodiscard]] std::optional<Bytes> find_tile(std::string_view path) const;

  // Signs the present head and keeps it as `checkpoint`, durably, before it is answered.
  // Refuses what the key refuses.
  Result<SignedNote> publish(SigningKey& key);
  // The same in its parts, for a slow card: sign_checkpoint() elsewhere, then keep it here.
  void save_checkpoint(const SignedNote& note);
  [[nodiscard]] std::optional<SignedNote> find_checkpoint() const;

  // A checkpoint of this log that others have co-signed, durably, in place of the former one.
  void save_cosigned(const SignedNote& note);
  [[nodiscard]] std::optional<SignedNote> find_cosigned() const;

 private:
  struct Batch;

  struct TileFile {
    TileName name;
    Bytes content;
  };

  void recover();
  void recover_settled();
  void check_against(const std::optional<SignedNote>& note) const;
  [[nodiscard]] TreeHead published_head(const SignedNote& note) const;
  [[nodiscard]] std::optional<SignedNote> find_note(const char* file) const;
  void adopt(Batch batch);
  [[nodiscard]] std::vector<TileFile> partial_tiles() const;
  [[nodiscard]] bool is_settled(const TileName& name) const;
  void show();
  void put(const TileFile& file) const;
  void remove_superseded(std::span<const TileName> names) const;
  [[nodiscard]] Sha256 subtree_hash(std::uint64_t begin, std::uint64_t end) const;
  // Hashes [begin, begin + count) of a level, which lie in one tile.
  [[nodiscard]] MerklePath hashes(int level, std::uint64_t begin, std::uint64_t count) const;
  [[nodiscard]] Bytes tile(int level, std::uint64_t index) const;  // as wide as it is now

  Folder directory_;
  std::string origin_;
  TreeHead head_;
  bool append_failed_ = false;
  LogTail tail_;
  std::uint64_t settled_size_ = 0;   // that `head` names
  std::vector<TileName> unsettled_;  // whole tiles that are written but not durable
  std::vector<std::string> shown_;   // partial tiles that `head` does not need
  // The right edge: the hashes of each level's last, partial tile, and the open bundle's entries.
  std::vector<MerklePath> edge_;
  Bytes open_bundle_;
};

}  // namespace yizhan
