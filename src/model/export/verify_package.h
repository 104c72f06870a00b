#pragma once

#include "model/export/verify_evidence.h"

namespace yizhan {

// Inside model/export: one package of an export in all its parts.
struct PackageVerdict {
  VerifiedPackage package;
  DocumentId document;
  std::size_t statement_count;
  ProofCount proofs;
};

Result<PackageVerdict> verify_package(const PackageScene& scene, const MessageKey& expected);

}  // namespace yizhan
