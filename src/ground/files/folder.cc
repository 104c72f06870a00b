#include "ground/files/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "ground/control/control.h"

namespace yizhan {

namespace {

std::string folder_of(const std::string& name) {
  const auto slash = name.rfind('/');
  return slash == std::string::npos ? "." : name.substr(0, slash);
}

std::string last_of(const std::string& name) {
  const auto slash = name.rfind('/');
  return slash == std::string::npos ? name : name.substr(slash + 1);
}

std::string temporary_name_beside(const std::string& name) {
  std::array<std::uint8_t, 8> random{};
  fill_random(random);
  return folder_of(name) + "/." + last_of(name) + "." + to_hex(random);
}

constexpr int kFolderFlags = O_DIRECTORY | O_RDONLY;

}  // namespace

Folder::Folder(const std::filesystem::path& path)
    : handle_(open(path.c_str(), kFolderFlags | O_CLOEXEC), path) {}

int Folder::open_beneath(const std::string& name, int flags, unsigned mode) const {
  struct open_how how {};
  how.flags = static_cast<std::uint64_t>(static_cast<unsigned>(flags | O_CLOEXEC | O_NOCTTY));
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  long descriptor = 0;
  do {  // EAGAIN: something was renamed on the way while the kernel looked
    descriptor = syscall(SYS_openat2, handle_.descriptor(), name.c_str(), &how, sizeof how);
  } while (descriptor < 0 && (errno == EINTR || errno == EAGAIN));
  return static_cast<int>(descriptor);
}

FileHandle Folder::require(const std::string& name, int flags, unsigned mode) const {
  const auto full_name = path() / name;
  return {open_beneath(name, flags, mode), full_name};
}

FileHandle Folder::open_for_reading(const std::string& name) const {
  return require(name, O_RDONLY);
}

std::optional<FileHandle> Folder::find(const std::string& name) const {
  const int descriptor = open_beneath(name, O_RDONLY, 0);
  if (descriptor < 0 && errno == ENOENT) return std::nullopt;
  return FileHandle(descriptor, path() / name);
}

FileHandle Folder::open_for_writing(const std::string& name) const {
  return require(name, O_RDWR | O_CREAT, kFileMode);
}

std::optional<Bytes> Folder::find_file(const std::string& name, std::size_t max) const {
  const auto file = find(name);
  if (!file) return std::nullopt;
  Bytes bytes = file->read_at(0, max + 1);
  if (bytes.size() > max) throw FileError(EFBIG, "read", file->name());
  return bytes;
}

void Folder::write_durably(const std::string& name, ByteView bytes, unsigned mode) const {
  replace_file(name, bytes, mode);
  sync(folder_of(name));
}

void Folder::replace_file(const std::string& name, ByteView bytes, unsigned mode) const {
  put(name, bytes, {.mode = mode, .synced = true});
}

void Folder::put_file(const std::string& name, ByteView bytes) const {
  put(name, bytes, {.mode = kFileMode, .synced = false});
}

void Folder::put(const std::string& name, ByteView bytes, PutChoice choice) const {
  const std::string temporary = temporary_name_beside(name);
  FileHandle file = require(temporary, O_RDWR | O_CREAT | O_EXCL, choice.mode);
  try {
    if (fchmod(file.descriptor(), choice.mode) != 0) throw FileError(errno, "chmod", file.name());
    file.write_at(0, bytes);
    if (choice.synced) file.sync();
    rename(temporary, name);
  } catch (const FileError&) {
    remove(temporary);
    throw;
  }
}

void Folder::sync_file(const std::string& name) const { require(name, O_RDWR).sync(); }

void Folder::rename(const std::string& from, const std::string& to) const {
  // The folders are resolved beneath; the last part of a name renameat(2) never follows.
  const FileHandle from_folder = require(folder_of(from), kFolderFlags);
  const FileHandle to_folder = require(folder_of(to), kFolderFlags);
  if (renameat(from_folder.descriptor(), last_of(from).c_str(), to_folder.descriptor(),
               last_of(to).c_str()) != 0) {
    throw FileError(errno, "rename to", path() / to);
  }
}

bool Folder::remove(const std::string& name) const {
  const int folder_descriptor = open_beneath(folder_of(name), kFolderFlags, 0);
  if (folder_descriptor < 0 && errno == ENOENT) return false;
  const FileHandle folder(folder_descriptor, path() / folder_of(name));
  if (unlinkat(folder.descriptor(), last_of(name).c_str(), 0) == 0) return true;
  if (errno == ENOENT) return false;
  throw FileError(errno, "remove", path() / name);
}

bool Folder::remove_directory(const std::string& name) const {
  const FileHandle folder = require(folder_of(name), kFolderFlags);
  if (unlinkat(folder.descriptor(), last_of(name).c_str(), AT_REMOVEDIR) == 0) return true;
  if (errno == ENOENT || errno == ENOTEMPTY) return false;
  throw FileError(errno, "remove", path() / name);
}

void Folder::sync(const std::string& folder) const {
  const FileHandle handle = require(folder, kFolderFlags);
  if (is_knocked_out("folder_synced")) return;
  if (fsync(handle.descriptor()) != 0) throw FileError(errno, "sync", handle.name());
}

bool Folder::make_folder(const std::string& name) const {
  const FileHandle parent = require(folder_of(name), kFolderFlags);
  if (mkdirat(parent.descriptor(), last_of(name).c_str(), kDirectoryMode) == 0) return true;
  if (errno == EEXIST) return false;
  throw FileError(errno, "mkdir", path() / name);
}

void Folder::make_folders(const std::string& name) const {
  for (auto slash = name.find('/');; slash = name.find('/', slash + 1)) {
    const std::string folder = name.substr(0, slash);
    if (make_folder(folder)) sync(folder_of(folder));
    if (slash == std::string::npos) return;
  }
}

std::vector<std::string> Folder::list_files(const std::string& folder) const {
  const int descriptor = open_beneath(folder, kFolderFlags, 0);
  if (descriptor < 0 && errno == ENOENT) return {};
  FileHandle handle(descriptor, path() / folder);
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(fdopendir(handle.descriptor()), closedir);
  if (!listing) throw FileError(errno, "list", handle.name());
  static_cast<void>(handle.release());  // now closed by closedir
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = readdir(listing.get())) {
    const std::string name = entry->d_name;
    struct stat status {};
    const bool regular =
        fstatat(dirfd(listing.get()), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(status.st_mode);
    if (regular && !name.starts_with('.')) names.push_back(name);
    errno = 0;
  }
  if (errno != 0) throw FileError(errno, "list", handle.name());
  std::ranges::sort(names);
  return names;
}

FolderLock::FolderLock(const std::filesystem::path& directory)
    : handle_(open(directory.c_str(), kFolderFlags | O_CLOEXEC), directory) {
  if (flock(handle_.descriptor(), LOCK_EX | LOCK_NB) != 0) {
    throw FileError(errno, "lock (is another process using it?)", directory);
  }
}

}  // namespace yizhan
