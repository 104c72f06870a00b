#pragma once

#include "model/mailbox/outbox_store.h"

namespace yizhan {

// A signature must be fresh when a submission opens (kSigningTimeSkewMax); this much younger it is
// still worth submitting.
inline constexpr Milliseconds kSealFresh = kSigningTimeSkewMax - Milliseconds{60'000};

[[nodiscard]] bool is_fresh(const OutgoingPackage& package, Time now);

// The centre will not have this package. Where only the wait for it made the signature too old, the
// package is discarded and its sending sealed anew; else it and its recipients end here.
void reject(Transaction& tx, OutgoingPackage& package, const Refusal& why, Time now);

// The package never reached the centre and its signature has grown too old.
void discard(Transaction& tx, OutgoingPackage& package, Time now);

}  // namespace yizhan
