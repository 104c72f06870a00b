#pragma once

#include <atomic>
#include <map>
#include <thread>
#include <vector>

namespace yizhan {

// What lies between two programs on this machine: takes TCP connections at one port and passes
// bytes on to another, until it is cut. A cut cable breaks every connection and takes no more.
class Cable {
 public:
  Cable(int near_port, int far_port);  // both on 127.0.0.1
  ~Cable();
  Cable(const Cable&) = delete;
  Cable& operator=(const Cable&) = delete;

  void cut() { is_cut_ = true; }
  void mend() { is_cut_ = false; }
  // Bytes that have passed so far, both ways.
  [[nodiscard]] long passed() const { return passed_; }

 private:
  void run(const std::stop_token& stop);
  void take_connection();
  void pump(int from);
  void hang_up(int end);

  const int far_port_;
  int listener_;
  std::map<int, int> ends_;  // each end of a connection, and the other
  std::atomic<bool> is_cut_ = false;
  std::atomic<long> passed_ = 0;
  std::jthread thread_;
};

}  // namespace yizhan
