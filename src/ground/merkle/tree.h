#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ground/base/base.h"

// Merkle trees of RFC 9162 §2.1 with SHA-256.

namespace yizhan {

using MerklePath = std::vector<Sha256>;  // from the leaf's side to the root's

Sha256 leaf_hash(ByteView leaf);                            // SHA-256(0x00 ‖ leaf)
Sha256 node_hash(const Sha256& left, const Sha256& right);  // SHA-256(0x01 ‖ left ‖ right)
Sha256 merkle_root(std::span<const Sha256> leaf_hashes);    // of none: SHA-256 of nothing
MerklePath inclusion_path(std::span<const Sha256> leaf_hashes, std::uint64_t index);

// One tree, hashed once: about 64 bytes a leaf, then each path costs only its copying.
class MerkleTree {
 public:
  explicit MerkleTree(std::vector<Sha256> leaf_hashes);

  [[nodiscard]] std::uint64_t size() const { return levels_.front().size(); }
  [[nodiscard]] Sha256 root() const;
  [[nodiscard]] std::span<const Sha256> leaf_hashes() const { return levels_.front(); }
  [[nodiscard]] MerklePath inclusion_path(std::uint64_t index) const;        // index < size()
  [[nodiscard]] MerklePath consistency_proof(std::uint64_t old_size) const;  // old_size <= size()

 private:
  // levels_[h][i] covers leaves [i·2^h, (i+1)·2^h), cut at the end of the tree.
  std::vector<std::vector<Sha256>> levels_;
};

}  // namespace yizhan
