#pragma once

// The face of way/submit.

#include "way/submit/submitting.h"
