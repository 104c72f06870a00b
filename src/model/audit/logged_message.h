#pragma once

#include <map>

#include "model/audit/account.h"

namespace yizhan {

// Inside model/audit: what one log tells of one message.

struct LoggedFinal {
  std::string type;
  bool by_centre;
  bool own;  // stated in the custody of this log's centre
};

struct LoggedMessage {
  std::int64_t accepted = 0;    // recipients of A.1
  std::int64_t taken_over = 0;  // of B.1 by this centre
  // Recipients of B.1 by others, by who took them.
  std::map<std::string, std::int64_t> passed_on;
  bool rejected = false;                               // A.2
  std::optional<Time> taken;                           // the latest A.1 or own B.1
  std::set<std::string> consigned;                     // recipients of D.1
  std::map<std::string, std::vector<LoggedFinal>> finals;  // by recipient, as the log has them

  [[nodiscard]] std::int64_t passed() const;
};

struct LoggedCentre {
  std::string centre;
  std::map<std::string, LoggedMessage> messages;  // by "sender message-id"
  std::vector<AccountProblem> problems;
};

Result<LoggedCentre> read_logged(const std::filesystem::path& log);

}  // namespace yizhan
