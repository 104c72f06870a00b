#include "tests/world/cable.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "ground/base/base.h"

namespace yizhan {

namespace {

constexpr int kLookAgainMs = 20;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

int listen_at(int port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in address = loopback(port);
  YZ_ASSERT(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  YZ_ASSERT(::listen(listener, 64) == 0);
  return listener;
}

bool send_all(int to, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = ::send(to, bytes, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

Cable::Cable(int near_port, int far_port)
    : far_port_(far_port),
      listener_(listen_at(near_port)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Cable::~Cable() {
  thread_.request_stop();
  thread_.join();
  while (!ends_.empty()) hang_up(ends_.begin()->first);
  ::close(listener_);
}

void Cable::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    while (is_cut_ && !ends_.empty()) hang_up(ends_.begin()->first);
    std::vector<pollfd> all = {{listener_, POLLIN, 0}};
    for (const auto& [end, other] : ends_) all.push_back({end, POLLIN, 0});
    if (::poll(all.data(), all.size(), kLookAgainMs) <= 0) continue;
    if ((all[0].revents & POLLIN) != 0) take_connection();
    for (std::size_t i = 1; i < all.size(); ++i) {
      if (all[i].revents != 0 && ends_.contains(all[i].fd)) pump(all[i].fd);
    }
  }
}

void Cable::take_connection() {
  const int near = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  const int far = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(far_port_);
  const auto* there = reinterpret_cast<const sockaddr*>(&address);
  const bool open = !is_cut_ && near >= 0 && ::connect(far, there, sizeof address) == 0;
  if (!open) {
    if (near >= 0) ::close(near);
    ::close(far);
    return;
  }
  ends_[near] = far;
  ends_[far] = near;
}

void Cable::pump(int from) {
  std::array<char, 65536> bytes{};
  const ssize_t read = ::recv(from, bytes.data(), bytes.size(), 0);
  if (read <= 0 || !send_all(ends_.at(from), bytes.data(), static_cast<std::size_t>(read))) {
    return hang_up(from);
  }
  passed_ += read;
}

void Cable::hang_up(int end) {
  const int other = ends_.at(end);
  ends_.erase(end);
  ends_.erase(other);
  ::close(end);
  ::close(other);
}

}  // namespace yizhan
