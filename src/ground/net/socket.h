#pragma once

#include "ground/net/server.h"

// What POSIX does for a listener: opening it, and asking who is at the other end.

namespace yizhan {

class SocketHandle {
 public:
  explicit SocketHandle(int fd) : fd_(fd) {}
  SocketHandle(SocketHandle&& other) noexcept : fd_(other.release()) {}
  SocketHandle& operator=(SocketHandle&&) = delete;
  ~SocketHandle();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// A non-blocking listening socket. Throws std::runtime_error that names it.
SocketHandle open_listener(const ListenerConfig& config);

std::uint16_t port_of(int listening_socket);  // 0 for a Unix socket

struct Accepted {
  SocketHandle socket;  // non-blocking, sends at once (TCP_NODELAY)
  Peer peer;            // address or uid
};

// The next connection; nullopt if none is waiting. Refuses kUnavailable when the process or the
// system is out of descriptors or memory.
Result<std::optional<Accepted>> accept_connection(int listening_socket);

}  // namespace yizhan
