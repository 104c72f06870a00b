#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "ground/base/base.h"

namespace yizhan {

// The disk, not the rules, said no. what() names the operation and the path, never content.
class FileError : public std::system_error {
 public:
  FileError(int error_number, std::string_view operation, const std::filesystem::path& path);
  [[nodiscard]] int error_number() const { return code().value(); }
};

// One open file; closes itself. Not copied, and not shared between threads that write.
// All functions throw FileError; interrupted calls (EINTR) are continued.
class FileHandle {
 public:
  FileHandle() = default;
  // Takes over the descriptor; a negative one is thrown with errno. `name` is for messages only.
  FileHandle(int descriptor, const std::filesystem::path& name);
  FileHandle(FileHandle&& other) noexcept;
  FileHandle& operator=(FileHandle&& other) noexcept;
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  ~FileHandle();

  // How much was read: less than asked only at the end of the file.
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, std::span<std::uint8_t> into) const;
  [[nodiscard]] Bytes read_at(std::uint64_t offset, std::size_t length) const;
  // On failure (disk full) the file is cut back to the size it had.
  void write_at(std::uint64_t offset, ByteView bytes);
  void append(ByteView bytes) { write_at(size(), bytes); }
  [[nodiscard]] std::uint64_t size() const;
  void truncate(std::uint64_t size);

  // fdatasync: on return data and size are durable (the name is not: Folder::sync). A failure
  // is final: the kernel may have dropped the pages and would answer a second try with success, so
  // this handle neither writes nor syncs any more. Throw the file away and write it anew.
  void sync();

  // Memory files only: no one can change the content any more.
  void seal();

  // The same open file, for another thread: its syncs cover what either has written.
  [[nodiscard]] FileHandle twin() const;
  // What stands from begin to end (both multiples of 4,096) reads as zeros and takes no room, where
  // the file system can do that.
  void give_back(std::uint64_t begin, std::uint64_t end);

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const { return descriptor_; }  // still owned by the handle
  [[nodiscard]] int release();                                  // now owned by the caller
  [[nodiscard]] const std::filesystem::path& name() const { return name_; }

 private:
  int descriptor_ = -1;
  bool sync_failed_ = false;
  std::filesystem::path name_;
};

[[nodiscard]] FileHandle open_for_reading(const std::filesystem::path& path);
// In memory only (memfd), not executable, gone when closed.
[[nodiscard]] FileHandle memory_file(const std::string& name);
// On the disk of `directory` but without a name (O_TMPFILE), mode 0600, gone when closed.
[[nodiscard]] FileHandle temporary_file(const std::filesystem::path& directory);

}  // namespace yizhan
