#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>

#include "ground/files/files.h"

// One connection of the scanner's line: a message each way, with one deadline for all of it.
// What the peer does wrong is false or nullopt, never an exception. Internal.

namespace yizhan {

class ScanConnection {
 public:
  static constexpr std::size_t kMessageMax = 1U << 20;

  ScanConnection(FileHandle socket, Milliseconds time_max);
  // nullopt when nobody listens there.
  static std::optional<ScanConnection> connect(const std::filesystem::path& socket,
                                               Milliseconds time_max);

  // 4-byte big-endian length and the message; the descriptor goes with the first byte.
  [[nodiscard]] bool send(ByteView message, std::optional<int> descriptor = std::nullopt);
  std::optional<Bytes> receive();
  // What came with the first byte received; closed when nothing did.
  FileHandle take_descriptor() { return std::move(descriptor_); }

  [[nodiscard]] bool peer_is(const std::optional<uid_t>& uid) const;  // true when unset
  void extend(Milliseconds time_max);  // a new deadline from now

 private:
  [[nodiscard]] bool wait(short events) const;
  [[nodiscard]] bool receive_exactly(std::span<std::uint8_t> into);
  [[nodiscard]] ssize_t receive_some(std::span<std::uint8_t> into);

  FileHandle socket_;
  std::chrono::steady_clock::time_point deadline_;
  FileHandle descriptor_;
  bool first_ = true;
};

FileHandle listen_for_scans(const std::filesystem::path& socket);  // throws FileError

}  // namespace yizhan
