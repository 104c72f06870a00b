#include "ground/keys/frame.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "ground/keys/protocol.h"

namespace yizhan {

namespace {

constexpr int kBacklog = 1024;

bool wait_for(int fd, short events, SteadyTime deadline) {
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() < 0) return false;
    pollfd poll_fd{.fd = fd, .events = events, .revents = 0};
    const int ready = ::poll(&poll_fd, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

// Fills the whole span, or says why not.
std::optional<FrameFailure> receive_all(int fd, std::span<std::uint8_t> into, SteadyTime deadline) {
  while (!into.empty()) {
    const ssize_t got = ::recv(fd, into.data(), into.size(), MSG_DONTWAIT);
    if (got > 0) {
      into = into.subspan(static_cast<std::size_t>(got));
    } else if (got == 0) {
      return FrameFailure::kClosed;
    } else if (errno == EAGAIN) {
      if (!wait_for(fd, POLLIN, deadline)) return FrameFailure::kLate;
    } else if (errno != EINTR) {
      return FrameFailure::kClosed;
    }
  }
  return std::nullopt;
}

sockaddr_un address_of(const std::filesystem::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = socket.string();
  if (text.size() >= sizeof(address.sun_path)) {
    throw std::system_error(ENAMETOOLONG, std::generic_category(), "socket " + text);
  }
  std::memcpy(address.sun_path, text.data(), text.size());
  return address;
}

Descriptor unix_socket() {
  return Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

int Descriptor::release() { return std::exchange(fd_, -1); }

bool wait_readable(int fd, SteadyTime deadline) { return wait_for(fd, POLLIN, deadline); }

std::optional<FrameFailure> send_frame(int fd, ByteView frame, SteadyTime deadline) {
  if (frame.empty() || frame.size() > kKeyFrameMax) return FrameFailure::kBadLength;
  std::array<std::uint8_t, 4> length{};
  for (std::size_t i = 0; i < 4; ++i) {
    length[i] = static_cast<std::uint8_t>(frame.size() >> (24 - 8 * i));
  }
  // sendmsg wants pointers to what it only reads.
  std::array<iovec, 2> parts = {iovec{length.data(), length.size()},
                                iovec{const_cast<std::uint8_t*>(frame.data()), frame.size()}};
  std::size_t left = length.size() + frame.size();
  while (left > 0) {
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const ssize_t sent = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EAGAIN && !wait_for(fd, POLLOUT, deadline)) return FrameFailure::kLate;
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return FrameFailure::kClosed;
    auto gone = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    left -= gone;
    for (iovec& part : parts) {
      const std::size_t step = std::min(gone, part.iov_len);
      part = {static_cast<std::uint8_t*>(part.iov_base) + step, part.iov_len - step};
      gone -= step;
    }
  }
  return std::nullopt;
}

std::variant<SecretBytes, FrameFailure> receive_frame(int fd, SteadyTime deadline) {
  std::array<std::uint8_t, 4> head{};
  if (const auto failure = receive_all(fd, head, deadline)) return *failure;
  std::size_t length = 0;
  for (const std::uint8_t octet : head) length = length << 8 | octet;
  if (length == 0 || length > kKeyFrameMax) return FrameFailure::kBadLength;
  SecretBytes frame(length);
  if (const auto failure = receive_all(fd, frame.writable(), deadline)) return *failure;
  return frame;
}

Descriptor connect_unix(const std::filesystem::path& socket) {
  const sockaddr_un address = address_of(socket);
  Descriptor connection = unix_socket();
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (!connection.open() || ::connect(connection.get(), generic, sizeof address) != 0) return {};
  return connection;
}

Descriptor listen_unix(const std::filesystem::path& socket) {
  const sockaddr_un address = address_of(socket);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  ::unlink(socket.c_str());
  Descriptor listener = unix_socket();
  if (!listener.open() || ::bind(listener.get(), generic, sizeof address) != 0 ||
      ::chmod(socket.c_str(), 0666) != 0 || ::listen(listener.get(), kBacklog) != 0) {
    throw std::system_error(errno, std::generic_category(), "socket " + socket.string());
  }
  return listener;
}

}  // namespace yizhan
