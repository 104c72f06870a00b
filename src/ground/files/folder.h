#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ground/files/file_handle.h"

namespace yizhan {

inline constexpr unsigned kFileMode = 0600;
inline constexpr unsigned kDirectoryMode = 0700;

// A directory and what lies beneath it. Every name is relative and resolved by openat2(2) with
// RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS: "..", absolute names and planted symbolic links are
// FileError (EXDEV, ELOOP), however cunningly placed. Safe to read from several threads.
class Folder {
 public:
  explicit Folder(const std::filesystem::path& path);  // must exist

  [[nodiscard]] const std::filesystem::path& path() const { return handle_.name(); }

  [[nodiscard]] FileHandle open_for_reading(const std::string& name) const;
  [[nodiscard]] std::optional<FileHandle> find(const std::string& name) const;  // nullopt: absent
  [[nodiscard]] FileHandle open_for_writing(const std::string& name) const;  // makes it if absent
  [[nodiscard]] std::optional<Bytes> find_file(const std::string& name, std::size_t max) const;

  // Whole and durable under its name when this returns, or not there at all: a temporary name,
  // fdatasync, rename, fsync of the directory. Replaces what was there.
  void write_durably(const std::string& name, ByteView bytes, unsigned mode = kFileMode) const;
  // The same without the last step: whole or not there, but durable only after sync(folder).
  void replace_file(const std::string& name, ByteView bytes, unsigned mode = kFileMode) const;
  // Whole or not there for whoever reads it, but after a crash maybe neither: until sync_file() and
  // sync(folder).
  void put_file(const std::string& name, ByteView bytes) const;
  void sync_file(const std::string& name) const;  // must exist; content only, not its name
  // Atomic, not yet durable.
  void rename(const std::string& from, const std::string& to) const;
  bool remove(const std::string& name) const;            // false: was not there; not yet durable
  bool remove_directory(const std::string& name) const;  // false: was not there, or not empty
  void sync(const std::string& folder = ".") const;      // makes the names in it durable

  bool make_folder(const std::string& name) const;  // 0700; false: was there; not yet durable
  // Each missing folder on the way, mode 0700, durable.
  void make_folders(const std::string& name) const;
  // Names of the regular files directly in it, sorted; not those beginning with a dot (which a
  // crash during write_durably may leave). Empty when the folder is absent.
  [[nodiscard]] std::vector<std::string> list_files(const std::string& folder = ".") const;

 private:
  struct PutChoice {
    unsigned mode;
    bool synced;
  };

  void put(const std::string& name, ByteView bytes, PutChoice choice) const;
  [[nodiscard]] int open_beneath(const std::string& name, int flags, unsigned mode) const;
  [[nodiscard]] FileHandle require(const std::string& name, int flags, unsigned mode = 0) const;

  FileHandle handle_;
};

// One process per data directory: held until destroyed or until the process dies, however it dies.
class FolderLock {
 public:
  // Throws FileError (EWOULDBLOCK) when another holder lives.
  explicit FolderLock(const std::filesystem::path& directory);

 private:
  FileHandle handle_;
};

}  // namespace yizhan
