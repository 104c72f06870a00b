#include "ground/merkle/proof.h"

#include <algorithm>
#include <bit>

#include "ground/control/control.h"

namespace yizhan {

namespace {

const Refusal kMismatch{Reason::kProofMismatch, {}};

// The part of a tree still to be walked, and the larger part that RFC 9162 cuts off first.
struct Walk {
  std::uint64_t begin;
  std::uint64_t end;

  [[nodiscard]] std::uint64_t split() const {
    return begin + std::bit_floor(end - begin - 1);  // largest power of two below the size
  }
};

bool is_odd(std::uint64_t value) { return value % 2 == 1; }

}  // namespace

// RFC 9162 §2.1.3.2; the names follow the RFC: fn, sn, r.
Result<void> verify_inclusion(const Sha256& leaf_hash, LeafPosition position,
                              std::span<const Sha256> path, const Sha256& root) {
  if (position.index >= position.tree_size) return kMismatch;
  std::uint64_t fn = position.index;
  std::uint64_t sn = position.tree_size - 1;
  Sha256 r = leaf_hash;
  for (const Sha256& p : path) {
    if (sn == 0) return kMismatch;
    if (is_odd(fn) || fn == sn) {
      r = node_hash(p, r);
      while (!is_odd(fn) && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      r = node_hash(r, p);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (!upheld("inclusion", sn == 0 && r == root)) return kMismatch;
  return {};
}

// RFC 9162 §2.1.4.2; the names follow the RFC: fn, sn, fr, sr.
Result<void> verify_consistency(const TreeHead& older, const TreeHead& newer,
                                std::span<const Sha256> proof) {
  if (older.size > newer.size) return kMismatch;
  if (older.size == newer.size || older.size == 0) {
    const bool same =
        older.size == newer.size ? older.root == newer.root : older.root == merkle_root({});
    if (!same || !proof.empty()) return kMismatch;
    return {};
  }
  std::uint64_t fn = older.size - 1;
  std::uint64_t sn = newer.size - 1;
  while (is_odd(fn)) {
    fn >>= 1;
    sn >>= 1;
  }
  // When the old tree is one whole subtree of the new one, its root begins the proof unsaid.
  const bool whole = std::has_single_bit(older.size);
  if (!whole && proof.empty()) return kMismatch;
  Sha256 fr = whole ? older.root : proof.front();
  Sha256 sr = fr;
  for (const Sha256& c : proof.subspan(whole ? 0 : 1)) {
    if (sn == 0) return kMismatch;
    if (is_odd(fn) || fn == sn) {
      fr = node_hash(c, fr);
      sr = node_hash(c, sr);
      while (!is_odd(fn) && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      sr = node_hash(sr, c);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0 || fr != older.root || sr != newer.root) return kMismatch;
  return {};
}

MerklePath make_inclusion_path(const SubtreeHash& hash, LeafPosition position) {
  YZ_ASSERT(position.index < position.tree_size);
  MerklePath path;
  Walk rest{0, position.tree_size};
  while (rest.end - rest.begin > 1) {
    const std::uint64_t split = rest.split();
    if (position.index < split) {
      path.push_back(hash(split, rest.end));
      rest.end = split;
    } else {
      path.push_back(hash(rest.begin, split));
      rest.begin = split;
    }
  }
  std::ranges::reverse(path);
  return path;
}

MerklePath make_consistency_proof(const SubtreeHash& hash, std::uint64_t old_size,
                                  std::uint64_t new_size) {
  YZ_ASSERT(old_size <= new_size);
  MerklePath path;
  if (old_size == 0 || old_size == new_size) return path;
  Walk rest{0, new_size};
  while (rest.end != old_size) {
    const std::uint64_t split = rest.split();
    if (old_size <= split) {
      path.push_back(hash(split, rest.end));
      rest.end = split;
    } else {
      path.push_back(hash(rest.begin, split));
      rest.begin = split;
    }
  }
  if (rest.begin != 0) path.push_back(hash(rest.begin, rest.end));
  std::ranges::reverse(path);
  return path;
}

}  // namespace yizhan
