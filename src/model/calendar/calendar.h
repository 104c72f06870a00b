#pragma once

// The face of model/calendar.

#include "model/calendar/working_calendar.h"
