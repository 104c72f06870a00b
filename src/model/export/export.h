#pragma once

// The face of model/export: one document with its evidence as a folder that anyone can check
// offline (docs/protocol/export.md).

#include "model/export/container.h"
#include "model/export/export_builder.h"
#include "model/export/verify_export.h"
