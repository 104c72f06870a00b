#pragma once

// The face of way/relay.

#include "way/relay/evidence_following.h"
#include "way/relay/pace.h"
#include "way/relay/relaying.h"
