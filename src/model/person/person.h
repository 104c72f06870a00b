#pragma once

// The face of model/person: what people are to the exchange, and what each may do.

#include "model/person/act.h"
#include "model/person/role.h"
