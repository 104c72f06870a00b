#pragma once

#include <mutex>
#include <string>

#include "tests/support/openssl_command.h"

// A time-stamping authority (RFC 3161) by the openssl program: `openssl ts`.

namespace yizhan {

class TimestampAuthority {
 public:
  explicit TimestampAuthority(const std::string& name = "Test Time-Stamps");

  [[nodiscard]] std::string root_pem() const;
  // What it answers to a query; throws when the program refuses it. Any thread.
  Bytes answer(ByteView query);

 private:
  void run(const std::vector<std::string>& arguments);

  std::mutex mutex_;
  OpensslCommand openssl_;
};

}  // namespace yizhan
