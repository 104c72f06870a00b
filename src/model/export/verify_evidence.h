#pragma once

#include <set>

#include "model/export/verify_files.h"
#include "model/export/verify_signers.h"

// Inside model/export: verdicts and evidence of one package, each by itself, along their chain, and
// in the log.

namespace yizhan {

struct PackageScene {
  ExportFiles& files;
  ExportSigners& signers;
  const Directory& directory;
  const ExportTrust& trust;
  std::string folder;  // "packages/01/"
};

// Where an evidence stands in the log of a centre. What was entered first has the lower index.
struct LogPlace {
  CentreCode centre;
  std::uint64_t index;
};

struct ReadStatement {
  std::size_t number;
  std::string file;
  SignedStatement content;
  std::optional<LogPlace> place = {};  // once check_proofs has seen its proof
};

struct ReadVerdict {
  std::size_t number;
  std::string file;
  SignedVerdict content;
};

struct PackageEvidence {
  std::vector<ReadStatement> statements;  // both ascending by number
  std::vector<ReadVerdict> verdicts;

  // The first A.1, or else A.2; check_chain has seen that there is one.
  [[nodiscard]] const Statement& decision() const;
};

// Signature, name of the file, who signed and whether they may state this, which message.
Result<PackageEvidence> read_evidence(const PackageScene& scene, const SealedHeader& sealed);

// Every statement names what it follows, about recipients of this package; the home centre has
// decided once.
Result<void> check_chain(const PackageEvidence& evidence, const SealedHeader& sealed,
                         const std::set<Addressee>& recipients);

// Custody went from centre to centre with B.1: it follows the acceptance, names whom it takes over,
// and whoever else decides about a recipient has taken it over before.
Result<void> check_custody(const PackageScene& scene, const PackageEvidence& evidence,
                           const SealedHeader& sealed, std::span<const RecipientLeaf> leaves);

// What was consigned had passed the scanners of both home centres, or two officers of the centre
// let it pass.
Result<void> check_passes(const PackageScene& scene, const PackageEvidence& evidence,
                          const SealedHeader& sealed);

struct ProofCount {
  std::size_t proven = 0;
  std::size_t unwitnessed = 0;  // by fewer than the directory's policy asks for
  std::size_t stamped = 0;      // the checkpoint has a time-stamp that the checker trusts
};

// Each proof that is there shows its evidence under a checkpoint of a centre of the directory, and
// where it stands there.
Result<ProofCount> check_proofs(const PackageScene& scene, PackageEvidence& evidence);

}  // namespace yizhan
