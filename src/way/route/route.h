#pragma once

// The face of way/route.

#include "way/route/routing.h"
