#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

#include "ground/net/net.h"

namespace yizhan {

// Nobody answers at the socket.
class NotReachable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Questions to a program of this host over its Unix socket (api/openapi.yaml; for the centre
// docs/protocol/terminal-centre.md "Operators"), or to management over TLS. A refusal is the one
// that was answered. Throws NotReachable.
class Line {
 public:
  explicit Line(const std::string& socket);
  // `name`: the other end, for people. Throws std::invalid_argument as Client does.
  Line(Endpoint endpoint, std::string name);

  // The session in which every question from now on is asked.
  void authorize(const SecretBytes& token);

  Result<Json> get(const std::string& path);  // null when there is nothing (204)
  Result<Json> post(const std::string& path, const Json& body, const Headers& headers = {});
  Result<Json> put(const std::string& path, Bytes piece);
  Result<Json> put(const std::string& path, const Json& body);
  Result<Json> remove(const std::string& path);
  // What is no JSON of ours: signed metadata, byte for byte.
  Result<Json> post_bytes(const std::string& path, Bytes body);
  Result<Bytes> get_bytes(const std::string& path);

  // The whole answer that refused last: it may list issues.
  [[nodiscard]] const Json& problem() const { return problem_; }

 private:
  Result<Response> ask(OutgoingRequest request);
  Result<Json> ask_json(const OutgoingRequest& request);

  std::string name_;
  Client client_;
  std::optional<SecretBytes> token_;
  Json problem_;
};

// Asks again for a while when nobody answers or the answer is "unavailable": for the pieces of a
// long transfer.
template <class T>
Result<T> patiently(const std::function<Result<T>()>& question);

extern template Result<Json> patiently(const std::function<Result<Json>()>& question);
extern template Result<Bytes> patiently(const std::function<Result<Bytes>()>& question);

}  // namespace yizhan
