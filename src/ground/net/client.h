#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ground/net/message.h"
#include "ground/net/tls_key.h"

// Asking another program: TLS 1.3 only, no redirect, no proxy, no environment, no DNS.

namespace yizhan {

// Either a host with TLS, or a Unix socket without.
struct Endpoint {
  std::string host = {};  // an IP literal or "localhost": addresses come from the directory
  std::uint16_t port = 0;
  std::string unix_path = {};

  std::optional<TlsIdentity> identity = {};  // ours; none: we show no certificate
  std::vector<Certificate> anchors = {};     // the server's chain must end at one of these
  // The server's own certificate must be one of these. Empty: the chain decides alone, and the
  // certificate must then name `host`.
  std::vector<Sha256> pinned_server_certificates = {};
};

struct OutgoingRequest {
  Method method = Method::kGet;
  std::string path_and_query = {};  // percent-encoded, begins with "/"
  Headers headers = {};
  Bytes body = {};
  std::size_t response_bytes_max = 16 * 1024 * 1024;  // of the body
};

// Percent-encodes one path segment or one query value (everything but RFC 3986 unreserved).
std::string percent_encode(std::string_view text);

// Thread-safe; keeps connections for the next request.
class Client {
 public:
  // Throws std::invalid_argument for an endpoint that can not be used (a name instead of an
  // address, TLS without anchors).
  explicit Client(Endpoint endpoint);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Any answer of the peer, 4xx and 5xx too, is a value. Refuses: kUnavailable (could not connect,
  // too slow, closed, the peer refused us), kCertificateUntrusted (the server's chain or pin),
  // kTooLarge (its answer).
  [[nodiscard]] Result<Response> send(const OutgoingRequest& request,
                                      std::chrono::milliseconds deadline);
  // Within about a second what is under way, and from now on every request, is kUnavailable: for
  // a program that ends. Any thread.
  void stop();

 private:
  class Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace yizhan
