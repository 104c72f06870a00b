#pragma once

#include "ground/crypto/crypto.h"
#include "ground/monitor/readiness.h"

namespace yizhan {

// A short text signed for that use and verified: no CMS, no evidence and no metadata, so nothing
// that anybody could take for a statement. `clock` must outlive the check; shared_ptr: as the
// keyholder's client hands it out.
Readiness::Check sign_check(std::shared_ptr<SigningKey> key, KeyUse use, const Clock& clock);

}  // namespace yizhan
