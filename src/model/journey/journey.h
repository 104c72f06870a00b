#pragma once

// The face of model/journey: the table of steps, and the store in which the stations meet.

#include "model/journey/custody.h"
#include "model/journey/journey_store.h"
#include "model/journey/steps.h"
