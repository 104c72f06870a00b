#include "ground/merkle/tree.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ground/merkle/merkle.h"

namespace yizhan {
namespace {

// The eight leaves that Certificate Transparency logs have been tested with since RFC 6962.
std::vector<Sha256> classic_leaves() {
  std::vector<Sha256> leaves;
  for (const char* hex : {"", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                          "606162636465666768696a6b6c6d6e6f"}) {
    leaves.push_back(leaf_hash(*from_hex(hex)));
  }
  return leaves;
}

std::vector<Sha256> leaves(std::uint64_t count) {
  std::vector<Sha256> all;
  for (std::uint64_t i = 0; i < count; ++i) all.push_back(leaf_hash(bytes_of(std::to_string(i))));
  return all;
}

// RFC 9162 §2.1.1, word for word: what the quick code is held against.
Sha256 root_by_definition(std::span<const Sha256> all) {
  if (all.empty()) return sha256({});
  if (all.size() == 1) return all[0];
  std::size_t k = 1;
  while (k * 2 < all.size()) k *= 2;
  return node_hash(root_by_definition(all.first(k)), root_by_definition(all.subspan(k)));
}

TEST(MerkleRoot, IsThatOfTheClassicTree) {
  const char* const roots[] = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                               "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                               "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                               "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                               "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                               "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                               "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                               "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                               "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  const auto all = classic_leaves();
  for (std::size_t size = 0; size <= all.size(); ++size) {
    EXPECT_EQ(merkle_root(std::span(all).first(size)).hex(), roots[size]) << size;
  }
}

TEST(MerkleRoot, IsTheOneThatTheRfcDefines) {
  const auto all = leaves(300);
  for (std::size_t size = 0; size <= all.size(); ++size) {
    const auto some = std::span(all).first(size);
    EXPECT_EQ(merkle_root(some), root_by_definition(some)) << size;
    EXPECT_EQ(MerkleTree({some.begin(), some.end()}).root(), root_by_definition(some)) << size;
  }
}

TEST(InclusionPath, IsThatOfTheClassicTree) {  // RFC 6962 §2.1.3: d0 of 7, d3, d4, d6
  const auto all = classic_leaves();
  const MerkleTree tree({all.begin(), all.begin() + 7});
  const auto node = [&](std::size_t begin, std::size_t end) {
    return root_by_definition(std::span(all).subspan(begin, end - begin));
  };
  EXPECT_EQ(tree.inclusion_path(0), (MerklePath{all[1], node(2, 4), node(4, 7)}));
  EXPECT_EQ(tree.inclusion_path(3), (MerklePath{all[2], node(0, 2), node(4, 7)}));
  EXPECT_EQ(tree.inclusion_path(4), (MerklePath{all[5], all[6], node(0, 4)}));
  EXPECT_EQ(tree.inclusion_path(6), (MerklePath{node(4, 6), node(0, 4)}));
}

TEST(ConsistencyProof, IsThatOfTheClassicTree) {  // RFC 6962 §2.1.3: 3, 4 and 6 of 7
  const auto all = classic_leaves();
  const MerkleTree tree({all.begin(), all.begin() + 7});
  const auto node = [&](std::size_t begin, std::size_t end) {
    return root_by_definition(std::span(all).subspan(begin, end - begin));
  };
  EXPECT_EQ(tree.consistency_proof(3), (MerklePath{all[2], all[3], node(0, 2), node(4, 7)}));
  EXPECT_EQ(tree.consistency_proof(4), MerklePath{node(4, 7)});
  EXPECT_EQ(tree.consistency_proof(6), (MerklePath{node(4, 6), all[6], node(0, 4)}));
}

constexpr std::uint64_t kSizeMax = 70;

// Calls with each way to spoil a proof: one bit of each byte, one hash less, one more, two swapped.
void for_each_spoiled(const MerklePath& proof, const std::function<void(const MerklePath&)>& call) {
  for (std::size_t i = 0; i < proof.size() * 32; ++i) {
    MerklePath spoiled = proof;
    spoiled[i / 32].octets[i % 32] ^= static_cast<std::uint8_t>(1U << (i % 8));
    call(spoiled);
  }
  MerklePath longer = proof;
  longer.push_back(Sha256{});
  call(longer);
  if (proof.empty()) return;
  call({proof.begin(), proof.end() - 1});
  call({proof.begin() + 1, proof.end()});
  if (proof.size() == 1) return;
  MerklePath swapped = proof;
  std::swap(swapped[0], swapped[1]);
  call(swapped);
}

TEST(VerifyInclusion, HoldsForEveryLeafOfEveryTreeAndForNothingElse) {
  const auto all = leaves(kSizeMax + 1);
  for (std::uint64_t size = 1; size <= kSizeMax; ++size) {
    const MerkleTree tree({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size)});
    for (std::uint64_t index = 0; index < size; ++index) {
      const MerklePath path = tree.inclusion_path(index);
      const auto holds = [&](const Sha256& leaf, LeafPosition at) {
        return verify_inclusion(leaf, at, path, tree.root()).ok();
      };
      ASSERT_TRUE(holds(all[index], {index, size})) << index << " of " << size;
      ASSERT_FALSE(holds(all[index + 1], {index, size})) << index << " of " << size;
      for (std::uint64_t other = 0; other <= size; ++other) {
        ASSERT_EQ(holds(all[index], {other, size}), other == index) << other << " of " << size;
      }
    }
  }
}

TEST(VerifyInclusion, FailsForEveryChangedByteOfAPath) {
  const auto all = leaves(kSizeMax);
  for (std::uint64_t size = 1; size <= kSizeMax; ++size) {
    const MerkleTree tree({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size)});
    for (std::uint64_t index = 0; index < size; ++index) {
      for_each_spoiled(tree.inclusion_path(index), [&](const MerklePath& spoiled) {
        const auto verdict = verify_inclusion(all[index], {index, size}, spoiled, tree.root());
        ASSERT_FALSE(verdict.ok()) << index << " of " << size;
        ASSERT_EQ(verdict.reason(), Reason::kProofMismatch);
      });
    }
  }
}

TEST(VerifyInclusion, SurvivesAbsurdSizes) {
  const Sha256 leaf = leaf_hash({});
  const MerklePath path(64, leaf);
  EXPECT_FALSE(verify_inclusion(leaf, {UINT64_MAX - 1, UINT64_MAX}, path, leaf).ok());
  EXPECT_FALSE(verify_inclusion(leaf, {0, 0}, {}, leaf).ok());
  EXPECT_FALSE(verify_consistency({UINT64_MAX - 1, leaf}, {UINT64_MAX, leaf}, path).ok());
}

TEST(VerifyConsistency, HoldsForEveryPairOfSizesAndForNothingElse) {
  const auto all = leaves(kSizeMax);
  std::vector<Sha256> roots;
  for (std::uint64_t size = 0; size <= kSizeMax; ++size) {
    roots.push_back(merkle_root(std::span(all).first(size)));
  }
  for (std::uint64_t size = 0; size <= kSizeMax; ++size) {
    const MerkleTree tree({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size)});
    for (std::uint64_t old = 0; old <= size; ++old) {
      const MerklePath proof = tree.consistency_proof(old);
      const TreeHead newer{size, roots[size]};
      ASSERT_TRUE(verify_consistency({old, roots[old]}, newer, proof).ok()) << old << "→" << size;
      ASSERT_FALSE(verify_consistency({old, leaf_hash({})}, newer, proof).ok());
      if (old == 0) continue;  // of the empty tree everything is a continuation
      ASSERT_FALSE(verify_consistency({old, roots[old]}, {size, leaf_hash({})}, proof).ok());
      ASSERT_FALSE(verify_consistency({old - 1, roots[old]}, newer, proof).ok());
      const bool backwards = verify_consistency(newer, {old, roots[old]}, proof).ok();
      ASSERT_EQ(backwards, old == size);
    }
  }
}

TEST(VerifyConsistency, FailsForEveryChangedByteOfAProof) {
  const auto all = leaves(kSizeMax);
  for (std::uint64_t size = 1; size <= kSizeMax; ++size) {
    const MerkleTree tree({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size)});
    for (std::uint64_t old = 0; old <= size; ++old) {
      const TreeHead older{old, merkle_root(std::span(all).first(old))};
      for_each_spoiled(tree.consistency_proof(old), [&](const MerklePath& spoiled) {
        ASSERT_FALSE(verify_consistency(older, {size, tree.root()}, spoiled).ok())
            << old << "→" << size;
      });
    }
  }
}

TEST(VerifyConsistency, RefusesARewrittenPast) {
  auto all = leaves(40);
  const TreeHead promised{25, merkle_root(std::span(all).first(25))};
  all[7] = leaf_hash(bytes_of("forged"));
  const MerkleTree forged(all);
  EXPECT_FALSE(
      verify_consistency(promised, {40, forged.root()}, forged.consistency_proof(25)).ok());
}

TEST(MerkleTree, GivesThePathsOfTenThousandRecipientsInOneGo) {
  const auto all = leaves(10'000);
  const MerkleTree tree(all);
  const Sha256 root = merkle_root(all);
  for (std::uint64_t index = 0; index < all.size(); index += 97) {
    const auto path = tree.inclusion_path(index);
    EXPECT_LE(path.size(), 14U);
    EXPECT_TRUE(verify_inclusion(all[index], {index, all.size()}, path, root).ok()) << index;
  }
  EXPECT_EQ(tree.inclusion_path(9'999), inclusion_path(all, 9'999));
}

}  // namespace
}  // namespace yizhan
