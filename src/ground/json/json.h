#pragma once

// The face of ground/json: strict reading, canonical writing, typed members, and the text rules
// they share.

#include "ground/json/canonical.h"
#include "ground/json/code_points.h"
#include "ground/json/members.h"
#include "ground/json/parse.h"
