#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "ground/files/files.h"

namespace yizhan {

// What stands at the engine's socket in its place. Speaks clamd's protocol as far as the scanner
// does: IDSESSION and in it VERSION, PING, FILDES.
class Impostor {
 public:
  enum class Manner {
    kSilent,      // takes every connection and never answers
    kYesSayer,    // calls every file clean
    kGoBetween,   // asks the real engine about files, and answers VERSION in its own words
  };
  struct Plan {
    std::filesystem::path socket;  // replaced
    Manner manner;
    std::string version;               // its answer to VERSION
    std::filesystem::path engine = {};  // the real one, for a go-between
  };

  explicit Impostor(Plan plan);
  ~Impostor();  // hangs up on everybody, leaves no socket
  Impostor(const Impostor&) = delete;
  Impostor& operator=(const Impostor&) = delete;

  [[nodiscard]] int files_seen() const { return files_seen_; }

 private:
  struct Session {
    FileHandle connection;
    int asked = 0;
  };

  void serve(const std::stop_token& stop);
  bool answer(Session& session);  // false: it hung up
  [[nodiscard]] std::string answer_to(const std::string& command) const;
  [[nodiscard]] std::string judge(int descriptor) const;

  Plan plan_;
  FileHandle listener_;
  std::vector<Session> sessions_;
  std::atomic<int> files_seen_ = 0;
  std::jthread thread_;
};

}  // namespace yizhan
