#pragma once

// The face of ground/monitor: how a program stands, for machines that watch it.

#include "ground/monitor/metrics.h"
#include "ground/monitor/monitor_routes.h"
#include "ground/monitor/objects_check.h"
#include "ground/monitor/probe_store.h"
#include "ground/monitor/readiness.h"
#include "ground/monitor/sign_check.h"
