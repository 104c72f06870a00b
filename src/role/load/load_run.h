#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <iosfwd>
#include <memory>
#include <thread>

#include "role/load/connections.h"
#include "role/load/simulated_agency.h"
#include "role/load/turns.h"

namespace yizhan {

// One run: threads that send, that follow the senders' news, and that serve the receivers.
class LoadRun {
 public:
  // Throws when a file can not be used or the plan can not be kept.
  LoadRun(LoadPlan plan, const LoadFiles& files, std::ostream& progress);

  Report run();

 private:
  using Work = std::function<void(const std::stop_token&)>;

  std::vector<std::jthread> start(std::size_t count, const Work& work);
  void for_each_agency(const std::function<void(std::size_t)>& work);
  void catch_up();
  void send(const std::stop_token& stop);
  bool send_next(const std::stop_token& stop);
  [[nodiscard]] Stamp intended_for(std::int64_t number) const;
  [[nodiscard]] bool is_last(std::int64_t number) const;
  void follow();
  void receive();
  int serve(std::size_t agency, std::chrono::seconds wait);
  void watch(const std::function<bool()>& done);
  bool is_stuck();
  void show();
  void fail();

  const LoadPlan plan_;
  std::ostream& progress_;
  Surroundings surroundings_;
  std::vector<std::unique_ptr<SimulatedAgency>> agencies_;  // senders, then receivers
  Ledger ledger_;
  Turns sender_turns_, receiver_turns_;
  Connections connections_;
  Stamp begin_, end_;
  Stamp moved_;  // when something happened last
  std::int64_t events_ = 0;
  std::atomic<std::int64_t> next_ = 0;
  std::atomic<std::size_t> sending_ = 0;  // threads
  Progress shown_;
  std::mutex failure_mutex_;
  std::exception_ptr failure_;  // the first
  std::atomic<bool> failed_ = false;
};

}  // namespace yizhan
