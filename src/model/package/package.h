#pragma once

// The face of model/package: the sealed package, format 1 (docs/protocol/package.md).

#include "model/package/body.h"
#include "model/package/consignment.h"
#include "model/package/envelope.h"
#include "model/package/header.h"
#include "model/package/limits.h"
#include "model/package/manifest.h"
#include "model/package/opening.h"
#include "model/package/recipients.h"
#include "model/package/relay_offer.h"
#include "model/package/sealing.h"
