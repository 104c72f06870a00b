#include "ground/net/connection.h"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <iostream>
#include <utility>

#include "ground/net/exchange.h"

// A connection is one coroutine on one strand: everything in it runs there, except handlers, which
// run on workers while the coroutine waits for them.

namespace yizhan {

namespace {

namespace asio = boost::asio;
using asio::awaitable;
using boost::system::error_code;
using Socket = asio::generic::stream_protocol::socket;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kIdleRead = 1024;  // an idle connection should cost little
constexpr std::size_t kRead = 16 * 1024;
constexpr std::size_t kOneWriteMax = 16 * 1024;
constexpr std::size_t kLingerBytesMax = 1024 * 1024;
constexpr milliseconds kLinger{2000};

class Connection final : public Stoppable, public std::enable_shared_from_this<Connection> {
 public:
  Connection(Socket socket, Peer peer, ServerParts& parts, Listener& listener)
      : parts_(parts),
        listener_(listener),
        peer_(std::move(peer)),
        socket_(std::move(socket)),
        deadline_(socket_.get_executor()),
        event_(socket_.get_executor()) {
    if (listener_.tls) tls_.emplace(socket_, SSL_new(listener_.tls.get()));
  }
  ~Connection() override {
    listener_.registry.delist(*this);
    listener_.registry.leave(peer_.address);
  }

  void start() {
    listener_.registry.list(*this, weak_from_this());
    asio::co_spawn(socket_.get_executor(), run(),
                   [self = shared_from_this()](const std::exception_ptr& failure) {
                     if (failure) self->log_failure(failure);
                   });
  }

  void stop(Ending ending) override {
    asio::post(socket_.get_executor(), [self = shared_from_this(), ending] {
      self->raise(&Connection::stopping_);
      error_code ignored;
      if (ending == Ending::kNow) self->socket_.close(ignored);
      if (ending == Ending::kAfterThisAnswer && self->idle_) self->socket_.cancel(ignored);
    });
  }

 private:
  awaitable<void> run() {
    const bool open = co_await admit();
    bool more = open;
    while (more) more = co_await serve_one();
    if (open) co_await finish();
    error_code ignored;
    socket_.close(ignored);
    deadline_.cancel();
  }

  // The handshake, and whether this peer may come here.
  awaitable<bool> admit() {
    limit(listener_.config.header_timeout);
    if (tls_) {
      const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, kTuple);
      if (error) {
        log_refused("TLS handshake: " + error.message());
        co_return false;
      }
      peer_.certificate = find_peer_certificate(tls_->native_handle());
      if (listener_.config.tls->require_client_certificate && !peer_.certificate) {
        log_refused("client certificate can not be read");
        co_return false;
      }
    }
    if (!listener_.config.admit_peer) co_return true;
    Result<void> admitted = Reason::kUnavailable;
    // The queue being full leaves the refusal as it is.
    co_await on_worker([this, &admitted] { admitted = ask_admission(); });
    if (!admitted.ok()) {
      log_refused(std::string(code_of(admitted.reason())) + ' ' + admitted.refusal().detail);
    }
    co_return admitted.ok();
  }

  Result<void> ask_admission() {
    try {  // one of the four edges where exceptions end
      return listener_.config.admit_peer(peer_);
    } catch (const std::exception& accident) {
      return Refusal{Reason::kInternal, accident.what()};
    }
  }

  // False: this was the last request of the connection.
  awaitable<bool> serve_one() {
    x_.emplace(listener_.config.header, parts_.clock.now());
    bool here = co_await read_head();
    if (!here) co_return false;
    if (!x_->response) x_->find_route(parts_.router, peer_);
    if (!x_->response && x_->body_unread) here = co_await read_body();
    if (here && !x_->response) here = co_await ask_until_answered();
    if (!here) co_return false;
    const bool sent = co_await write_answer();
    AccessRecord record = x_->record(sent);
    // The handler worked on another thread; until the next co_await this one is ours.
    work_on(x_->subject());
    log(record);
    work_on({});
    lingering_ = x_->body_unread;
    const bool more = sent && x_->framing.keep_alive;
    x_.reset();
    co_return more;
  }

  // False: the peer is gone. True: the header is read, or there is a refusal to send.
  awaitable<bool> read_head() {
    limit(listener_.config.idle_timeout);
    idle_ = unread_.empty();
    while (true) {
      const auto done = x_->reader.read_head(unread_);
      if (!done.ok()) {
        x_->refuse(done.refusal());
        co_return true;
      }
      if (*done) break;
      if (stopping_ && idle_) co_return false;
      const bool more = co_await read_more(idle_ ? kIdleRead : kRead);
      if (!more) co_return false;
      if (idle_) begin_request();
    }
    idle_ = false;
    const RequestHead& head = x_->reader.head();
    x_->body_unread = head.has_body;
    x_->framing.keep_alive = head.keep_alive;
    x_->framing.to_head = head.method == Method::kHead;
    co_return true;
  }

  void begin_request() {
    idle_ = false;
    limit(listener_.config.header_timeout);
    x_->begun = SteadyClock::now();
  }

  // False: the peer is gone. True: the body is read, or there is a refusal to send.
  awaitable<bool> read_body() {
    const RequestHead& head = x_->reader.head();
    const RouteLimits& limits = x_->route->limits;
    if (const auto allowed = x_->reader.allow_body(limits.body_bytes_max); !allowed.ok()) {
      x_->refuse(allowed.refusal());
      co_return true;
    }
    limit(std::min(limits.deadline, time_for(head.body_length.value_or(limits.body_bytes_max))));
    if (head.expects_continue && unread_.empty()) {
      const bool sent = co_await write("HTTP/1.1 100 Continue\r\n\r\n");
      if (!sent) co_return false;
    }
    while (true) {
      const auto done = x_->reader.read_body(unread_);
      if (!done.ok()) {
        x_->refuse(done.refusal());
        co_return true;
      }
      if (*done) break;
      const bool more = co_await read_more(kRead);
      if (!more) co_return false;
    }
    x_->body_unread = false;
    x_->request.body = x_->reader.take_body();
    co_return true;
  }

  // Asks the handler, for a waiting route again whenever it is woken. False: the peer is gone.
  awaitable<bool> ask_until_answered() {
    deadline_.cancel();
    const auto until = SteadyClock::now() + x_->wait;
    bool last = stopping_ || SteadyClock::now() >= until;
    while (true) {
      woken_ = false;  // from here on no word is lost: the handler looks after this
      x_->set_deadline();
      const bool asked =
          co_await on_worker([this, last] { x_->ask(parts_.router.wakeups(), last, waker()); });
      if (!asked) {
        x_->refuse({Reason::kUnavailable, "伺服器忙碌"});
        x_->response->headers.emplace_back("Retry-After", "2");
      }
      if (x_->response) break;
      co_await sleep(until);
      if (gone_) co_return false;
      last = stopping_ || SteadyClock::now() >= until;
    }
    x_->unsubscribe();
    co_return true;
  }

  // Until woken, stopped, or `until`. The peer has nothing to say meanwhile: if its socket becomes
  // readable it has closed, and nobody is left to hand a lease to.
  awaitable<void> sleep(SteadyClock::time_point until) {
    watching_ = unread_.empty();
    if (watching_) watch_for_the_end();
    co_await wait(until, [this] { return woken_ || gone_ || stopping_; });
    error_code ignored;
    if (std::exchange(watching_, false)) socket_.cancel(ignored);
  }

  void watch_for_the_end() {
    socket_.async_wait(Socket::wait_read, [weak = weak_from_this()](error_code error) {
      const auto self = weak.lock();
      if (!self || error || !self->watching_) return;
      if (self->has_nothing_to_read()) return self->watch_for_the_end();
      self->raise(&Connection::gone_);
    });
  }

  // Another thread may bring the word of bytes after this one has read them, so a socket that is
  // said to be readable is asked: taking such a word for the end would hang up on the honest.
  [[nodiscard]] bool has_nothing_to_read() {
    char next = 0;
    const auto count = recv(socket_.native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT);
    return count < 0 && (errno == EAGAIN || errno == EINTR);
  }

  std::function<void()> waker() {
    return [door = parts_.door, weak = weak_from_this()] {
      const std::scoped_lock lock(door->mutex);
      if (!door->open) return;
      if (const auto self = weak.lock()) self->post_raise(&Connection::woken_);
    };
  }

  void raise(bool Connection::*flag) {
    this->*flag = true;
    event_.cancel();
  }
  void post_raise(bool Connection::*flag) {  // from any thread
    asio::post(socket_.get_executor(), [self = shared_from_this(), flag] { self->raise(flag); });
  }

  // Until `ready` says so (whoever raises a flag makes it look again), or `until`.
  template <class Ready>
  awaitable<void> wait(SteadyClock::time_point until, Ready ready) {
    while (!ready() && SteadyClock::now() < until) {
      event_.expires_at(until);
      co_await event_.async_wait(kTuple);
    }
  }

  // False: the queue is full, and the job will not run. Runs on even if the peer goes away.
  awaitable<bool> on_worker(std::function<void()> job) {
    worked_ = false;
    const bool queued =
        parts_.workers->try_submit([self = shared_from_this(), work = std::move(job)] {
          work();
          self->post_raise(&Connection::worked_);
        });
    if (queued) co_await wait(SteadyClock::time_point::max(), [this] { return worked_; });
    co_return queued;
  }

  // What is awaited next must be over by then, or the connection ends.
  void limit(milliseconds from_now) {
    deadline_.expires_after(from_now);
    deadline_.async_wait([weak = weak_from_this()](error_code error) {
      const auto self = weak.lock();
      if (error || !self || self->deadline_.expiry() > SteadyClock::now()) return;
      error_code ignored;
      self->socket_.close(ignored);
    });
  }

  [[nodiscard]] milliseconds time_for(std::size_t bytes) const {
    const auto seconds = bytes / std::max<std::size_t>(listener_.config.rate_min, 1);
    return listener_.config.header_timeout + std::chrono::seconds(seconds);
  }

  // Appends to unread_. False: closed, failed or too slow.
  awaitable<bool> read_more(std::size_t room) {
    const auto had = unread_.size();
    unread_.resize(had + room);
    const auto into = asio::buffer(unread_.data() + had, room);
    error_code error;
    std::size_t count = 0;
    if (tls_) {
      std::tie(error, count) = co_await tls_->async_read_some(into, kTuple);
    } else {
      std::tie(error, count) = co_await socket_.async_read_some(into, kTuple);
    }
    unread_.resize(had + count);
    co_return !error && count > 0;
  }

  awaitable<bool> write(std::string head, ByteView body = {}) {
    const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head),
                                                       asio::buffer(body.data(), body.size())};
    error_code error;
    std::size_t count = 0;
    if (tls_) {
      std::tie(error, count) = co_await asio::async_write(*tls_, buffers, kTuple);
    } else {
      std::tie(error, count) = co_await asio::async_write(socket_, buffers, kTuple);
    }
    co_return !error;
  }

  awaitable<bool> write_answer() {
    const bool old = SteadyClock::now() - born_ > listener_.config.connection_age_max;
    AnswerFraming& framing = x_->framing;
    framing.keep_alive = framing.keep_alive && !x_->body_unread && !old && !stopping_;
    std::string head = x_->frame();
    ByteView body;
    if (sends_body(*x_->response, framing)) body = x_->response->body;
    limit(time_for(body.size()));
    if (body.size() <= kOneWriteMax) {  // one packet instead of two
      head.append(text_of(body));
      body = {};
    }
    co_return co_await write(std::move(head), body);
  }

  // Lets the peer read our last answer before bytes that it still sends make the kernel reset.
  awaitable<void> finish() {
    limit(kLinger);
    if (!lingering_ && tls_) {  // says that we close, without waiting for the peer to say so too
      SSL_set_shutdown(tls_->native_handle(), SSL_RECEIVED_SHUTDOWN);
      co_await tls_->async_shutdown(kTuple);
    }
    if (!lingering_) co_return;
    error_code ignored;
    if (!tls_) socket_.shutdown(Socket::shutdown_send, ignored);
    bool more = true;
    for (std::size_t discarded = 0; more && discarded < kLingerBytesMax;) {
      unread_.clear();
      more = co_await read_more(kRead);
      discarded += unread_.size();
    }
  }

  void log_refused(std::string note) {
    AccessRecord record{.id = Uuid::generate(parts_.clock.now()).text(), .note = std::move(note)};
    log(record);
  }

  void log_failure(const std::exception_ptr& failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& accident) {
      log_refused(std::string("connection: ") + accident.what());
    }
  }

  void log(AccessRecord& record) {
    record.peer = peer_.address;
    if (peer_.certificate) record.certificate = peer_.certificate->sha256();
    parts_.log(record);
  }

  ServerParts& parts_;
  Listener& listener_;
  Peer peer_;
  Socket socket_;
  std::optional<asio::ssl::stream<Socket&>> tls_;
  asio::steady_timer deadline_;  // of what the peer has to do
  asio::steady_timer event_;     // cancelled when a flag below is raised
  const SteadyClock::time_point born_ = SteadyClock::now();
  Bytes unread_;
  std::optional<Exchange> x_;
  bool idle_ = false;  // between two requests
  bool stopping_ = false;
  bool worked_ = false;
  bool woken_ = false;
  bool gone_ = false;
  bool watching_ = false;  // for the peer's end
  bool lingering_ = false;  // the peer is still sending what we refused
};

}  // namespace

void ServerParts::log(const AccessRecord& record) const {
  if (config.access_log) return config.access_log(record);
  std::cerr << record.line() + '\n';
}

void start_connection(boost::asio::io_context& io, ServerParts& parts, Listener& listener,
                      Accepted accepted) {
  const asio::generic::stream_protocol any_family(AF_UNSPEC, 0);
  Socket socket(asio::make_strand(io), any_family, accepted.socket.release());
  std::make_shared<Connection>(std::move(socket), std::move(accepted.peer), parts, listener)
      ->start();
}

}  // namespace yizhan
