#include "ground/files/whole_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace yizhan {

namespace {

Folder folder_of(const std::filesystem::path& path) {
  return Folder(path.has_parent_path() ? path.parent_path() : ".");
}

}  // namespace

Bytes read_file(const std::filesystem::path& path, std::size_t max) {
  auto bytes = find_file(path, max);
  if (!bytes) throw FileError(ENOENT, "open", path);
  return std::move(*bytes);
}

std::optional<Bytes> find_file(const std::filesystem::path& path, std::size_t max) {
  // By path, not beneath: an administrator may well link a configuration file.
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0 && errno == ENOENT) return std::nullopt;
  const FileHandle file(descriptor, path);
  Bytes bytes = file.read_at(0, max + 1);
  if (bytes.size() > max) throw FileError(EFBIG, "read", path);
  return bytes;
}

void write_durably(const std::filesystem::path& path, ByteView bytes, unsigned mode) {
  folder_of(path).write_durably(path.filename(), bytes, mode);
}

void make_directory(const std::filesystem::path& path, unsigned mode) {
  std::error_code ignored;  // whatever hinders us, mkdir will say it
  if (path.empty() || std::filesystem::is_directory(path, ignored)) return;
  make_directory(path.parent_path(), mode);
  if (!path.has_filename()) return;  // "a/b/" is "a/b"
  const int error = mkdir(path.c_str(), mode) == 0 ? 0 : errno;
  const bool there = error == EEXIST && std::filesystem::is_directory(path, ignored);
  if (error != 0 && !there) throw FileError(error, "mkdir", path);
  folder_of(path).sync();
}

Folder made_folder(const std::filesystem::path& path) {
  make_directory(path);
  return Folder(path);
}

std::vector<std::string> list_files(const std::filesystem::path& directory) {
  if (!std::filesystem::exists(directory)) return {};
  return Folder(directory).list_files();
}

bool remove_file_durably(const std::filesystem::path& path) {
  const Folder folder = folder_of(path);
  const bool removed = folder.remove(path.filename());
  if (removed) folder.sync();
  return removed;
}

}  // namespace yizhan
