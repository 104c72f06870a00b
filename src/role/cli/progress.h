#pragma once

#include <chrono>
#include <string>

#include "role/cli/session.h"

namespace yizhan {

// One line on a person's screen while a long transfer goes on; nothing for machines, and nothing
// for what is over in a second.
class Progress {
 public:
  Progress(const Session& session, std::string what, std::uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void add(std::uint64_t bytes);

 private:
  const Session& session_;
  std::string what_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace yizhan
