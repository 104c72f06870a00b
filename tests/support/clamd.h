#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

// A real clamd of one's own, with a small signature set, for tests and the demo.

namespace yizhan {

// "YIZHAN-TEST-" and so on: what our own test signature (Yizhan.Test) looks for, in any file.
std::string own_test_pattern();

// Writes clamd.conf and the signatures (EICAR and Yizhan.Test) into `folder` and returns the path
// of the configuration; clamd then listens on folder/clamd.sock. Every limit stands above ours, and
// what is beyond a limit or encrypted is reported instead of passed.
std::string write_clamd_config(const std::string& folder);

class ClamdServer {
 public:
  ClamdServer();  // starts, and waits until it answers; throws std::runtime_error after 20 s
  ClamdServer(const ClamdServer&) = delete;
  ClamdServer& operator=(const ClamdServer&) = delete;
  ~ClamdServer();  // ends it and removes its folder

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string socket_path() const { return folder_ + "/clamd.sock"; }
  [[nodiscard]] pid_t pid() const { return pid_; }

  void kill();                                    // SIGKILL, and gone
  void freeze();                                  // SIGSTOP: takes connections, answers nothing
  void thaw();                                    // SIGCONT
  void start();                                   // again, after kill(); waits until it answers
  // These take effect at the next start().
  void replace_signatures(std::string_view ndb);
  void set_option(const std::string& name, const std::string& value);  // one that stands there

 private:
  std::string folder_;
  pid_t pid_ = -1;
};

}  // namespace yizhan
