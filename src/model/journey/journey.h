#pragma once

// The face of model/journey: the table of steps, the store in which the stations meet,
// and the journal's place in the log.

#include "model/journey/comebacks.h"
#include "model/journey/custody.h"
#include "model/journey/journal_sealing.h"
#include "model/journey/journey_store.h"
#include "model/journey/relay_store.h"
#include "model/journey/spread_store.h"
#include "model/journey/steps.h"
