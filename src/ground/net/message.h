#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ground/base/base.h"
#include "ground/crypto/crypto.h"
#include "ground/json/json.h"

// One HTTP request and its answer, as values: no socket, no thread, no library type.

namespace yizhan {

enum class Method { kGet, kHead, kPut, kPost, kPatch, kDelete };

std::string_view name_of(Method method);
std::optional<Method> find_method(std::string_view name);  // exact upper-case names only

using Headers = std::vector<std::pair<std::string, std::string>>;
// By name, whatever its case; the first if there are several.
std::optional<std::string_view> find_header(const Headers& headers, std::string_view name);

// Who is at the other end of the connection, as the socket itself says; no header can change it.
struct Peer {
  std::string address;  // canonical IP without port or zone (::ffff:a.b.c.d is a.b.c.d), or "unix"
  std::optional<Certificate> certificate = {};  // the TLS client's, its chain already verified
  std::optional<std::uint32_t> uid = {};        // of a Unix socket's peer
};

struct Request {
  Method method = Method::kGet;  // HEAD reaches the handler of GET as kHead; its body is not sent
  std::string path = {};         // percent-decoded once; strict UTF-8, no control characters
  std::map<std::string, std::string> query = {};       // each name at most once
  std::map<std::string, std::string> parameters = {};  // from the route's pattern
  Headers headers = {};                                // each name at most once
  Bytes body = {};
  Peer peer = {};
  std::string id = {};  // trace id (UUIDv7), also in the answer and in the access log

  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const {
    return find_header(headers, name);
  }
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  Headers headers = {};  // beside those that the server sets itself (length, date, trace id)
  Bytes body = {};
  // Server: set by problem(), so that the trace id can be added when it is sent.
  // Client: what the peer's problem document says, if its code is one of ours.
  std::optional<Refusal> refusal = {};

  static Response json(int status, const Json& body);
  // RFC 9457: type "urn:yizhan:reason:CODE", title, status, code, detail, remedy.
  static Response problem(const Refusal& refusal);

  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const {
    return find_header(headers, name);
  }
};

}  // namespace yizhan
