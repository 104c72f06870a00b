#include "ground/files/file_handle.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace yizhan {

namespace {

// MFD_NOEXEC_SEAL of Linux 6.3, which Debian 12's headers lack; older kernels answer EINVAL.
constexpr unsigned kNoExecSeal = 0x0008;

// A system call made again for as long as a signal interrupts it.
template <class Call>
auto uninterrupted(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

}  // namespace

FileError::FileError(int error_number, std::string_view operation,
                     const std::filesystem::path& path)
    : std::system_error(error_number, std::generic_category(),
                        std::string(operation) + " " + path.string()) {}

FileHandle::FileHandle(int descriptor, const std::filesystem::path& name)
    : descriptor_(descriptor) {
  if (descriptor_ < 0) throw FileError(errno, "open", name);  // before anything touches errno
  name_ = name;
}

FileHandle::FileHandle(FileHandle&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      sync_failed_(other.sync_failed_),
      name_(std::move(other.name_)) {}

FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(sync_failed_, other.sync_failed_);
  std::swap(name_, other.name_);
  return *this;
}

FileHandle::~FileHandle() {
  if (descriptor_ >= 0) close(descriptor_);  // durable is what sync() made so, not close()
}

std::size_t FileHandle::read_at(std::uint64_t offset, std::span<std::uint8_t> into) const {
  std::size_t done = 0;
  while (done < into.size()) {
    const auto got = uninterrupted([&] {
      return pread(descriptor_, into.data() + done, into.size() - done,
                   static_cast<off_t>(offset + done));
    });
    if (got < 0) throw FileError(errno, "read", name_);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Bytes FileHandle::read_at(std::uint64_t offset, std::size_t length) const {
  const std::uint64_t end = size();
  const std::uint64_t there = offset < end ? end - offset : 0;
  Bytes bytes(static_cast<std::size_t>(std::min<std::uint64_t>(length, there)));
  bytes.resize(read_at(offset, std::span<std::uint8_t>(bytes)));
  return bytes;
}

void FileHandle::write_at(std::uint64_t offset, ByteView bytes) {
  if (sync_failed_) throw FileError(EIO, "write after failed sync", name_);
  const std::uint64_t former_size = size();
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto put = uninterrupted([&] {
      return pwrite(descriptor_, bytes.data() + done, bytes.size() - done,
                    static_cast<off_t>(offset + done));
    });
    if (put <= 0) {
      const int error = put < 0 ? errno : ENOSPC;
      if (done > 0) truncate(former_size);
      throw FileError(error, "write", name_);
    }
    done += static_cast<std::size_t>(put);
  }
}

std::uint64_t FileHandle::size() const {
  struct stat status {};
  if (fstat(descriptor_, &status) != 0) throw FileError(errno, "stat", name_);
  return static_cast<std::uint64_t>(status.st_size);
}

void FileHandle::truncate(std::uint64_t size) {
  const auto length = static_cast<off_t>(size);
  if (uninterrupted([&] { return ftruncate(descriptor_, length); }) != 0) {
    throw FileError(errno, "truncate", name_);
  }
}

void FileHandle::sync() {
  if (sync_failed_) throw FileError(EIO, "sync after failed sync", name_);
  if (fdatasync(descriptor_) == 0) return;
  sync_failed_ = true;
  throw FileError(errno, "sync", name_);
}

void FileHandle::seal() {
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  if (fcntl(descriptor_, F_ADD_SEALS, kSeals) != 0) throw FileError(errno, "seal", name_);
}

FileHandle FileHandle::twin() const {
  return {fcntl(descriptor_, F_DUPFD_CLOEXEC, 0), name_};
}

void FileHandle::give_back(std::uint64_t begin, std::uint64_t end) {
  const auto first = static_cast<off_t>(begin), length = static_cast<off_t>(end - begin);
  constexpr int kHole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  const int failed =
      uninterrupted([&] { return fallocate(descriptor_, kHole, first, length); });
  if (failed != 0 && errno != EOPNOTSUPP) throw FileError(errno, "give back", name_);
}

int FileHandle::release() { return std::exchange(descriptor_, -1); }

FileHandle open_for_reading(const std::filesystem::path& path) {
  return {uninterrupted([&] { return open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY); }), path};
}

FileHandle memory_file(const std::string& name) {
  int descriptor = memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING | kNoExecSeal);
  if (descriptor < 0 && errno == EINVAL) {
    descriptor = memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  }
  return {descriptor, "memory:" + name};
}

FileHandle temporary_file(const std::filesystem::path& directory) {
  constexpr int kFlags = O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL;  // O_EXCL: can never get a name
  return {uninterrupted([&] { return open(directory.c_str(), kFlags, 0600); }), directory};
}

}  // namespace yizhan
