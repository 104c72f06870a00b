#include "model/audit/account.h"

#include "ground/json/json.h"
#include "model/audit/logged_message.h"

namespace yizhan {

namespace {

Json describe_problems(const std::vector<AccountProblem>& problems) {
  Json items = Json::array();
  for (const AccountProblem& item : problems) {
    items.push_back({{"message", item.message},
                     {"recipient", item.recipient},
                     {"what", item.what}});
  }
  return items;
}

bool is_overdue(const LoggedMessage& message, Time now) {
  return message.taken && *message.taken + kAccountDeadline < now;
}

// Recipients that were consigned to and of whom no end is known; the log names no others.
void name_overdue(CentreAccount& account, const std::string& key, const LoggedMessage& message,
                  std::int64_t count) {
  for (const std::string& recipient : message.consigned) {
    if (message.finals.contains(recipient) || count == 0) continue;
    account.problems.push_back({key, recipient, "已逾期限而無最終證據"});
    --count;
  }
  if (count == 0) return;
  account.problems.push_back(
      {key, "", "已逾期限而無最終證據之受文者 " + std::to_string(count) + " 個"});
}

// Several finals are no fault when a recipient and the centre each stated one: the later counts for
// nothing. A centre never ends the same thing twice.
void check_finals(CentreAccount& account, const std::string& key, const LoggedMessage& message) {
  for (const auto& [recipient, finals] : message.finals) {
    const auto by_centre = std::ranges::count(finals, true, &LoggedFinal::by_centre);
    if (by_centre > 1) account.problems.push_back({key, recipient, "中心出具兩份最終證據"});
    account.sums.superseded += static_cast<std::int64_t>(finals.size()) - 1;
    if (message.taken) continue;
    account.problems.push_back({key, recipient, "有最終證據而無受理（A.1）或接管（B.1）"});
  }
}

std::int64_t own_finals(CentreAccount& account, const std::string& key,
                        const LoggedMessage& message) {
  std::int64_t own = 0;
  for (const auto& [recipient, finals] : message.finals) {
    if (finals.front().own) {
      ++own;
    } else if (message.passed_on.empty()) {
      account.problems.push_back({key, recipient, "收取證據未接續本中心之送達（D.1）"});
    }
  }
  return own;
}

void settle(CentreAccount& account, const std::string& key, const LoggedMessage& message,
            Time now) {
  AccountSums& sums = account.sums;
  const std::int64_t taken = message.accepted + message.taken_over;
  const std::int64_t finals = own_finals(account, key, message), passed = message.passed();
  check_finals(account, key, message);
  if (message.rejected && taken > 0) {
    account.problems.push_back({key, "", "既受理（A.1）又不受理（A.2）"});
  }
  sums.accepted += message.accepted;
  sums.taken_over += message.taken_over;
  sums.finals += finals;
  sums.passed_on += passed;
  const std::int64_t rest = taken - finals - passed;
  if (rest < 0 && taken > 0) {
    account.problems.push_back({key, "", "最終證據與移交多於受文者 " + std::to_string(-rest) + " 個"});
  }
  if (rest <= 0) return;
  sums.pending += rest;
  if (!is_overdue(message, now)) return;
  sums.overdue += rest;
  name_overdue(account, key, message, rest);
}

CentreAccount account_of_centre(const LoggedCentre& logged, Time now) {
  CentreAccount account{logged.centre, {}, logged.problems};
  for (const auto& [key, message] : logged.messages) settle(account, key, message, now);
  return account;
}

// One message over all logs.
struct WholeMessage {
  std::int64_t accepted = 0;
  std::optional<Time> taken;
  std::set<std::string> ended;
};

void check_handing_over(CentreAccount& all, const std::vector<LoggedCentre>& centres) {
  std::map<std::string, const LoggedCentre*> by_name;
  for (const LoggedCentre& centre : centres) by_name[centre.centre] = &centre;
  for (const LoggedCentre& from : centres) {
    for (const auto& [key, message] : from.messages) {
      for (const auto& [name, count] : message.passed_on) {
        const auto next = by_name.find(name);
        if (next == by_name.end()) continue;
        const auto there = next->second->messages.find(key);
        const bool is_there =
            there != next->second->messages.end() && there->second.taken_over >= count;
        if (is_there) continue;
        all.problems.push_back({key, "", from.centre + " 已移交，而 " + name + " 之日誌無此接管（B.1）"});
      }
    }
  }
}

CentreAccount end_to_end(const std::vector<LoggedCentre>& centres, Time now) {
  std::map<std::string, WholeMessage> messages;
  for (const LoggedCentre& centre : centres) {
    for (const auto& [key, message] : centre.messages) {
      WholeMessage& whole = messages[key];
      whole.accepted += message.accepted;
      whole.taken = std::max(whole.taken, message.taken);
      for (const auto& [recipient, finals] : message.finals) whole.ended.insert(recipient);
    }
  }
  CentreAccount all;
  for (const auto& [key, whole] : messages) {
    if (whole.accepted == 0) continue;  // accepted by a centre whose log is not given
    const auto ended = static_cast<std::int64_t>(whole.ended.size());
    const std::int64_t rest = whole.accepted - ended;
    all.sums.accepted += whole.accepted;
    all.sums.finals += ended;
    all.sums.pending += std::max<std::int64_t>(rest, 0);
    const bool overdue = rest > 0 && whole.taken && *whole.taken + kAccountDeadline < now;
    if (overdue) all.sums.overdue += rest;
  }
  check_handing_over(all, centres);
  return all;
}

}  // namespace

Json AccountSums::describe() const {
  return {{"accepted", accepted},   {"taken_over", taken_over}, {"finals", finals},
          {"passed_on", passed_on}, {"pending", pending},       {"overdue", overdue},
          {"superseded", superseded}};
}

Json CentreAccount::describe() const {
  return {{"centre", centre}, {"sums", sums.describe()}, {"problems", describe_problems(problems)}};
}

bool Account::balanced() const {
  const bool closes = all.sums.accepted == all.sums.finals + all.sums.pending;
  return closes && all.problems.empty() && all.sums.overdue == 0 &&
         std::ranges::all_of(centres, [](const CentreAccount& centre) {
           return centre.problems.empty();
         });
}

Json Account::describe() const {
  Json items = Json::array();
  for (const CentreAccount& centre : centres) items.push_back(centre.describe());
  return {{"centres", std::move(items)}, {"end_to_end", all.describe()}, {"balanced", balanced()}};
}

Result<Account> account_of(std::span<const std::filesystem::path> logs, Time now) {
  std::vector<LoggedCentre> centres;
  Account account;
  for (const std::filesystem::path& log : logs) {
    centres.push_back(YZ_TRY(read_logged(log)));
    account.centres.push_back(account_of_centre(centres.back(), now));
  }
  account.all = end_to_end(centres, now);
  return account;
}

}  // namespace yizhan
