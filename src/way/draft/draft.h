#pragma once

// The face of way/draft.

#include "way/draft/drafting.h"
