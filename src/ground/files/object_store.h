#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ground/files/file_handle.h"

namespace yizhan {

// Immutable objects named by a digest, and the partial ones that are still arriving. The store
// does not compute digests: whoever puts or finishes has verified the bytes against the name.
// Accidents are FileError; a name that is absent where it must exist is ENOENT.
class ObjectStore {
 public:
  struct Partial {
    std::string id;
    std::uint64_t size;
    Time changed;
  };

  virtual ~ObjectStore() = default;

  // Durable on return. Putting the same object again is nothing new.
  virtual void put(const Sha256& name, ByteView bytes) = 0;
  [[nodiscard]] virtual std::optional<std::uint64_t> find_size(const Sha256& name) const = 0;
  // Shorter than `length` only at the end of the object.
  [[nodiscard]] virtual Bytes read(const Sha256& name, std::uint64_t offset,
                                   std::size_t length) const = 0;
  [[nodiscard]] virtual FileHandle open(const Sha256& name) const = 0;  // for reading
  virtual bool remove(const Sha256& name) = 0;  // durable on return; false: was not there

  // A partial id is 1–80 of [a-z0-9-], chosen by the caller; anything else is a bug.
  // What has been written is kept over a restart of the program, but is durable only once
  // finished: after a crash read it back and verify it before relying on it.
  // `offset` may rewrite what is there but not leave a gap (EINVAL). A full disk changes no size.
  virtual void write_partial(const std::string& id, std::uint64_t offset, ByteView bytes) = 0;
  [[nodiscard]] virtual std::uint64_t partial_size(const std::string& id) const = 0;  // 0: none
  [[nodiscard]] virtual Bytes read_partial(const std::string& id, std::uint64_t offset,
                                           std::size_t length) const = 0;
  // The partial becomes the object, durable on return. May be repeated after a crash: the object
  // being there already, and the partial gone, is success. When the disk fails to make it durable
  // the partial is discarded: send it again.
  virtual void finish_partial(const std::string& id, const Sha256& name) = 0;
  virtual bool discard_partial(const std::string& id) = 0;          // false: was not there
  [[nodiscard]] virtual std::vector<Partial> partials() const = 0;  // for cleaning, by `changed`
};

}  // namespace yizhan
