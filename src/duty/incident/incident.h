#pragma once

// The face of duty/incident: what a centre found, to whom it leads, what was done about it and by
// when; and how management follows it to its end.

#include "duty/incident/detection.h"
#include "duty/incident/found_incidents.h"
#include "duty/incident/incident_book.h"
#include "duty/incident/incident_cases.h"
#include "duty/incident/incident_impact.h"
#include "duty/incident/incident_report.h"
#include "duty/incident/own_detections.h"
