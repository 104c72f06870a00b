#pragma once

// The face of model/document: document instance (DI), roster (SW), their checks and renderings.

#include "model/document/cross_check.h"
#include "model/document/instance.h"
#include "model/document/issue.h"
#include "model/document/party.h"
#include "model/document/render.h"
#include "model/document/roster.h"
#include "model/document/types.h"
#include "model/document/unlisted.h"
#include "model/document/values.h"
