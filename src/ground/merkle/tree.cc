#include "ground/merkle/tree.h"

#include <array>

#include "ground/crypto/crypto.h"
#include "ground/merkle/proof.h"

namespace yizhan {

namespace {

// RFC 9162 §2.1.1: a leaf can never be taken for a node.
constexpr std::uint8_t kLeaf = 0x00;
constexpr std::uint8_t kNode = 0x01;

// Pairs become one; a last one without a partner moves up as it is.
std::vector<Sha256> level_above(std::span<const Sha256> level) {
  std::vector<Sha256> above;
  above.reserve(level.size() / 2 + 1);
  for (std::size_t i = 0; i + 1 < level.size(); i += 2) {
    above.push_back(node_hash(level[i], level[i + 1]));
  }
  if (level.size() % 2 == 1) above.push_back(level.back());
  return above;
}

}  // namespace

Sha256 leaf_hash(ByteView leaf) {
  Sha256Stream stream;
  stream.update({&kLeaf, 1});
  stream.update(leaf);
  return stream.finish();
}

Sha256 node_hash(const Sha256& left, const Sha256& right) {
  std::array<std::uint8_t, 65> input{kNode};
  std::copy(left.octets.begin(), left.octets.end(), input.begin() + 1);
  std::copy(right.octets.begin(), right.octets.end(), input.begin() + 33);
  return sha256(input);
}

Sha256 merkle_root(std::span<const Sha256> leaf_hashes) {
  if (leaf_hashes.empty()) return sha256({});
  std::vector<Sha256> level(leaf_hashes.begin(), leaf_hashes.end());
  while (level.size() > 1) level = level_above(level);
  return level.front();
}

MerklePath inclusion_path(std::span<const Sha256> leaf_hashes, std::uint64_t index) {
  return MerkleTree({leaf_hashes.begin(), leaf_hashes.end()}).inclusion_path(index);
}

MerkleTree::MerkleTree(std::vector<Sha256> leaf_hashes) {
  levels_.push_back(std::move(leaf_hashes));
  while (levels_.back().size() > 1) levels_.push_back(level_above(levels_.back()));
}

Sha256 MerkleTree::root() const { return size() == 0 ? sha256({}) : levels_.back().front(); }

MerklePath MerkleTree::inclusion_path(std::uint64_t index) const {
  YZ_ASSERT(index < size());
  MerklePath path;
  for (const auto& level : levels_) {
    const std::uint64_t sibling = index ^ 1;
    if (sibling < level.size()) path.push_back(level[sibling]);
    index /= 2;
  }
  return path;
}

MerklePath MerkleTree::consistency_proof(std::uint64_t old_size) const {
  const SubtreeHash hash = [&](std::uint64_t begin, std::uint64_t end) {
    std::size_t height = 0;
    while ((std::uint64_t{1} << height) < end - begin) ++height;
    return levels_[height][begin >> height];
  };
  return make_consistency_proof(hash, old_size, size());
}

}  // namespace yizhan
