#pragma once

#include "tests/support/export_scene.h"

namespace yizhan {

// All evidence of the scene over again: what one party states, under one signature.
inline void sign_in_batches(ExportScene& scene) {
  std::map<SoftwareKey*, std::vector<EvidenceRow*>> signers;
  for (EvidenceRow& row : scene.rows) {
    if (row.kind == kVerdictKind) continue;
    signers[&scene.signing_key(Statement::parse(row.statement).value())].push_back(&row);
  }
  for (const auto& [key, stated] : signers) {
    std::vector<Bytes> statements;
    for (const EvidenceRow* row : stated) statements.push_back(row->statement);
    const auto batch = sign_batch(statements, *key, stated.back()->created).value();
    for (std::size_t i = 0; i < stated.size(); ++i) stated[i]->cms = batch[i];
  }
}

}  // namespace yizhan
