#pragma once

// The face of way/acknowledge.

#include "way/acknowledge/acknowledgement.h"
#include "way/acknowledge/following_up.h"
#include "way/acknowledge/withdrawing.h"
