#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ground/net/router.h"
#include "ground/net/tls_key.h"

// The HTTP/1.1 server. TLS 1.3 only, no tickets, no early data, no compression, no ALPN; strict
// framing: what two parsers could read differently is refused (RFC 9112 §11.2).

namespace yizhan {

struct ServerTls {
  TlsIdentity identity;
  // The client's chain must end at one of these (an issuing CA may stand here itself), for the
  // purpose of a TLS client. Whether this certificate may come here at all is for admit_peer.
  std::vector<Certificate> client_anchors = {};
  bool require_client_certificate = true;  // false: none is asked for (browsers)
};

struct HeaderLimits {
  std::size_t bytes_max = 16 * 1024;  // request line and fields together
  std::size_t fields_max = 64;
  std::size_t target_bytes_max = 2 * 1024;
};

// Either a TCP address with TLS (without TLS on loopback only), or a Unix socket.
struct ListenerConfig {
  std::string address = {};    // an IP literal; names are never looked up
  std::uint16_t port = 0;      // 0: any free one, see Server::ports()
  std::string unix_path = {};  // mode 0660; a dead socket of that name is replaced
  std::optional<ServerTls> tls = {};

  // Asked on a worker thread right after the handshake, before a byte of the request is read. A
  // refusal closes the connection.
  std::function<Result<void>(const Peer&)> admit_peer = {};

  std::size_t connections_max = 50'000;
  std::size_t connections_per_address_max = 50'000;
  std::chrono::milliseconds idle_timeout = std::chrono::seconds{75};
  std::chrono::milliseconds header_timeout = std::chrono::seconds{10};  // also of the handshake
  // After this, the next answer closes the connection, so that the peer is admitted anew.
  std::chrono::milliseconds connection_age_max = std::chrono::hours{1};
  HeaderLimits header = {};
  // Bytes per second, after a grace of header_timeout, for the body and for reading our answer.
  std::size_t rate_min = 4096;
};

// One line of the access log. `status` 0: a connection that was refused before any request.
struct AccessRecord {
  std::string id = {};
  std::string peer = {};                   // address
  std::optional<Sha256> certificate = {};  // of the peer
  std::string method = {};
  std::string path = {};  // as received, without the query
  int status = 0;
  std::size_t request_bytes = 0;  // bodies
  std::size_t response_bytes = 0;
  std::chrono::microseconds duration = {};
  std::string note = {};  // never shown to the peer: what() of an exception, …

  [[nodiscard]] std::string line() const;  // key=value, one line, whatever the peer sent
};

struct ServerConfig {
  // Half of the cores: each more costs switches between them, and gains nothing before it is full.
  std::size_t io_threads = std::max(1U, std::thread::hardware_concurrency() / 2);
  std::size_t worker_threads = 8;
  std::size_t queue_max = 1024;  // requests that wait for a worker; above: 503 with Retry-After
  std::chrono::milliseconds drain = std::chrono::seconds{10};
  // Called from any thread, several at once. Empty: lines to standard error.
  std::function<void(const AccessRecord&)> access_log = {};
};

// Holds sockets and threads. The router must outlive it.
class Server {
 public:
  // Opens the sockets (so ports() is known); throws std::runtime_error with the listener's name if
  // one can not be opened or its TLS identity does not fit together.
  Server(std::vector<ListenerConfig> listeners, Router& router, ServerConfig config);
  ~Server();  // stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void start();
  // Takes no new connection, gives waiting requests their last chance, lets what runs finish until
  // `drain` is over, then closes. Returns when no thread is left. Once.
  void stop();
  // The port of each listener, in their order; 0 for a Unix socket.
  [[nodiscard]] std::vector<std::uint16_t> ports() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace yizhan
