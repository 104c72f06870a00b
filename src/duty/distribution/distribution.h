#pragma once

// The face of duty/distribution: what management publishes, and following it.

#include "duty/distribution/calling_centre.h"
#include "duty/distribution/distribution_line.h"
#include "duty/distribution/follow.h"
#include "duty/distribution/follow_journal.h"
#include "duty/distribution/handing_up.h"
#include "duty/distribution/own_report.h"
#include "duty/distribution/publish_journal.h"
#include "duty/distribution/publishing.h"
#include "duty/distribution/report.h"
#include "duty/distribution/repository_routes.h"
