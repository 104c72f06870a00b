#pragma once

// The face of model/host: which programs a host runs, and what its node says of it.

#include "model/host/host_word.h"
#include "model/host/layer.h"
