#include "ground/net/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace yizhan {

namespace {

constexpr int kBacklog = 1024;
constexpr mode_t kUnixSocketMode = 0660;

// Any of the socket addresses we know, and how much of it is used.
struct SocketAddress {
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
    sockaddr_un local;
    sockaddr_storage room;
  };
  socklen_t size = 0;

  SocketAddress() : room{} { size = sizeof(room); }
};

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

SocketAddress ip_address(const ListenerConfig& config) {
  SocketAddress address;
  if (inet_pton(AF_INET, config.address.c_str(), &address.v4.sin_addr) == 1) {
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(config.port);
    address.size = sizeof(sockaddr_in);
  } else if (inet_pton(AF_INET6, config.address.c_str(), &address.v6.sin6_addr) == 1) {
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(config.port);
    address.size = sizeof(sockaddr_in6);
  } else {
    throw std::runtime_error("listener address is not an IP literal: " + config.address);
  }
  return address;
}

SocketAddress unix_address(const std::string& path) {
  SocketAddress address;
  address.local.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.local.sun_path)) {
    throw std::runtime_error("path of Unix socket too long: " + path);
  }
  std::memcpy(address.local.sun_path, path.c_str(), path.size() + 1);
  address.size = sizeof(sockaddr_un);
  return address;
}

bool is_loopback(const SocketAddress& address) {
  if (address.any.sa_family == AF_INET) return (ntohl(address.v4.sin_addr.s_addr) >> 24) == 127;
  return IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr) != 0;
}

// A socket file that nobody listens on any more would make bind fail after a crash.
void remove_dead_socket(const std::string& path, const SocketAddress& address) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) return;
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) fail("socket");
  const bool dead = connect(probe, &address.any, address.size) != 0 && errno == ECONNREFUSED;
  close(probe);
  if (!dead) throw std::runtime_error("someone already listens on " + path);
  if (unlink(path.c_str()) != 0) fail("unlink " + path);
}

void bind_and_listen(int fd, const SocketAddress& address, const std::string& name) {
  if (bind(fd, &address.any, address.size) != 0) fail("bind " + name);
  if (listen(fd, kBacklog) != 0) fail("listen " + name);
}

void open_tcp(int fd, const ListenerConfig& config, const SocketAddress& address) {
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address.any.sa_family == AF_INET6) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  }
  bind_and_listen(fd, address, config.address + " port " + std::to_string(config.port));
}

void open_unix(int fd, const std::string& path, const SocketAddress& address) {
  // The socket's own mode bounds that of the file from its first moment; then the umask is undone.
  if (fchmod(fd, kUnixSocketMode) != 0) fail("fchmod " + path);
  bind_and_listen(fd, address, path);
  if (chmod(path.c_str(), kUnixSocketMode) != 0) fail("chmod " + path);
}

std::string text_of_ip(const SocketAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.any.sa_family == AF_INET) {
    inet_ntop(AF_INET, &address.v4.sin_addr, text.data(), text.size());
  } else if (IN6_IS_ADDR_V4MAPPED(&address.v6.sin6_addr)) {
    inet_ntop(AF_INET, &address.v6.sin6_addr.s6_addr[12], text.data(), text.size());
  } else {
    inet_ntop(AF_INET6, &address.v6.sin6_addr, text.data(), text.size());
  }
  return text.data();
}

// Nullopt if the peer is gone already.
std::optional<Peer> find_peer(int connected_socket) {
  SocketAddress address;
  if (getpeername(connected_socket, &address.any, &address.size) != 0) return std::nullopt;
  if (address.any.sa_family != AF_UNIX) return Peer{.address = text_of_ip(address)};
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (getsockopt(connected_socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return std::nullopt;
  }
  return Peer{.address = "unix", .uid = credentials.uid};
}

}  // namespace

SocketHandle::~SocketHandle() {
  if (fd_ >= 0) close(fd_);
}

SocketHandle open_listener(const ListenerConfig& config) {
  const bool local = !config.unix_path.empty();
  const auto address = local ? unix_address(config.unix_path) : ip_address(config);
  if (local && config.tls) throw std::runtime_error("TLS on a Unix socket: " + config.unix_path);
  if (!local && !config.tls && !is_loopback(address)) {
    throw std::runtime_error("listener without TLS is not on loopback: " + config.address);
  }
  if (local) remove_dead_socket(config.unix_path, address);
  SocketHandle listener(
      socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (listener.get() < 0) fail("socket");
  if (local) open_unix(listener.get(), config.unix_path, address);
  if (!local) open_tcp(listener.get(), config, address);
  return listener;
}

std::uint16_t port_of(int listening_socket) {
  SocketAddress address;
  if (getsockname(listening_socket, &address.any, &address.size) != 0) fail("getsockname");
  if (address.any.sa_family == AF_UNIX) return 0;
  return ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
}

Result<std::optional<Accepted>> accept_connection(int listening_socket) {
  const int fd = accept4(listening_socket, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) {
    const bool scarce = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    if (scarce) return Refusal{Reason::kUnavailable, std::strerror(errno)};
    return std::optional<Accepted>();  // EAGAIN, or a peer that left while it waited
  }
  SocketHandle connected(fd);
  auto peer = find_peer(fd);
  if (!peer) return std::optional<Accepted>();
  const int on = 1;
  if (!peer->uid) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return std::optional(Accepted{std::move(connected), *std::move(peer)});
}

}  // namespace yizhan
