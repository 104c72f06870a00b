#pragma once

// The face of duty/distribution: following what management hands down.

#include "duty/distribution/distribution_line.h"
#include "duty/distribution/follow.h"
#include "duty/distribution/follow_journal.h"
#include "duty/distribution/report.h"
