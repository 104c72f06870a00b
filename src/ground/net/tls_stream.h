#pragma once

#include <openssl/ssl.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <memory>
#include <string>

#include "ground/net/tls_context.h"

// TLS on a socket of Asio's without buffers of its own. asio::ssl::stream holds some 70 KB for each
// connection as long as it lives; here OpenSSL reads and writes the socket itself, and has buffers
// only while a record is under way (SSL_MODE_RELEASE_BUFFERS): what waits for mail costs little.

namespace yizhan {

// Inside ground/net. One coroutine at a time, on the socket's executor. Closing or cancelling the
// socket ends what is awaited.
class TlsStream {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  // The socket outlives it and does not block. Throws std::bad_alloc.
  TlsStream(Socket& socket, ssl_ctx_st* context, TlsRole own_role);

  // Empty: it is done; otherwise OpenSSL's or the system's words.
  boost::asio::awaitable<std::string> handshake();
  // How many bytes came; 0: closed, failed, or cancelled.
  boost::asio::awaitable<std::size_t> read_some(void* into, std::size_t room);
  // All of it; false: failed or cancelled.
  boost::asio::awaitable<bool> write(const void* from, std::size_t count);
  // Says that we close, without waiting for the peer to say so too.
  boost::asio::awaitable<void> shutdown();

  [[nodiscard]] ssl_st* native() const { return ssl_.get(); }

 private:
  struct Free {
    void operator()(ssl_st* ssl) const { SSL_free(ssl); }
  };

  boost::asio::awaitable<int> carry_on(int outcome);

  Socket& socket_;
  std::unique_ptr<ssl_st, Free> ssl_;
};

}  // namespace yizhan
