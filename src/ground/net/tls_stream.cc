#include "ground/net/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <limits>
#include <new>

namespace yizhan {

namespace {

namespace asio = boost::asio;
using asio::awaitable;
using Socket = TlsStream::Socket;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

// OpenSSL's own BIO for sockets would keep the number of a descriptor that may be closed and given
// to another connection meanwhile, and a peer that is gone would raise SIGPIPE.
Socket& socket_of(BIO* bio) { return *static_cast<Socket*>(BIO_get_data(bio)); }

int result_of(BIO* bio, ssize_t count, int retry) {
  BIO_clear_retry_flags(bio);
  const bool again = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  if (again) BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
  return static_cast<int>(count);
}

int write_socket(BIO* bio, const char* bytes, int count) {
  const auto size = static_cast<std::size_t>(count);
  const int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
  return result_of(bio, send(socket_of(bio).native_handle(), bytes, size, flags),
                   BIO_FLAGS_WRITE);
}

int read_socket(BIO* bio, char* bytes, int room) {
  const auto size = static_cast<std::size_t>(room);
  return result_of(bio, recv(socket_of(bio).native_handle(), bytes, size, MSG_DONTWAIT),
                   BIO_FLAGS_READ);
}

long control_socket(BIO*, int what, long, void*) { return what == BIO_CTRL_FLUSH ? 1 : 0; }

struct FreeMethod {
  void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};

BIO_METHOD* socket_method() {
  static const auto method = [] {
    const int type = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK;
    std::unique_ptr<BIO_METHOD, FreeMethod> made(BIO_meth_new(type, "yizhan socket"));
    if (!made) throw std::bad_alloc();
    BIO_meth_set_write(made.get(), write_socket);
    BIO_meth_set_read(made.get(), read_socket);
    BIO_meth_set_ctrl(made.get(), control_socket);
    return made;
  }();
  return method.get();
}

int capped(std::size_t count) {
  return static_cast<int>(
      std::min<std::size_t>(count, std::numeric_limits<int>::max()));
}

}  // namespace

TlsStream::TlsStream(Socket& socket, ssl_ctx_st* context, TlsRole own_role)
    : socket_(socket), ssl_(SSL_new(context)) {
  BIO* bio = BIO_new(socket_method());
  if (bio == nullptr || !ssl_) {
    BIO_free(bio);
    throw std::bad_alloc();
  }
  BIO_set_data(bio, &socket_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);  // owns it
  SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (own_role == TlsRole::kServer) SSL_set_accept_state(ssl_.get());
  if (own_role == TlsRole::kClient) SSL_set_connect_state(ssl_.get());
}

// After a call that could not finish: waits for what it wants. 1: call it again; 0: it has failed,
// or the peer has closed.
awaitable<int> TlsStream::carry_on(int outcome) {
  const int wants = SSL_get_error(ssl_.get(), outcome);
  if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE) co_return 0;
  const auto side = wants == SSL_ERROR_WANT_READ ? Socket::wait_read : Socket::wait_write;
  const auto [error] = co_await socket_.async_wait(side, kTuple);
  co_return error ? 0 : 1;
}

awaitable<std::string> TlsStream::handshake() {
  while (true) {
    ERR_clear_error();
    errno = 0;
    const int outcome = SSL_do_handshake(ssl_.get());
    if (outcome == 1) co_return std::string();
    const int system = errno;
    const bool more = co_await carry_on(outcome) == 1;
    if (more) continue;
    std::string why = take_tls_errors();
    if (why.empty()) why = system == 0 ? "closed" : std::strerror(system);
    co_return why;
  }
}

awaitable<std::size_t> TlsStream::read_some(void* into, std::size_t room) {
  while (true) {
    ERR_clear_error();
    const int count = SSL_read(ssl_.get(), into, capped(room));
    if (count > 0) co_return static_cast<std::size_t>(count);
    const bool more = co_await carry_on(count) == 1;
    if (!more) co_return 0;
  }
}

awaitable<bool> TlsStream::write(const void* from, std::size_t count) {
  const auto* bytes = static_cast<const std::uint8_t*>(from);
  while (count > 0) {
    ERR_clear_error();
    const int written = SSL_write(ssl_.get(), bytes, capped(count));
    if (written > 0) {
      bytes += written;
      count -= static_cast<std::size_t>(written);
      continue;
    }
    const bool more = co_await carry_on(written) == 1;
    if (!more) co_return false;
  }
  co_return true;
}

awaitable<void> TlsStream::shutdown() {
  while (true) {
    ERR_clear_error();
    const int outcome = SSL_shutdown(ssl_.get());
    if (outcome >= 0) co_return;
    const bool more = co_await carry_on(outcome) == 1;
    if (!more) co_return;
  }
}

}  // namespace yizhan
