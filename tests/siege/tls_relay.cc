#include "tests/siege/tls_relay.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include "ground/base/base.h"

namespace yizhan {

namespace {

constexpr int kBacklog = 4096;
constexpr int kTurn = 20;  // milliseconds
constexpr std::size_t kBlock = 16 * 1024;

FileHandle listen_anywhere() {
  FileHandle listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "relay");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  YZ_ASSERT(::bind(listener.descriptor(), reinterpret_cast<const sockaddr*>(&address),
                   sizeof address) == 0);
  YZ_ASSERT(::listen(listener.descriptor(), kBacklog) == 0);
  return listener;
}

std::uint16_t bound_port(const FileHandle& listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(listener.descriptor(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace

TlsRelay::TlsRelay(const Visitor& visitor, std::vector<Call> calls)
    : visitor_(visitor),
      calls_(std::move(calls)),
      listener_(listen_anywhere()),
      port_(bound_port(listener_)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

TlsRelay::~TlsRelay() = default;  // the thread is asked to stop, and joined, before all else goes

void TlsRelay::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::vector<pollfd> asked = {{listener_.descriptor(), POLLIN, 0}};
    for (const auto& [client, pair] : pairs_) {
      const bool full = !pair.for_client.empty();
      asked.push_back({client, static_cast<short>(full ? POLLOUT : POLLIN), 0});
      asked.push_back({pair.centre.descriptor(), static_cast<short>(full ? POLLRDHUP : POLLIN), 0});
    }
    ::poll(asked.data(), asked.size(), kTurn);
    for (std::size_t i = 1; i + 1 < asked.size(); i += 2) {
      const auto pair = pairs_.find(asked[i].fd);
      if (!pass_on(pair->second, asked[i].revents, asked[i + 1].revents)) pairs_.erase(pair);
    }
    if (asked[0].revents != 0) take_waiting();
    open_ = static_cast<int>(pairs_.size());
  }
}

void TlsRelay::take_waiting() {
  const int accepted =
      ::accept4(listener_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (accepted < 0) return;
  FileHandle client(accepted, "client");
  try {
    const Call& call = calls_[static_cast<std::size_t>(taken_) % calls_.size()];
    pairs_.emplace(accepted, Pair{std::move(client), visitor_.connect(call)});
    ++taken_;
  } catch (const std::runtime_error&) {
    ++refused_;
  }
}

bool TlsRelay::pass_on(Pair& pair, short client_is, short centre_is) {
  std::array<char, kBlock> block{};
  if ((client_is & (POLLERR | POLLHUP)) != 0) return false;
  if ((client_is & POLLIN) != 0) {
    const auto got = ::recv(pair.client.descriptor(), block.data(), block.size(), 0);
    if (got <= 0) return false;
    pair.centre.send({block.data(), static_cast<std::size_t>(got)});
  }
  if (centre_is != 0) {
    pair.for_client += pair.centre.read_some(std::chrono::milliseconds{0});
    if (pair.centre.is_ended()) {
      ++hung_up_;
      return false;
    }
  }
  if (pair.for_client.empty()) return true;
  const auto put = ::send(pair.client.descriptor(), pair.for_client.data(), pair.for_client.size(),
                          MSG_NOSIGNAL);
  if (put > 0) pair.for_client.erase(0, static_cast<std::size_t>(put));
  return true;
}

}  // namespace yizhan
