#pragma once

// The face of model/audit: a centre's evidence log, as an auditor who believes nothing reads it;
// and the accounting equation out of logs.

#include "model/audit/account.h"
#include "model/audit/log_audit.h"
