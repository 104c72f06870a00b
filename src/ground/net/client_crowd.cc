#include "ground/net/client_crowd.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/vector_body.hpp>
#include <deque>
#include <stdexcept>
#include <thread>
#include <unordered_map>

#include "ground/net/tls_stream.h"

namespace yizhan {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using Socket = TlsStream::Socket;
using std::chrono::milliseconds;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kRead = 1024;  // it stands in what each that waits holds
constexpr std::uint64_t kAnswerBytesMax = 16U << 20;
constexpr int kRefused = 400;
constexpr milliseconds kOpening{30'000};
constexpr milliseconds kAgain{1000};
constexpr milliseconds kLook{20};  // whether somebody is to be connected again

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string(what) + ": " + take_tls_errors());
}

tcp::endpoint tcp_address(const std::string& address, std::uint16_t port) {
  error_code error;
  const auto ip = asio::ip::make_address_v4(address, error);
  if (error) throw std::invalid_argument("not an IPv4 address: " + address);
  return {ip, port};
}

TlsContext context_for(const Endpoint& server) {
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  require(context != nullptr, "TLS context");
  set_up_client_context(context.get(), nullptr, server.anchors);
  SSL_CTX_set_cert_verify_callback(
      context.get(),
      [](X509_STORE_CTX* chain, void*) { return verify_chain(chain, TlsRole::kServer) ? 1 : 0; },
      nullptr);
  return context;
}

// One client's connection.
class Caller {
 public:
  Caller(asio::io_context& io, const CrowdPlan& plan, ssl_ctx_st* context, std::size_t number)
      : plan_(plan), number_(number), socket_(io), tls_(socket_, context, TlsRole::kClient) {
    const TlsIdentity& identity = plan.server.identity.value();
    const auto own = static_cast<X509*>(member().certificate.x509());
    require(SSL_use_certificate(tls_.native(), own) == 1, "TLS certificate");
    for (std::size_t i = 1; i < identity.chain.size(); ++i) {
      const auto issuer = static_cast<X509*>(identity.chain[i].x509());
      require(SSL_add1_chain_cert(tls_.native(), issuer) == 1, "TLS chain");
    }
    const auto key = static_cast<EVP_PKEY*>(identity.key.native());
    require(SSL_use_PrivateKey(tls_.native(), key) == 1, "TLS key");
  }

  [[nodiscard]] std::size_t number() const { return number_; }
  void close() {
    error_code ignored;
    socket_.close(ignored);
  }

  // Empty: it is open.
  awaitable<std::string> open() {
    error_code error;
    socket_.open({AF_INET, IPPROTO_TCP}, error);
    if (error) co_return error.message();
    // Which address, but not which port: that is chosen when it connects.
    const int later = 1;
    setsockopt(socket_.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &later, sizeof later);
    socket_.bind(tcp_address(member().address, 0), error);
    if (error) co_return error.message();
    const Socket::endpoint_type server = tcp_address(plan_.server.host, plan_.server.port);
    std::tie(error) = co_await socket_.async_connect(server, kTuple);
    if (error) co_return error.message();
    socket_.native_non_blocking(true, error);
    socket_.set_option(tcp::no_delay(true), error);
    const std::string failure = co_await tls_.handshake();
    if (!failure.empty()) co_return failure;
    const auto shown = find_peer_certificate(tls_.native());
    const auto& pins = plan_.server.pinned_server_certificates;
    const bool known = shown && std::ranges::find(pins, shown->sha256()) != pins.end();
    co_return known || pins.empty() ? std::string() : std::string("server is not the one pinned");
  }

  awaitable<bool> ask(const std::string& target) {
    const std::string request = "GET " + target + " HTTP/1.1\r\nHost: " + plan_.server.host +
                                "\r\nAccept: application/json\r\n\r\n";
    co_return co_await tls_.write(request.data(), request.size());
  }

  // nullopt: the connection has ended, or what came is no answer.
  awaitable<std::optional<Response>> answer() {
    // Nothing is there while nothing has come.
    std::optional<http::response_parser<http::vector_body<std::uint8_t>>> parser;
    Bytes unread;
    while (!parser || !parser->is_done()) {
      std::array<std::uint8_t, kRead> some;
      const std::size_t count = co_await tls_.read_some(some.data(), some.size());
      if (count == 0) co_return std::nullopt;
      if (!parser) {
        parser.emplace();
        parser->eager(true);
        parser->body_limit(kAnswerBytesMax);
      }
      unread.insert(unread.end(), some.begin(), some.begin() + std::ptrdiff_t(count));
      error_code error;
      const std::size_t used = parser->put(asio::buffer(unread), error);
      unread.erase(unread.begin(), unread.begin() + std::ptrdiff_t(used));
      if (error && error != http::error::need_more) co_return std::nullopt;
    }
    Response response;
    response.status = static_cast<int>(parser->get().result_int());
    response.body = std::move(parser->get().body());
    co_return response;
  }

 private:
  [[nodiscard]] const CrowdMember& member() const { return plan_.members[number_]; }

  const CrowdPlan& plan_;
  const std::size_t number_;
  Socket socket_;
  TlsStream tls_;
};

}  // namespace

class ClientCrowd::Core {
 public:
  Core(CrowdPlan plan, CrowdAsking asking)
      : plan_(std::move(plan)), asking_(std::move(asking)), context_(context_for(plan_.server)) {
    if (!plan_.server.identity) throw std::invalid_argument("a crowd without an identity");
    for (std::size_t i = 0; i < plan_.members.size(); ++i) to_open_.push_back(i);
  }
  ~Core() { stop(); }

  void start() {
    for (std::size_t i = 0; i < plan_.opening_max; ++i) spawn(open_next());
    thread_ = std::jthread([this] { io_.run(); });
  }

  void stop() {
    if (!thread_.joinable()) return;
    io_.stop();
    thread_.join();
    callers_.clear();
  }

  [[nodiscard]] std::size_t waiting() const { return waiting_; }

 private:
  // What fails in a coroutine is our mistake, or memory is out: the crowd ends, loudly.
  void spawn(awaitable<void> work) {
    asio::co_spawn(io_, std::move(work), [](const std::exception_ptr& failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }

  awaitable<void> pause(milliseconds time) {
    asio::steady_timer timer(io_, time);
    co_await timer.async_wait(kTuple);
  }

  // One of those that open connections, as long as there are any to open.
  awaitable<void> open_next() {
    while (true) {
      if (to_open_.empty()) {
        co_await pause(kLook);
        continue;
      }
      const std::size_t number = to_open_.front();
      to_open_.pop_front();
      auto& caller = callers_[number];
      caller = std::make_unique<Caller>(io_, plan_, context_.get(), number);
      asio::steady_timer limit(io_, kOpening);
      limit.async_wait([this, number](error_code error) {
        const auto slow = callers_.find(number);
        if (!error && slow != callers_.end()) slow->second->close();
      });
      const std::string failure = co_await caller->open();
      limit.cancel();
      if (failure.empty()) {
        spawn(converse(*caller));
      } else {
        spawn(lose(number, failure));
      }
    }
  }

  awaitable<void> converse(Caller& caller) {
    const std::size_t number = caller.number();
    std::string why = "closed";
    while (true) {
      const bool asked = co_await caller.ask(asking_.next(number));
      if (!asked) break;
      ++waiting_;
      const std::optional<Response> response = co_await caller.answer();
      --waiting_;
      if (!response) break;
      if (response->status >= kRefused) {
        why = "status " + std::to_string(response->status);
        break;
      }
      asking_.answered(number, *response);
    }
    co_await lose(number, std::move(why));
  }

  awaitable<void> lose(std::size_t number, std::string why) {
    callers_.erase(number);
    asking_.lost(number, why);
    co_await pause(kAgain + milliseconds(number % 1000));
    to_open_.push_back(number);
  }

  const CrowdPlan plan_;
  const CrowdAsking asking_;
  const TlsContext context_;
  std::deque<std::size_t> to_open_;
  std::atomic<std::size_t> waiting_ = 0;
  std::unordered_map<std::size_t, std::unique_ptr<Caller>> callers_;
  // Before what it destroys at its end: coroutines, which use the above.
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  std::jthread thread_;
};

ClientCrowd::ClientCrowd(CrowdPlan plan, CrowdAsking asking)
    : core_(std::make_unique<Core>(std::move(plan), std::move(asking))) {}

ClientCrowd::~ClientCrowd() = default;

void ClientCrowd::start() { core_->start(); }
std::size_t ClientCrowd::waiting() const { return core_->waiting(); }
void ClientCrowd::stop() { core_->stop(); }

}  // namespace yizhan
