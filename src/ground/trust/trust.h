#pragma once

// The face of ground/trust: The Update Framework (TUF 1.0), by which management hands down whatever
// is to be believed. What is not verified is not used. Format and choices:
// docs/protocol/distribution.md.

#include "ground/trust/canonical.h"
#include "ground/trust/client.h"
#include "ground/trust/envelope.h"
#include "ground/trust/folder_source.h"
#include "ground/trust/metadata.h"
#include "ground/trust/mirror.h"
#include "ground/trust/names.h"
#include "ground/trust/repository.h"
#include "ground/trust/role_signers.h"
#include "ground/trust/staging.h"
