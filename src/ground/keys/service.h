#pragma once

#include <atomic>
#include <list>

#include "ground/keys/desk.h"

namespace yizhan {

// Serves callers over their sockets: one listener a caller, one thread a connection. Who connects
// under a uid that is not the caller's is turned away before a byte is read; what is not a request
// closes the connection. Destruction stops gracefully: a use under way is finished and answered.
class KeyholderService {
 public:
  // Listens when it returns. Throws std::system_error. `journal` outlives this object.
  KeyholderService(CryptoModules modules, std::vector<KeyCaller> callers, UseJournal& journal);
  ~KeyholderService();
  KeyholderService(const KeyholderService&) = delete;
  KeyholderService& operator=(const KeyholderService&) = delete;

  // Reads keys and certificates again, and PIN files that changed. What is wrong goes to the log.
  void reload();
  // Looks again after modules that wait: a card put back, a PIN file corrected. Every few seconds.
  void tend();
  // No module is silent. When this stays false, only a restart helps.
  [[nodiscard]] bool healthy() const;

 private:
  struct Connection {
    Descriptor socket;
    std::atomic<bool> done = false;
    std::jthread thread = {};
  };
  using Connections = std::list<Connection>;

  void listen(const KeyCaller& caller, const Descriptor& listener, std::stop_token stop);
  void accept_one(const KeyCaller& caller, const Descriptor& listener, Connections& connections);
  void serve(const KeyCaller& caller, Connection& connection);
  bool serve_one(const KeyCaller& caller, int socket);

  const CryptoModules modules_;
  const std::vector<KeyCaller> callers_;
  KeyDesk desk_;
  std::vector<Descriptor> listeners_;
  std::vector<std::jthread> threads_;
};

}  // namespace yizhan
