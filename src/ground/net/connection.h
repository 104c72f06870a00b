#pragma once

#include "ground/net/registry.h"
#include "ground/net/socket.h"
#include "ground/net/tls_context.h"
#include "ground/net/worker_pool.h"

namespace boost::asio {
class io_context;
}

namespace yizhan {

struct Listener {
  ListenerConfig config;
  TlsContext tls = {};  // nullptr: none
  Registry registry = {};
};

// What all connections of a server use; outlives them.
struct ServerParts {
  Router& router;
  ServerConfig config;
  SystemClock clock = {};
  std::unique_ptr<WorkerPool> workers = {};

  // Words from outside (Wakeups::notify on any thread) reach connections through this door only:
  // it is shut before the connections' io_context goes away.
  struct Door {
    std::mutex mutex;
    bool open = true;
  };
  std::shared_ptr<Door> door = std::make_shared<Door>();

  void log(const AccessRecord& record) const;
};

// Serves an accepted socket until it is closed: TLS, admission, requests. The
// caller has entered it into the listener's registry; it leaves by itself.
void start_connection(boost::asio::io_context& io, ServerParts& parts, Listener& listener,
                      Accepted accepted);

}  // namespace yizhan
