#include "ground/session/totp.h"

#include <oath.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>

namespace yizhan {

namespace {

constexpr std::int64_t kStepSeconds = 30;
constexpr std::int64_t kWindow = 1;

void require_oath() {
  static const bool kReady = oath_init() == OATH_OK;
  YZ_ASSERT(kReady);
}

const char* chars_of(const SecretBytes& secret) {
  return reinterpret_cast<const char*>(secret.view().data());
}

struct Free {
  void operator()(char* text) const noexcept { std::free(text); }
};

}  // namespace

SecretBytes new_totp_secret() {
  SecretBytes secret(kTotpSecretSize);
  fill_random(secret.writable());
  return secret;
}

std::int64_t totp_step_at(Time now) { return now.ms() / (kStepSeconds * 1000); }

std::string totp_code(const SecretBytes& secret, std::int64_t step, unsigned digits) {
  YZ_ASSERT(step >= 0);
  require_oath();
  std::array<char, 16> code{};
  const int made = oath_totp_generate(chars_of(secret), secret.size(), step * kStepSeconds,
                                      kStepSeconds, 0, digits, code.data());
  YZ_ASSERT(made == OATH_OK);
  return code.data();
}

std::optional<std::int64_t> totp_step_of(const SecretBytes& secret, std::string_view code,
                                         Time now) {
  std::optional<std::int64_t> found;
  const std::int64_t present = totp_step_at(now);
  for (std::int64_t step = std::max<std::int64_t>(0, present - kWindow); step <= present + kWindow;
       ++step) {
    const std::string right = totp_code(secret, step);
    if (equal_in_constant_time(bytes_of(right), bytes_of(code))) found = step;
  }
  return found;
}

SecretBytes totp_uri(const SecretBytes& secret, std::string_view issuer, std::string_view name) {
  YZ_ASSERT(std::ranges::all_of(issuer, [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) != 0 || c == '.' || c == '-');
  }));
  require_oath();
  char* made = nullptr;
  std::size_t length = 0;
  YZ_ASSERT(oath_base32_encode(chars_of(secret), secret.size(), &made, &length) == OATH_OK);
  const std::unique_ptr<char, Free> base32(made);
  Bytes uri;
  const auto add = [&](std::string_view text) { append(uri, bytes_of(text)); };
  uri.reserve(256 + 2 * issuer.size() + name.size());  // grown, it would leave copies behind
  add("otpauth://totp/");
  add(issuer);
  add(":");
  add(name);
  add("?secret=");
  add({base32.get(), length});
  add("&issuer=");
  add(issuer);
  wipe({reinterpret_cast<std::uint8_t*>(base32.get()), length});
  return SecretBytes(std::move(uri));
}

}  // namespace yizhan
