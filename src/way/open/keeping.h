#pragma once

#include "model/evidence/evidence.h"

// Inside way/open: evidence of others is kept as it came; the desk has nothing to do on it.

namespace yizhan {

template <class SignedEvidence, class... More>
void keep(Transaction& tx, EvidenceStore& store, const SignedEvidence& evidence, More... more) {
  if (store.find(tx, evidence.sha256)) return;
  store.add(tx, evidence, more...);
  store.set_published(tx, store.find(tx, evidence.sha256)->id);
}

}  // namespace yizhan
