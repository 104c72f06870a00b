#include "ground/files/local_object_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "ground/files/whole_file.h"

namespace yizhan {

namespace {

constexpr std::string_view kPutPrefix = "put-";

std::string folder_of(const Sha256& name) { return "objects/" + name.hex().substr(0, 2); }
std::string path_of(const Sha256& name) { return folder_of(name) + "/" + name.hex().substr(2); }

std::string path_of(const std::string& partial_id) {
  constexpr std::size_t kLongest = 80;
  YZ_ASSERT(!partial_id.empty() && partial_id.size() <= kLongest);
  YZ_ASSERT(std::ranges::all_of(partial_id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  }));
  return "partial/" + partial_id;
}

}  // namespace

LocalObjectStore::LocalObjectStore(const std::filesystem::path& root) : root_(made_folder(root)) {
  // All folders now, so that no object's durability hangs on a folder made in passing.
  root_.make_folder("partial");
  root_.make_folder("objects");
  for (unsigned i = 0; i < 256; ++i) {
    const auto octet = static_cast<std::uint8_t>(i);
    root_.make_folder("objects/" + to_hex(ByteView(&octet, 1)));
  }
  root_.sync("objects");
  root_.sync();
}

void LocalObjectStore::put(const Sha256& name, ByteView bytes) {
  if (find_size(name) == bytes.size()) {
    return root_.sync(folder_of(name));  // a crash may have come between rename and fsync
  }
  std::array<std::uint8_t, 16> random{};
  fill_random(random);
  const std::string id = std::string(kPutPrefix) + to_hex(random);
  try {
    write_partial(id, 0, bytes);
    finish_partial(id, name);
  } catch (const FileError&) {
    discard_partial(id);
    throw;
  }
}

std::optional<std::uint64_t> LocalObjectStore::find_size(const Sha256& name) const {
  const auto file = root_.find(path_of(name));
  return file ? std::optional(file->size()) : std::nullopt;
}

Bytes LocalObjectStore::read(const Sha256& name, std::uint64_t offset, std::size_t length) const {
  return open(name).read_at(offset, length);
}

FileHandle LocalObjectStore::open(const Sha256& name) const {
  return root_.open_for_reading(path_of(name));
}

bool LocalObjectStore::remove(const Sha256& name) {
  const bool removed = root_.remove(path_of(name));
  root_.sync(folder_of(name));
  return removed;
}

void LocalObjectStore::write_partial(const std::string& id, std::uint64_t offset, ByteView bytes) {
  FileHandle file = root_.open_for_writing(path_of(id));
  if (offset > file.size()) throw FileError(EINVAL, "write with a gap to", file.name());
  file.write_at(offset, bytes);
}

std::uint64_t LocalObjectStore::partial_size(const std::string& id) const {
  const auto file = root_.find(path_of(id));
  return file ? file->size() : 0;
}

Bytes LocalObjectStore::read_partial(const std::string& id, std::uint64_t offset,
                                     std::size_t length) const {
  const auto file = root_.find(path_of(id));
  return file ? file->read_at(offset, length) : Bytes();
}

void LocalObjectStore::finish_partial(const std::string& id, const Sha256& name) {
  auto file = root_.find(path_of(id));
  if (file) {
    try {
      file->sync();
    } catch (const FileError&) {
      // The kernel may have dropped pages that it still shows: nothing may build on this file.
      discard_partial(id);
      throw;
    }
    root_.rename(path_of(id), path_of(name));
  } else if (!find_size(name)) {
    throw FileError(ENOENT, "finish", root_.path() / path_of(id));
  }
  // Where a file system forgets that the partial is gone, it is one that nobody goes on with.
  root_.sync(folder_of(name));
}

bool LocalObjectStore::discard_partial(const std::string& id) { return root_.remove(path_of(id)); }

std::vector<ObjectStore::Partial> LocalObjectStore::partials() const {
  std::vector<Partial> found;
  for (const std::string& id : root_.list_files("partial")) {
    const auto file = root_.find("partial/" + id);
    if (!file) continue;  // finished meanwhile
    struct stat status {};
    if (fstat(file->descriptor(), &status) != 0) throw FileError(errno, "stat", file->name());
    found.push_back(
        {id, static_cast<std::uint64_t>(status.st_size),
         Time::from_ms(status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1'000'000)});
  }
  std::ranges::sort(found, {}, &Partial::changed);
  return found;
}

}  // namespace yizhan
