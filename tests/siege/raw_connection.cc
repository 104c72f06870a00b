#include "tests/siege/raw_connection.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <charconv>

#include "tests/support/key_folder.h"

namespace yizhan {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr timeval kHandshakeTime = {.tv_sec = 20, .tv_usec = 0};

int give_passphrase(char* into, int size, int, void* passphrase) {
  const auto& text = *static_cast<const std::string*>(passphrase);
  YZ_ASSERT(static_cast<std::size_t>(size) >= text.size());
  std::copy(text.begin(), text.end(), into);
  return static_cast<int>(text.size());
}

SSL_CTX* make_context(const Lab& lab, const std::string& folder) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  const auto keys = lab.root() / folder / "keys";
  std::string passphrase = read_file(lab.root() / "passphrase");
  SSL_CTX_set_default_passwd_cb(context, give_passphrase);
  SSL_CTX_set_default_passwd_cb_userdata(context, &passphrase);
  const bool ready =
      SSL_CTX_use_certificate_file(context, (keys / "tls.crt").c_str(), SSL_FILETYPE_PEM) == 1 &&
      SSL_CTX_use_PrivateKey_file(context, (keys / "tls.key").c_str(), SSL_FILETYPE_PEM) == 1;
  YZ_ASSERT(ready);
  return context;
}

sockaddr_in address_of(const std::string& text, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  YZ_ASSERT(::inet_pton(AF_INET, text.c_str(), &address.sin_addr) == 1);
  return address;
}

FileHandle connect_to(std::uint16_t port, const Call& call) {
  FileHandle socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "centre");
  const sockaddr_in from = address_of(call.from, 0), address = address_of("127.0.0.1", port);
  const int at_connect = 1;  // else a port of ours is taken from all addresses
  ::setsockopt(socket.descriptor(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &at_connect,
               sizeof at_connect);
  if (::bind(socket.descriptor(), reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) {
    throw std::runtime_error("no such address: " + call.from);
  }
  if (call.receive_buffer > 0) {
    ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_RCVBUF, &call.receive_buffer,
                 sizeof call.receive_buffer);
  }
  for (const int direction : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    ::setsockopt(socket.descriptor(), SOL_SOCKET, direction, &kHandshakeTime,
                 sizeof kHandshakeTime);
  }
  const int at_once = 1;  // else Nagle's wait would be in every measurement
  ::setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  if (::connect(socket.descriptor(), reinterpret_cast<const sockaddr*>(&address),
                sizeof address) != 0) {
    throw std::runtime_error("the centre takes no connection");
  }
  return socket;
}

}  // namespace

std::uint16_t port_of(const Lab& lab) {
  const std::string text = read_file(lab.root() / "centre/exchange.toml");
  const auto at = text.find("port = ") + 7;
  std::uint16_t port = 0;
  std::from_chars(text.data() + at, text.data() + text.size(), port);
  return port;
}

Visitor::Visitor(const Lab& lab, const std::string& folder)
    : context_(make_context(lab, folder)), port_(port_of(lab)) {
  ::signal(SIGPIPE, SIG_IGN);  // who hangs up on us is an answer, not our end
}

RawConnection Visitor::connect(const Call& call) const {
  RawConnection connection(connect_to(port_, call), SSL_new(context_.get()));
  SSL_set_fd(connection.ssl_.get(), connection.socket_.descriptor());
  if (SSL_connect(connection.ssl_.get()) != 1) throw std::runtime_error("no handshake");
  return connection;
}

bool RawConnection::send(std::string_view bytes) {
  if (bytes.empty()) return true;
  return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
}

std::string RawConnection::read_some(milliseconds patience) {
  std::array<char, 16 * 1024> block{};
  pollfd source{socket_.descriptor(), POLLIN, 0};
  if (SSL_pending(ssl_.get()) == 0 && ::poll(&source, 1, static_cast<int>(patience.count())) <= 0) {
    return {};
  }
  const int got = SSL_read(ssl_.get(), block.data(), static_cast<int>(block.size()));
  ended_ = got <= 0;
  return ended_ ? std::string() : std::string(block.data(), static_cast<std::size_t>(got));
}

std::string RawConnection::read_to_end(milliseconds patience) {
  const auto until = steady_clock::now() + patience;
  std::string text;
  // Never with less than nothing left, which poll() takes for ever.
  for (auto left = patience; !ended_ && left >= milliseconds{0};
       left = std::chrono::floor<milliseconds>(until - steady_clock::now())) {
    text += read_some(left);
  }
  return text;
}

}  // namespace yizhan
