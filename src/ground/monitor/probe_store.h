#pragma once

#include "ground/monitor/readiness.h"
#include "ground/store/store.h"

namespace yizhan {

// A row written durably and read back. Both must outlive the check.
Readiness::Check store_check(Database& database, const Clock& clock);

}  // namespace yizhan
