#pragma once

// The face of duty/baseline: the standard configuration of hosts, and how a host stands to it.

#include "duty/baseline/debian_version.h"
#include "duty/baseline/findings.h"
#include "duty/baseline/host_state.h"
#include "duty/baseline/host_watch.h"
#include "duty/baseline/layer_baseline.h"
