#pragma once

#include "duty/connection/connection.h"
#include "role/cli/session.h"

// 連線異動申請表 as people read it.

namespace yizhan {

// What `management approved` writes and `directory draft` reads.
inline constexpr std::string_view kApprovedFormat = "yizhan-approved-changes-1";

// "1a2b 3c4d …": to be read over the telephone.
std::string spoken(const Sha256& fingerprint);

// The filled-in form, field by field under its printed title.
void print_form(std::ostream& out, const Json& form);

// What was signed, before there is a form of it.
void print_request(std::ostream& out, const SignedChangeRequest& change);
Json describe(const SignedChangeRequest& change);

}  // namespace yizhan
