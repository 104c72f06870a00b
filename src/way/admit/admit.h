#pragma once

// The face of way/admit.

#include "way/admit/admission.h"
