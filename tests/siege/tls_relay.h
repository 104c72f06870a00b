#pragma once

#include <atomic>
#include <map>
#include <thread>

#include "tests/siege/raw_connection.h"

namespace yizhan {

// Lets a program that has no certificate come to the centre with a visitor's: each connection to
// port() becomes one to the centre, byte by byte, and neither side is read faster than the other.
class TlsRelay {
 public:
  // `calls`: how its connections to the centre differ, in turns. The visitor outlives the relay.
  TlsRelay(const Visitor& visitor, std::vector<Call> calls);
  ~TlsRelay();
  TlsRelay(const TlsRelay&) = delete;
  TlsRelay& operator=(const TlsRelay&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int open() const { return open_; }           // connections at this moment
  [[nodiscard]] int taken() const { return taken_; }         // that were ever passed on
  [[nodiscard]] int turned_away() const { return refused_; }  // the centre shook no hands
  [[nodiscard]] int hung_up_on() const { return hung_up_; }  // that the centre ended

 private:
  struct Pair {
    FileHandle client;
    RawConnection centre;
    std::string for_client = {};  // what it has not taken yet
  };
  void run(const std::stop_token& stop);
  void take_waiting();
  // False: this connection is at its end.
  bool pass_on(Pair& pair, short client_is, short centre_is);

  const Visitor& visitor_;
  const std::vector<Call> calls_;
  FileHandle listener_;
  std::uint16_t port_ = 0;
  std::map<int, Pair> pairs_;  // by the client's descriptor
  std::atomic<int> open_ = 0, taken_ = 0, refused_ = 0, hung_up_ = 0;
  std::jthread thread_;
};

}  // namespace yizhan
