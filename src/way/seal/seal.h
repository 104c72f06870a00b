#pragma once

// The face of way/seal.

#include "way/seal/sealing.h"
