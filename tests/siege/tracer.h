#pragma once

#include <sys/types.h>

#include <filesystem>

namespace yizhan {

// strace beside a running program and all its threads, until the end of this object.
class Tracer {
 public:
  Tracer(pid_t traced, std::filesystem::path output);  // throws when it can not be attached
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;
  ~Tracer() { stop(); }

  // What the program asked of the system so far.
  std::filesystem::path stop();

 private:
  [[nodiscard]] bool is_attached() const;

  pid_t traced_;
  std::filesystem::path output_;
  pid_t pid_ = -1;
};

}  // namespace yizhan
