#pragma once

// The face of way/deliver.

#include "way/deliver/delivering.h"
#include "way/deliver/reading.h"
