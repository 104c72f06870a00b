#include "ground/files/segmented_object_store.h"

#include <limits>

#include "ground/files/whole_file.h"

namespace yizhan {

SegmentedObjectStore::SegmentedObjectStore(const std::filesystem::path& root,
                                           std::uint64_t segment_bytes)
    : LocalObjectStore(root), segments_(made_folder(root / "segments"), segment_bytes) {}

void SegmentedObjectStore::put(const Sha256& name, ByteView bytes) { segments_.put(name, bytes); }

std::optional<std::uint64_t> SegmentedObjectStore::find_size(const Sha256& name) const {
  const auto size = segments_.find_size(name);
  return size ? size : LocalObjectStore::find_size(name);
}

// A file is whole for certain, what an earlier process left in a segment is not: where both are
// there, the file was made because of that.
bool SegmentedObjectStore::stands_in_file(const Sha256& name) const {
  return !segments_.find_size(name) && LocalObjectStore::find_size(name);
}

Bytes SegmentedObjectStore::read(const Sha256& name, std::uint64_t offset,
                                 std::size_t length) const {
  if (stands_in_file(name)) return LocalObjectStore::read(name, offset, length);
  auto found = segments_.find(name, offset, length);
  return found ? std::move(*found) : LocalObjectStore::read(name, offset, length);
}

FileHandle SegmentedObjectStore::open(const Sha256& name) const {
  if (stands_in_file(name)) return LocalObjectStore::open(name);
  const auto found = segments_.find(name, 0, std::numeric_limits<std::size_t>::max());
  if (!found) return LocalObjectStore::open(name);
  FileHandle copy = memory_file("object");
  copy.write_at(0, *found);
  copy.seal();
  return copy;
}

bool SegmentedObjectStore::remove(const Sha256& name) {
  const bool in_segment = segments_.remove(name);
  const bool file = LocalObjectStore::find_size(name) && LocalObjectStore::remove(name);
  return in_segment || file;
}

}  // namespace yizhan
