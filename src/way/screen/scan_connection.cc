#include "way/screen/scan_connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace yizhan {

namespace {

constexpr int kBacklog = 64;
constexpr std::size_t kLengthBytes = 4;

sockaddr_un address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& name = path.native();
  if (name.size() >= sizeof address.sun_path) throw FileError(ENAMETOOLONG, "socket", path);
  std::copy(name.begin(), name.end(), address.sun_path);
  return address;
}

FileHandle new_socket(const std::filesystem::path& path) {
  return {::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), path};
}

// Room for one descriptor: more than that truncates, and is refused.
struct Control {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> bytes{};
};

bool would_wait(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

ScanConnection::ScanConnection(FileHandle socket, Milliseconds time_max)
    : socket_(std::move(socket)), deadline_(std::chrono::steady_clock::now() + time_max) {}

std::optional<ScanConnection> ScanConnection::connect(const std::filesystem::path& path,
                                                      Milliseconds time_max) {
  const sockaddr_un address = address_of(path);
  FileHandle socket = new_socket(path);
  if (::connect(socket.descriptor(), reinterpret_cast<const sockaddr*>(&address),
                sizeof address) != 0) {
    return std::nullopt;
  }
  return ScanConnection(std::move(socket), time_max);
}

void ScanConnection::extend(Milliseconds time_max) {
  deadline_ = std::chrono::steady_clock::now() + time_max;
}

bool ScanConnection::wait(short events) const {
  const auto left = std::chrono::ceil<Milliseconds>(deadline_ - std::chrono::steady_clock::now());
  if (left.count() <= 0) return false;
  pollfd source{socket_.descriptor(), events, 0};
  // Interrupted or early: the caller tries, and comes back here.
  const auto pause = static_cast<int>(std::min<std::int64_t>(left.count(), 60'000));
  const int ready = ::poll(&source, 1, pause);
  return ready >= 0 || errno == EINTR;
}

bool ScanConnection::send(ByteView message, std::optional<int> descriptor) {
  if (message.size() > kMessageMax) return false;
  const auto length = static_cast<std::uint32_t>(message.size());
  Bytes frame;
  for (int shift = 24; shift >= 0; shift -= 8) {
    frame.push_back(static_cast<std::uint8_t>(length >> shift));
  }
  append(frame, message);
  Control control;
  std::size_t sent = 0;
  while (sent < frame.size()) {
    iovec part{frame.data() + sent, frame.size() - sent};
    msghdr packet{};
    packet.msg_iov = &part;
    packet.msg_iovlen = 1;
    if (sent == 0 && descriptor) {
      packet.msg_control = control.bytes.data();
      packet.msg_controllen = control.bytes.size();
      cmsghdr* const header = CMSG_FIRSTHDR(&packet);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(header), &*descriptor, sizeof(int));
    }
    const ssize_t done = ::sendmsg(socket_.descriptor(), &packet, MSG_NOSIGNAL);
    if (done > 0) sent += static_cast<std::size_t>(done);
    else if (!would_wait(errno) || !wait(POLLOUT)) return false;
  }
  return true;
}

// As recv(2), but the first call also takes a descriptor; -1 when it brought more than that.
ssize_t ScanConnection::receive_some(std::span<std::uint8_t> into) {
  if (!first_) return ::recv(socket_.descriptor(), into.data(), into.size(), 0);
  Control control;
  iovec part{into.data(), into.size()};
  msghdr packet{};
  packet.msg_iov = &part;
  packet.msg_iovlen = 1;
  packet.msg_control = control.bytes.data();
  packet.msg_controllen = control.bytes.size();
  const ssize_t got = ::recvmsg(socket_.descriptor(), &packet, MSG_CMSG_CLOEXEC);
  if (got <= 0) return got;
  first_ = false;
  const cmsghdr* const header = CMSG_FIRSTHDR(&packet);
  const bool rights = header != nullptr && header->cmsg_level == SOL_SOCKET &&
                      header->cmsg_type == SCM_RIGHTS &&
                      header->cmsg_len == CMSG_LEN(sizeof(int));
  if (rights) {
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
    descriptor_ = FileHandle(descriptor, "body");
  }
  const bool truncated = (packet.msg_flags & MSG_CTRUNC) != 0;
  errno = EPROTO;
  return truncated || (header != nullptr && !rights) ? -1 : got;
}

bool ScanConnection::receive_exactly(std::span<std::uint8_t> into) {
  while (!into.empty()) {
    const ssize_t got = receive_some(into);
    if (got == 0) return false;
    if (got > 0) into = into.subspan(static_cast<std::size_t>(got));
    else if (!would_wait(errno) || !wait(POLLIN)) return false;
  }
  return true;
}

std::optional<Bytes> ScanConnection::receive() {
  std::array<std::uint8_t, kLengthBytes> octets{};
  if (!receive_exactly(octets)) return std::nullopt;
  std::size_t length = 0;
  for (const std::uint8_t octet : octets) length = length << 8 | octet;
  if (length == 0 || length > kMessageMax) return std::nullopt;
  Bytes message(length);
  if (!receive_exactly(message)) return std::nullopt;
  return message;
}

bool ScanConnection::peer_is(const std::optional<uid_t>& uid) const {
  if (!uid) return true;
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket_.descriptor(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         peer.uid == *uid;
}

FileHandle listen_for_scans(const std::filesystem::path& path) {
  const sockaddr_un address = address_of(path);
  FileHandle socket = new_socket(path);
  std::filesystem::remove(path);
  if (::bind(socket.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
          0 ||
      // Group too: the exchange runs under another user; the folder says who comes this far.
      ::chmod(path.c_str(), 0660) != 0 || ::listen(socket.descriptor(), kBacklog) != 0) {
    throw FileError(errno, "listen", path);
  }
  return socket;
}

}  // namespace yizhan
