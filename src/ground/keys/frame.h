#pragma once

#include <chrono>
#include <filesystem>
#include <variant>

#include "ground/base/base.h"

// Frames over a Unix stream socket (protocol.h says what is in them).

namespace yizhan {

using SteadyTime = std::chrono::steady_clock::time_point;

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }
  int release();

 private:
  int fd_ = -1;
};

enum class FrameFailure { kClosed, kLate, kBadLength };

// Waits for readability. False when the deadline passes first.
bool wait_readable(int fd, SteadyTime deadline);
// nullopt when the frame has been handed to the kernel whole.
std::optional<FrameFailure> send_frame(int fd, ByteView frame, SteadyTime deadline);
std::variant<SecretBytes, FrameFailure> receive_frame(int fd, SteadyTime deadline);

// A closed Descriptor when nobody listens there.
Descriptor connect_unix(const std::filesystem::path& socket);
// Replaces what stands at the path. Everybody may connect: who is served is decided by uid.
// Throws std::system_error.
Descriptor listen_unix(const std::filesystem::path& socket);

}  // namespace yizhan
