#pragma once

#include <span>
#include <vector>

#include "ground/antivirus/antivirus.h"

// One connection to clamd (IDSESSION): a question, its answer, the next question. Internal.

namespace yizhan {

class ClamdSocket {
 public:
  // kScannerUnavailable when nobody listens in time, or a stranger does.
  static Result<ClamdSocket> connect(const ClamdSettings& settings);
  ClamdSocket(ClamdSocket&& other) noexcept;
  ClamdSocket& operator=(ClamdSocket&&) = delete;
  ~ClamdSocket();

  // A command as "z…\0", a descriptor behind it if there is one, and the answer without its number
  // and NUL. kScannerUnavailable when the connection breaks, gives more than an answer's length or
  // the answer to something else; kScanIncomplete when the time is over. Either ends the session.
  Result<std::string> ask(std::string_view command, std::optional<int> descriptor,
                          Milliseconds time_max);

  // The same command about several descriptors, all asked before the first answer is read; clamd
  // answers in any order. The answers in the order of the descriptors.
  Result<std::vector<std::string>> ask_all(std::string_view command,
                                           std::span<const int> descriptors,
                                           Milliseconds time_max);

 private:
  explicit ClamdSocket(int socket) : socket_(socket) {}
  bool send_question(std::string_view command, std::optional<int> descriptor);
  Result<std::vector<std::string>> receive(std::size_t count, Milliseconds time_max) const;
  Refusal hang_up(Refusal why);

  int socket_;
  int asked_ = 0;
};

}  // namespace yizhan
