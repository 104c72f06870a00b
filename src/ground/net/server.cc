#include "ground/net/server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <stdexcept>
#include <thread>

#include "ground/net/connection.h"
#include "ground/net/socket.h"

namespace yizhan {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr int kAcceptsAtOnce = 64;
constexpr std::chrono::milliseconds kPauseAfterFailure{100};  // out of descriptors, for one

// Takes connections from one listening socket.
class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(asio::io_context& io, ServerParts& parts, Listener& listener)
      : io_(io),
        parts_(parts),
        listener_(listener),
        strand_(asio::make_strand(io)),
        socket_(strand_, open_listener(listener.config).release()),
        pause_(strand_) {}

  [[nodiscard]] std::uint16_t port() { return port_of(socket_.native_handle()); }

  void accept() {
    socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this()](error_code error) {
                         if (!error && self->take_waiting()) self->accept();
                       });
  }

  void close() {
    asio::post(strand_, [self = shared_from_this()] {
      error_code ignored;
      self->socket_.close(ignored);
      self->pause_.cancel();
    });
  }

 private:
  // False: it goes on later by itself.
  bool take_waiting() {
    for (int i = 0; i < kAcceptsAtOnce; ++i) {
      auto accepted = accept_connection(socket_.native_handle());
      if (!accepted.ok()) {
        pause_.expires_after(kPauseAfterFailure);
        pause_.async_wait([self = shared_from_this()](error_code error) {
          if (!error) self->accept();
        });
        parts_.log({.note = "accept: " + accepted.refusal().detail});
        return false;
      }
      if (!*accepted) return true;
      begin(**std::move(accepted));
    }
    return true;
  }

  void begin(Accepted accepted) {
    const Registry::Caps caps{.all = listener_.config.connections_max,
                              .per_address = listener_.config.connections_per_address_max};
    if (!listener_.registry.enter(accepted.peer.address, caps)) {
      parts_.log({.peer = accepted.peer.address, .note = "too many connections"});
      return;
    }
    start_connection(io_, parts_, listener_, std::move(accepted));
  }

  asio::io_context& io_;
  ServerParts& parts_;
  Listener& listener_;
  asio::strand<asio::io_context::executor_type> strand_;
  asio::posix::stream_descriptor socket_;
  asio::steady_timer pause_;
};

}  // namespace

class Server::Core {
 public:
  Core(std::vector<ListenerConfig> listeners, Router& router, ServerConfig config)
      : parts_{.router = router, .config = std::move(config)} {
    for (ListenerConfig& each : listeners) {
      add(*listeners_.emplace_back(std::make_unique<Listener>(std::move(each))));
    }
  }

  ~Core() { stop(); }

  void start() {
    parts_.workers =
        std::make_unique<WorkerPool>(parts_.config.worker_threads, parts_.config.queue_max);
    for (const auto& acceptor : acceptors_) acceptor->accept();
    for (std::size_t i = 0; i < parts_.config.io_threads; ++i) {
      threads_.emplace_back([this] { io_.run(); });
    }
  }

  void stop() {
    if (std::exchange(stopped_, true)) return;
    for (const auto& acceptor : acceptors_) acceptor->close();
    if (!drain(Ending::kAfterThisAnswer, parts_.config.drain)) {
      static_cast<void>(drain(Ending::kNow, std::chrono::seconds{1}));
    }
    parts_.workers.reset();  // what runs ends first, and its connections hear of it
    {
      const std::scoped_lock lock(parts_.door->mutex);
      parts_.door->open = false;
    }
    io_.stop();
    threads_.clear();
    acceptors_.clear();
  }

  [[nodiscard]] std::vector<std::uint16_t> ports() const {
    std::vector<std::uint16_t> ports;
    for (const auto& acceptor : acceptors_) ports.push_back(acceptor->port());
    return ports;
  }

 private:
  void add(Listener& listener) {
    const ListenerConfig& config = listener.config;
    try {
      if (config.tls) listener.tls = make_server_context(*config.tls);
      acceptors_.push_back(std::make_shared<Acceptor>(io_, parts_, listener));
    } catch (const std::exception& accident) {
      const auto& name = config.unix_path.empty() ? config.address : config.unix_path;
      throw std::runtime_error("listener " + name + ": " + accident.what());
    }
  }

  // True when no connection is left.
  bool drain(Ending ending, std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    bool empty = true;
    for (const auto& listener : listeners_) {
      listener->registry.stop_all(ending);
    }
    for (const auto& listener : listeners_) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          until - std::chrono::steady_clock::now());
      empty = listener->registry.wait_until_empty(left) && empty;
    }
    return empty;
  }

  ServerParts parts_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  asio::io_context io_;  // destroys what is left of connections, which still use the above
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  std::vector<std::shared_ptr<Acceptor>> acceptors_;
  std::vector<std::jthread> threads_;
  bool stopped_ = false;
};

Server::Server(std::vector<ListenerConfig> listeners, Router& router, ServerConfig config)
    : core_(std::make_unique<Core>(std::move(listeners), router, std::move(config))) {}

Server::~Server() = default;

void Server::start() { core_->start(); }
void Server::stop() { core_->stop(); }
std::vector<std::uint16_t> Server::ports() const { return core_->ports(); }

}  // namespace yizhan
