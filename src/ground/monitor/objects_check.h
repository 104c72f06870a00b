#pragma once

#include "ground/files/files.h"
#include "ground/monitor/readiness.h"

namespace yizhan {

// 4 KB put durably among the objects, read and removed. `objects` must outlive the check.
Readiness::Check objects_check(ObjectStore& objects);

}  // namespace yizhan
