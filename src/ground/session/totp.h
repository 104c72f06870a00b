#pragma once

#include <optional>
#include <string>

#include "ground/base/base.h"

// The second factor: time-based one-time codes (RFC 6238), six digits every 30 seconds, HMAC-SHA-1:
// what every authenticator app knows.

namespace yizhan {

constexpr std::size_t kTotpSecretSize = 20;  // RFC 4226 §4 R6

SecretBytes new_totp_secret();

// The step of 30 s whose code it is: now, the one before or the one after; nullopt for any other.
// Compares all three in constant time. A step counts once: that is the caller's to keep.
std::optional<std::int64_t> totp_step_of(const SecretBytes& secret, std::string_view code,
                                         Time now);

// The code of a step, `digits` 6 or 8: for tests, which stand for the person's app.
std::string totp_code(const SecretBytes& secret, std::int64_t step, unsigned digits = 6);
std::int64_t totp_step_at(Time now);

// otpauth://totp/ISSUER:NAME?secret=…&issuer=ISSUER, for a QR code. The issuer is ASCII letters,
// digits, '.', '-' (YZ_ASSERT). It contains the secret.
SecretBytes totp_uri(const SecretBytes& secret, std::string_view issuer, std::string_view name);

}  // namespace yizhan
