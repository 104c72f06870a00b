#pragma once

// The face of ground/session: accounts of people, how they log in, who is logged in. Knows no
// roles: they are words on an account here, and mean something above.

#include "ground/session/account.h"
#include "ground/session/accounts.h"
#include "ground/session/password.h"
#include "ground/session/policy.h"
#include "ground/session/sessions.h"
#include "ground/session/totp.h"
