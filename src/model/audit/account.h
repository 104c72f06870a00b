#pragma once

#include <set>

#include "model/evidence/evidence.h"

// The accounting equation, from the logs alone (docs/protocol/evidence.md, "Accounting"):
//
//   recipients of A.1 + recipients of the centre's own B.1
//     = finals in its custody + recipients of B.1 by the next centre + pending under the deadline
//
// and end to end over the logs that are given: recipients of A.1 = finals + pending. What does not
// fit is named: message, recipient, and why.

namespace yizhan {

// No document lives longer than 30 days, and the centre states its end within the hour.
inline constexpr Milliseconds kAccountDeadline = kPackageLifeMax + std::chrono::hours{1};

struct AccountProblem {
  std::string message;    // "sender message-id"
  std::string recipient;  // empty where the log names none
  std::string what;       // for people
};

struct AccountSums {
  std::int64_t accepted = 0;    // recipients of A.1
  std::int64_t taken_over = 0;  // recipients of own B.1; end to end always 0
  std::int64_t finals = 0;
  std::int64_t passed_on = 0;  // recipients of B.1 by the next centre; end to end always 0
  std::int64_t pending = 0;
  std::int64_t overdue = 0;     // of these
  std::int64_t superseded = 0;  // later finals beside the first: no fault, and not counted

  [[nodiscard]] Json describe() const;
};

struct CentreAccount {
  std::string centre;  // the log's origin
  AccountSums sums;
  std::vector<AccountProblem> problems;

  [[nodiscard]] Json describe() const;
};

struct Account {
  std::vector<CentreAccount> centres;
  CentreAccount all;  // end to end; its problems are those that only several logs show

  [[nodiscard]] bool balanced() const;
  [[nodiscard]] Json describe() const;
};

// `now` judges what is overdue. Refuses what survey_log refuses; what is wrong with a log's own
// files is a problem of its centre.
Result<Account> account_of(std::span<const std::filesystem::path> logs, Time now);

}  // namespace yizhan
