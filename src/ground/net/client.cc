#include "ground/net/client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <mutex>
#include <stdexcept>

#include "ground/net/problem.h"
#include "ground/net/tls_context.h"

namespace yizhan {

namespace {

constexpr std::size_t kIdleHandlesMax = 16;
constexpr std::size_t kHeaderBytesMax = 32 * 1024;
constexpr long kTls13Only = CURL_SSLVERSION_TLSv1_3 | (CURL_SSLVERSION_TLSv1_3 << 16);

struct EndHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, EndHandle>;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

// What libcurl fills in during one request.
struct Transfer {
  const Endpoint& endpoint;
  const OutgoingRequest& request;
  Response response = {};
  std::size_t sent = 0;
  std::size_t header_bytes = 0;
  bool too_large = false;
  std::string tls_problem = {};
};

// libcurl asks at least every second whether to go on.
constexpr curl_xferinfo_callback kShallEnd = [](void* stopped, auto... /*amounts*/) -> int {
  return static_cast<const std::atomic<bool>*>(stopped)->load() ? 1 : 0;
};

template <class Value>
void set(const Handle& handle, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(handle.get(), option, value);
  if (code != CURLE_OK) throw std::runtime_error(curl_easy_strerror(code));
}

std::size_t take_body(char* data, std::size_t, std::size_t size, void* to) {
  auto& transfer = *static_cast<Transfer*>(to);
  const auto more = bytes_of({data, size});
  transfer.too_large = transfer.response.body.size() + size > transfer.request.response_bytes_max;
  if (transfer.too_large) return 0;  // ends the transfer
  append(transfer.response.body, more);
  return size;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto begin = std::min(text.find_first_not_of(kBlank), text.size());
  return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

std::size_t take_header(char* data, std::size_t, std::size_t size, void* to) {
  auto& transfer = *static_cast<Transfer*>(to);
  const std::string_view line(data, size);
  transfer.header_bytes += size;
  transfer.too_large = transfer.header_bytes > kHeaderBytesMax;
  if (transfer.too_large) return 0;
  // A status line begins an answer: what came before was an interim one (100 Continue).
  if (line.starts_with("HTTP/")) transfer.response.headers.clear();
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  transfer.response.headers.emplace_back(trimmed(line.substr(0, colon)),
                                         trimmed(line.substr(colon + 1)));
  return size;
}

std::size_t give_body(char* to, std::size_t, std::size_t room, void* from) {
  auto& transfer = *static_cast<Transfer*>(from);
  const Bytes& body = transfer.request.body;
  const auto count = std::min(room, body.size() - transfer.sent);
  std::memcpy(to, body.data() + transfer.sent, count);
  transfer.sent += count;
  return count;
}

int rewind_body(void* from, curl_off_t offset, int origin) {
  auto& transfer = *static_cast<Transfer*>(from);
  if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_FAIL;
  transfer.sent = std::min(static_cast<std::size_t>(offset), transfer.request.body.size());
  return CURL_SEEKFUNC_OK;
}

bool is_pinned(X509* shown, const std::vector<Sha256>& pins) {
  Sha256 digest;
  unsigned int size = 0;
  if (shown == nullptr) return false;
  if (X509_digest(shown, EVP_sha256(), digest.octets.data(), &size) != 1) return false;
  return pins.empty() || std::ranges::find(pins, digest) != pins.end();
}

// The chain as usual, then the pin; during the handshake, so before a byte of ours is sent.
int verify_server(X509_STORE_CTX* store, void* argument) {
  auto& transfer = *static_cast<Transfer*>(argument);
  if (!verify_chain(store, TlsRole::kServer)) {
    transfer.tls_problem = X509_verify_cert_error_string(X509_STORE_CTX_get_error(store));
    return 0;
  }
  if (is_pinned(X509_STORE_CTX_get0_cert(store), transfer.endpoint.pinned_server_certificates)) {
    return 1;
  }
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  transfer.tls_problem = "伺服器憑證不是目錄所登錄者";
  return 0;
}

CURLcode set_up_tls(CURL*, void* context, void* argument) {
  auto& transfer = *static_cast<Transfer*>(argument);
  auto* tls = static_cast<SSL_CTX*>(context);
  const Endpoint& endpoint = transfer.endpoint;
  try {
    set_up_client_context(tls, endpoint.identity ? &*endpoint.identity : nullptr, endpoint.anchors);
  } catch (const std::exception& accident) {  // may not pass through libcurl
    transfer.tls_problem = accident.what();
    return CURLE_SSL_CERTPROBLEM;
  }
  SSL_CTX_set_cert_verify_callback(tls, verify_server, &transfer);
  return CURLE_OK;
}

bool is_address(const std::string& host) {
  std::array<std::uint8_t, sizeof(in6_addr)> room{};
  return host == "localhost" || inet_pton(AF_INET, host.c_str(), room.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), room.data()) == 1;
}

std::string origin_of(const Endpoint& endpoint) {
  if (!endpoint.unix_path.empty()) return "http://localhost";
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  return "https://" + (v6 ? '[' + endpoint.host + ']' : endpoint.host) + ':' +
         std::to_string(endpoint.port);
}

// What is the same for every request of a handle.
void set_transport(const Handle& handle, const Endpoint& endpoint) {
  set(handle, CURLOPT_NOSIGNAL, 1L);
  set(handle, CURLOPT_PROXY, "");
  set(handle, CURLOPT_NOPROXY, "*");
  set(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(handle, CURLOPT_FOLLOWLOCATION, 0L);
  set(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(handle, CURLOPT_HTTP09_ALLOWED, 0L);
  set(handle, CURLOPT_TCP_NODELAY, 1L);
  set(handle, CURLOPT_PATH_AS_IS, 1L);
  if (!endpoint.unix_path.empty()) {
    set(handle, CURLOPT_PROTOCOLS_STR, "http");
    set(handle, CURLOPT_UNIX_SOCKET_PATH, endpoint.unix_path.c_str());
    return;
  }
  set(handle, CURLOPT_PROTOCOLS_STR, "https");
  set(handle, CURLOPT_SSLVERSION, kTls13Only);
  set(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  // A pin says more than a name does; without pins the name must fit.
  set(handle, CURLOPT_SSL_VERIFYHOST, endpoint.pinned_server_certificates.empty() ? 2L : 0L);
  set(handle, CURLOPT_CAINFO, static_cast<char*>(nullptr));
  set(handle, CURLOPT_CAPATH, static_cast<char*>(nullptr));
  set(handle, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  set(handle, CURLOPT_SSL_ENABLE_ALPN, 0L);
  set(handle, CURLOPT_SSL_CTX_FUNCTION, &set_up_tls);
}

void set_method(const Handle& handle, const OutgoingRequest& request) {
  const bool with_body = !request.body.empty() || request.method == Method::kPost ||
                         request.method == Method::kPut || request.method == Method::kPatch;
  if (with_body) {
    set(handle, CURLOPT_UPLOAD, 1L);
    set(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  if (request.method == Method::kHead) set(handle, CURLOPT_NOBODY, 1L);
  set(handle, CURLOPT_CUSTOMREQUEST, std::string(name_of(request.method)).c_str());
}

List list_of(const Headers& headers) {
  List list;
  for (const auto& [name, value] : headers) {
    const std::string line = value.empty() ? name + ';' : name + ": " + value;
    if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      throw std::invalid_argument("request field with a line break: " + name);
    }
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(list.release());
    list.reset(longer);
  }
  return list;
}

void set_request(const Handle& handle, const std::string& origin, Transfer& transfer) {
  set_method(handle, transfer.request);
  set(handle, CURLOPT_URL, (origin + transfer.request.path_and_query).c_str());
  set(handle, CURLOPT_SSL_CTX_DATA, &transfer);
  set(handle, CURLOPT_WRITEFUNCTION, &take_body);
  set(handle, CURLOPT_WRITEDATA, &transfer);
  set(handle, CURLOPT_HEADERFUNCTION, &take_header);
  set(handle, CURLOPT_HEADERDATA, &transfer);
  set(handle, CURLOPT_READFUNCTION, &give_body);
  set(handle, CURLOPT_READDATA, &transfer);
  set(handle, CURLOPT_SEEKFUNCTION, &rewind_body);
  set(handle, CURLOPT_SEEKDATA, &transfer);
}

Refusal failure(CURLcode code, const Transfer& transfer, const char* words) {
  if (transfer.too_large) return {Reason::kTooLarge, "對方之回應超過上限"};
  const std::string detail = transfer.tls_problem.empty() ? words : transfer.tls_problem;
  const bool untrusted = code == CURLE_PEER_FAILED_VERIFICATION || !transfer.tls_problem.empty();
  if (untrusted) return {Reason::kCertificateUntrusted, "伺服器憑證未通過驗證：" + detail};
  return {Reason::kUnavailable, std::string("連線對方失敗：") + curl_easy_strerror(code) +
                                    (detail.empty() ? "" : "（" + detail + "）")};
}

}  // namespace

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~";
  std::string encoded;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || kPlain.find(c) != std::string_view::npos) {
      encoded.push_back(c);
      continue;
    }
    const auto value = static_cast<std::uint8_t>(c);
    encoded.append({'%', kHex[value >> 4], kHex[value & 15]});
  }
  return encoded;
}

// Handles that rest between requests, each with its open connection.
class Client::Pool {
 public:
  explicit Pool(Endpoint endpoint)
      : endpoint_(std::move(endpoint)), origin_(origin_of(endpoint_)) {}

  Result<Response> send(const OutgoingRequest& request, std::chrono::milliseconds deadline) {
    Handle handle = take();
    auto answer = perform(handle, request, deadline);
    // Forgets all options (they point into the stack of this request), keeps the connection.
    curl_easy_reset(handle.get());
    const std::scoped_lock lock(mutex_);
    if (resting_.size() < kIdleHandlesMax) resting_.push_back(std::move(handle));
    return answer;
  }

  void stop() { stopped_ = true; }

 private:
  Result<Response> perform(const Handle& handle, const OutgoingRequest& request,
                           std::chrono::milliseconds deadline) {
    Transfer transfer{.endpoint = endpoint_, .request = request};
    std::array<char, CURL_ERROR_SIZE> words{};
    set_transport(handle, endpoint_);
    set_request(handle, origin_, transfer);
    const List fields = list_of(request.headers);
    set(handle, CURLOPT_HTTPHEADER, fields.get());
    set(handle, CURLOPT_ERRORBUFFER, words.data());
    set(handle, CURLOPT_NOPROGRESS, 0L);
    set(handle, CURLOPT_XFERINFOFUNCTION, kShallEnd);
    set(handle, CURLOPT_XFERINFODATA, &stopped_);
    set(handle, CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(deadline.count())));
    const CURLcode code = curl_easy_perform(handle.get());
    if (code != CURLE_OK) return failure(code, transfer, words.data());
    return finish(handle, std::move(transfer.response));
  }

  static Result<Response> finish(const Handle& handle, Response response) {
    long status = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
    response.content_type = response.header("Content-Type").value_or("");
    response.refusal = find_refusal(response);
    return response;
  }

  Handle take() {
    const std::scoped_lock lock(mutex_);
    Handle handle(resting_.empty() ? curl_easy_init() : resting_.back().release());
    if (!resting_.empty()) resting_.pop_back();
    if (!handle) throw std::bad_alloc();
    return handle;
  }

  const Endpoint endpoint_;
  const std::string origin_;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  std::vector<Handle> resting_;
};

Client::Client(Endpoint endpoint) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw std::runtime_error(curl_easy_strerror(started));
  if (endpoint.unix_path.empty() && !is_address(endpoint.host)) {
    throw std::invalid_argument("endpoint is not an IP address: " + endpoint.host);
  }
  if (endpoint.unix_path.empty() && endpoint.anchors.empty()) {
    throw std::invalid_argument("no trust anchor for the server " + endpoint.host);
  }
  pool_ = std::make_unique<Pool>(std::move(endpoint));
}

Client::~Client() = default;

void Client::stop() { pool_->stop(); }

Result<Response> Client::send(const OutgoingRequest& request, std::chrono::milliseconds deadline) {
  YZ_ASSERT(request.path_and_query.starts_with('/'));
  return pool_->send(request, deadline);
}

}  // namespace yizhan
