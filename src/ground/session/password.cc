#include "ground/session/password.h"

#include <sodium.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

namespace yizhan {

namespace {

void require_sodium() {
  static const bool kReady = sodium_init() >= 0;
  YZ_ASSERT(kReady);
}

// Nothing typed is a text too: the library takes no null pointer.
const char* chars_of(ByteView bytes) {
  return bytes.empty() ? "" : reinterpret_cast<const char*>(bytes.data());
}

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_letter(char a, char b) { return small(a) == small(b); }

bool is_within(char c, char first, char last) { return c >= first && c <= last; }

int classes_in(std::string_view text) {
  bool smalls = false;
  bool capitals = false;
  bool digits = false;
  bool others = false;
  for (const char c : text) {
    if (is_within(c, 'a', 'z')) {
      smalls = true;
    } else if (is_within(c, 'A', 'Z')) {
      capitals = true;
    } else if (is_within(c, '0', '9')) {
      digits = true;
    } else {
      others = true;
    }
  }
  return int{smalls} + int{capitals} + int{digits} + int{others};
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// Every byte that does not go on with a code point begins one.
std::size_t code_points_in(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

Refusal refused(const std::string& why) { return {Reason::kPasswordRefused, why}; }

}  // namespace

// 五(一)1: 納入密碼原則
Result<void> check_password(const PasswordPolicy& policy, ByteView password,
                            const AccountName& name) {
  const std::string_view text = text_of(password);
  if (text.size() > policy.bytes_max) {
    return refused("密碼過長，至多 " + std::to_string(policy.bytes_max) + " 位元組");
  }
  if (std::ranges::any_of(text, is_control)) return refused("密碼不得含控制字元");
  if (code_points_in(text) < policy.length_min) {
    return refused("密碼至少 " + std::to_string(policy.length_min) + " 個字元");
  }
  if (classes_in(text) < policy.classes_min) {
    return refused("密碼應含小寫字母、大寫字母、數字、其他符號中之 " +
                   std::to_string(policy.classes_min) + " 類");
  }
  const std::string& own = name.text();
  if (std::search(text.begin(), text.end(), own.begin(), own.end(), same_letter) != text.end()) {
    return refused("密碼不得含帳號名稱");
  }
  return {};
}

std::string hash_password(const PasswordCost& cost, ByteView password) {
  require_sodium();
  std::string hash(crypto_pwhash_STRBYTES, '\0');
  if (crypto_pwhash_str_alg(hash.data(), chars_of(password), password.size(), cost.operations,
                            cost.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw std::runtime_error("Argon2id: no memory for a password");
  }
  hash.resize(hash.find('\0'));
  return hash;
}

bool matches_password(const std::string& hash, ByteView password) {
  require_sodium();
  // The library says -1 both for another password and for want of memory; only the first is EINVAL,
  // and the second must not look like a failure of whoever logs in.
  errno = 0;
  if (crypto_pwhash_str_verify(hash.c_str(), chars_of(password), password.size()) == 0) return true;
  if (errno != EINVAL || !hash.starts_with(crypto_pwhash_STRPREFIX)) {
    throw std::runtime_error("Argon2id: no memory, or not a hash");
  }
  return false;
}

}  // namespace yizhan
