#pragma once

// The face of way/admit.

#include "way/admit/admission.h"
#include "way/admit/quota.h"
#include "way/admit/recollecting.h"
#include "way/admit/taking_over.h"
