#pragma once

// The face of duty/release: versions of the product as they are handed down, and whether their
// check codes hold.

#include "duty/release/layer_release.h"
#include "duty/release/received_releases.h"
#include "duty/release/release_version.h"
