#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "ground/files/folder.h"

// Inside ground/files.

namespace yizhan {

// Many objects in few files, one behind the other, so that those who write at the same time share
// one sync and no object needs a name of its own in a folder. Any thread; one process a folder.
//
// A segment is a file of records. A record begins at a multiple of 4,096: a head of 512 octets (16
// of kRecordMark, 32 of the object's name, 8 of its length, big-endian, 16 of kRecordMark again; at
// 256, once the object is removed, kRemovedMark; the rest zero) and the object behind it. Records
// are only appended, each before the sync that any later one waits for; so whoever reads heads one
// after the other has seen every record that was ever acknowledged when he meets no head. A segment
// is appended to by the process that made it, and by no later one.
class Segments {
 public:
  static constexpr std::string_view kRecordMark = "yizhan object 1\n";
  static constexpr std::string_view kRemovedMark = "removed\n";
  static constexpr std::uint64_t kSegmentBytes = 256U << 20;  // a new one begins behind that

  // Reads the heads of what is there: one small read an object. FileError.
  explicit Segments(Folder folder, std::uint64_t segment_bytes = kSegmentBytes);
  ~Segments();

  // Durable on return. What this process has put already is nothing new; what an earlier one left
  // is put anew, since it may have died before its sync. FileError: as if it had not been put.
  void put(const Sha256& name, ByteView bytes);
  // Of what this process has put: whole for certain.
  [[nodiscard]] std::optional<std::uint64_t> find_size(const Sha256& name) const;
  // Of whoever put it: whole for whom it was acknowledged to.
  [[nodiscard]] std::optional<Bytes> find(const Sha256& name, std::uint64_t offset,
                                          std::size_t length) const;
  // Durable on return, its room given back; false: was not there.
  bool remove(const Sha256& name);

 private:
  struct Segment;
  struct Place {
    std::shared_ptr<Segment> segment;  // shared_ptr: it lives while an object or a reader does
    std::uint64_t start;
    std::uint64_t length;
    bool of_this_process;
  };
  using Lock = std::unique_lock<std::mutex>;

  void read_heads(const std::shared_ptr<Segment>& segment);
  std::shared_ptr<Segment> open_segment(std::uint64_t number);
  std::shared_ptr<Segment>& current();
  Place append(const Sha256& name, ByteView bytes);
  void settle(Lock& lock, Segment& segment);
  void mark_removed(const Place& place);
  void drop_if_empty(const std::shared_ptr<Segment>& segment);
  [[nodiscard]] std::optional<Place> place_of(const Sha256& name) const;

  const Folder folder_;
  const std::uint64_t segment_bytes_;
  mutable std::mutex mutex_;  // of all that follows; not held while the disk syncs
  std::condition_variable settled_;
  std::map<Sha256, Place> places_;
  std::shared_ptr<Segment> current_;
  std::uint64_t next_number_ = 1;
};

}  // namespace yizhan
