#pragma once

#include "ground/antivirus/antivirus.h"

// One connection to clamd: one question, one answer. Internal.

namespace yizhan {

class ClamdSocket {
 public:
  // kScannerUnavailable when nobody listens in time, or a stranger does.
  static Result<ClamdSocket> connect(const ClamdSettings& settings);
  ClamdSocket(ClamdSocket&& other) noexcept;
  ClamdSocket& operator=(ClamdSocket&&) = delete;
  ~ClamdSocket();

  // A command as "z…\0", a descriptor behind it if there is one, and the answer without its NUL.
  // kScannerUnavailable when the connection breaks or gives more than an answer's length;
  // kScanIncomplete when the time is over.
  Result<std::string> ask(std::string_view command, std::optional<int> descriptor,
                          Milliseconds time_max) const;

 private:
  explicit ClamdSocket(int socket) : socket_(socket) {}
  int socket_;
};

}  // namespace yizhan
