#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <memory>
#include <string>

#include "ground/files/files.h"
#include "tests/world/lab.h"

namespace yizhan {

// A TLS connection to the centre's terminals' port that sends any bytes at all: what no client of
// ours would send.
class RawConnection {
 public:
  // False: the peer has hung up.
  bool send(std::string_view bytes);
  // All that comes until the peer hangs up or `patience` is over.
  std::string read_to_end(std::chrono::milliseconds patience);
  // What comes next, once something does; empty: hung up, or too late.
  std::string read_some(std::chrono::milliseconds patience);
  [[nodiscard]] bool is_ended() const { return ended_; }
  [[nodiscard]] int descriptor() const { return socket_.descriptor(); }

 private:
  friend class Visitor;
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  RawConnection(FileHandle socket, SSL* ssl) : socket_(std::move(socket)), ssl_(ssl) {}

  FileHandle socket_;
  std::unique_ptr<SSL, Free> ssl_;
  bool ended_ = false;
};

// How a connection differs from any other.
struct Call {
  std::string from = "127.0.0.1";  // address
  int receive_buffer = 0;          // bytes, of the kernel for what we do not read; 0: its own idea
};

// Comes to the centre with the certificate of agency `folder`'s terminal.
class Visitor {
 public:
  Visitor(const Lab& lab, const std::string& folder);
  // Throws when the centre does not answer the handshake in time.
  [[nodiscard]] RawConnection connect(const Call& call = {}) const;

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
  std::uint16_t port_;
};

std::uint16_t port_of(const Lab& lab);

}  // namespace yizhan
