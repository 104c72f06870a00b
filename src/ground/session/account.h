#pragma once

#include <set>
#include <string>

#include "ground/base/base.h"

namespace yizhan {

// 3 to 64 of a–z, 0–9, '.', '-', '_', beginning with a letter: no two names look alike.
class AccountName {
 public:
  static Result<AccountName> parse(std::string_view text);  // kBadRequest
  [[nodiscard]] const std::string& text() const { return text_; }
  auto operator<=>(const AccountName&) const = default;

 private:
  explicit AccountName(std::string_view text) : text_(text) {}
  std::string text_;
};

class AccountNoun;
using AccountId = Id<AccountNoun>;

// Of one person, never shared. Never removed, so that the journal's names stay true.
struct PersonalAccount {
  AccountId id;
  AccountName name;
  std::string person;           // as colleagues know them
  std::string scope;            // for which part of the world the roles hold; "": all of it
  std::set<std::string> roles;  // 1 to 64 of a–z and '_' each
  Time opened;
  std::optional<Time> closed;
};

}  // namespace yizhan
