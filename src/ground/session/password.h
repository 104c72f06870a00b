#pragma once

#include <string>

#include "ground/session/account.h"
#include "ground/session/policy.h"

// Passwords as they are chosen, kept and compared. Bytes, taken as they come.

namespace yizhan {

// Refuses kPasswordRefused, saying what is wanted: too short, too long, too few classes, a control
// character, or the name of the account in it (capitals or not).
Result<void> check_password(const PasswordPolicy& policy, ByteView password,
                            const AccountName& name);

// Argon2id (RFC 9106) with a salt of its own, in the text form of libsodium.
// Throws std::runtime_error when the memory for it is not there.
std::string hash_password(const PasswordCost& cost, ByteView password);

// Takes as long for a wrong password as for a right one. Throws std::runtime_error when the memory
// is not there, or when the text is not such a hash.
bool matches_password(const std::string& hash, ByteView password);

}  // namespace yizhan
