#pragma once

#include "ground/files/folder.h"
#include "ground/files/object_store.h"

namespace yizhan {

// Objects as files: objects/ab/cdef… (hex of the name), partial/<id>. One process per root
// (FolderLock); within it any thread, but one writer per partial id.
class LocalObjectStore : public ObjectStore {
 public:
  explicit LocalObjectStore(const std::filesystem::path& root);  // made if absent, 0700

  void put(const Sha256& name, ByteView bytes) override;
  [[nodiscard]] std::optional<std::uint64_t> find_size(const Sha256& name) const override;
  [[nodiscard]] Bytes read(const Sha256& name, std::uint64_t offset,
                           std::size_t length) const override;
  [[nodiscard]] FileHandle open(const Sha256& name) const override;
  bool remove(const Sha256& name) override;

  void write_partial(const std::string& id, std::uint64_t offset, ByteView bytes) override;
  [[nodiscard]] std::uint64_t partial_size(const std::string& id) const override;
  [[nodiscard]] Bytes read_partial(const std::string& id, std::uint64_t offset,
                                   std::size_t length) const override;
  void finish_partial(const std::string& id, const Sha256& name) override;
  bool discard_partial(const std::string& id) override;
  [[nodiscard]] std::vector<Partial> partials() const override;

 private:
  Folder root_;
};

}  // namespace yizhan
