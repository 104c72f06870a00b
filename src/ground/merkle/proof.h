#pragma once

#include <functional>

#include "ground/merkle/tree.h"

// Proofs of RFC 9162: what a holder of a root checks (§2.1.3.2, §2.1.4.2), and how a holder of
// the tree makes them (§2.1.3.1, §2.1.4.1).

namespace yizhan {

struct LeafPosition {
  std::uint64_t index;
  std::uint64_t tree_size;
};

// Refuses kProofMismatch: the leaf does not stand at that index of the tree with that root.
Result<void> verify_inclusion(const Sha256& leaf_hash, LeafPosition position,
                              std::span<const Sha256> path, const Sha256& root);

struct TreeHead {
  std::uint64_t size = 0;
  Sha256 root;

  bool operator==(const TreeHead&) const = default;
};

// Refuses kProofMismatch: the old tree is not the beginning of the new one, or the proof does not
// show it. Of the empty tree everything is a continuation, with an empty proof.
Result<void> verify_consistency(const TreeHead& older, const TreeHead& newer,
                                std::span<const Sha256> proof);

// Hash of the subtree over leaves [begin, end), asked only for nodes of the tree in question.
using SubtreeHash = std::function<Sha256(std::uint64_t begin, std::uint64_t end)>;

MerklePath make_inclusion_path(const SubtreeHash& hash, LeafPosition position);
MerklePath make_consistency_proof(const SubtreeHash& hash, std::uint64_t old_size,
                                  std::uint64_t new_size);

}  // namespace yizhan
