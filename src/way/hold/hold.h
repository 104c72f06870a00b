#pragma once

// The face of way/hold.

#include "way/hold/holding.h"
