#pragma once

#include "model/evidence/evidence.h"

// Inside way/open: how long what came is thought of; evidence of others is kept as it came, the
// desk has nothing to do on it.

namespace yizhan {

// The longest that a package lives.
constexpr Milliseconds kLifeOfMail = std::chrono::hours{24 * 30};

// From `now` on the centre owes the proof that it stands in its log.
template <class SignedEvidence, class... More>
void keep(Transaction& tx, Time now, const SignedEvidence& evidence, More... more) {
  EvidenceStore store;
  if (store.find(tx, evidence.sha256)) return;
  store.add(tx, evidence, more...);
  const EvidenceId id = store.find(tx, evidence.sha256)->id;
  store.set_published(tx, id);
  ProofStore().await(tx, id, now);
}

}  // namespace yizhan
