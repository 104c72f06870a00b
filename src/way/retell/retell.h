#pragma once

// The face of way/retell.

#include "way/retell/holdings.h"
#include "way/retell/retelling.h"
