#include "ground/session/account.h"

#include <algorithm>

namespace yizhan {

namespace {

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

bool may_stand(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

}  // namespace

Result<AccountName> AccountName::parse(std::string_view text) {
  constexpr std::size_t kMin = 3;
  constexpr std::size_t kMax = 64;
  if (text.size() < kMin || text.size() > kMax || !is_letter(text.front()) ||
      !std::ranges::all_of(text, may_stand)) {
    return Refusal{Reason::kBadRequest,
                   "帳號名稱應為 3 至 64 個小寫英文字母、數字或 . - _，並以字母開頭"};
  }
  return AccountName(text);
}

}  // namespace yizhan
