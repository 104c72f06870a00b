#pragma once

#include "ground/files/local_object_store.h"
#include "ground/files/segments.h"

namespace yizhan {

// For many small objects that soon go: those that are put whole stand in segments
// (segments/<number>, docs/decisions/0027); those that come in parts are files, as in
// LocalObjectStore, and so is what was put before there were segments.
class SegmentedObjectStore final : public LocalObjectStore {
 public:
  explicit SegmentedObjectStore(const std::filesystem::path& root,
                                std::uint64_t segment_bytes = Segments::kSegmentBytes);

  void put(const Sha256& name, ByteView bytes) override;
  // nullopt also for one in a segment of an earlier process: it is there to be read by whom it was
  // acknowledged to, but whoever would rest on it anew puts it again.
  [[nodiscard]] std::optional<std::uint64_t> find_size(const Sha256& name) const override;
  [[nodiscard]] Bytes read(const Sha256& name, std::uint64_t offset,
                           std::size_t length) const override;
  // Of one in a segment: a copy in memory, so that who reads it sees no other.
  [[nodiscard]] FileHandle open(const Sha256& name) const override;
  bool remove(const Sha256& name) override;

 private:
  [[nodiscard]] bool stands_in_file(const Sha256& name) const;

  Segments segments_;
};

}  // namespace yizhan
