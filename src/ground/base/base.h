#pragma once

// The face of ground/base: what every other folder may take for granted.

#include "ground/base/assert.h"
#include "ground/base/bytes.h"
#include "ground/base/embedded_file.h"
#include "ground/base/id.h"
#include "ground/base/random.h"
#include "ground/base/reason.h"
#include "ground/base/result.h"
#include "ground/base/secret.h"
#include "ground/base/time.h"
