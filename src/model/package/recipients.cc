#include "model/package/recipients.h"

#include <algorithm>

#include "ground/json/json.h"
#include "ground/merkle/merkle.h"
#include "model/package/limits.h"

namespace yizhan {

namespace {

constexpr std::array<std::pair<CopyKind, std::string_view>, 3> kCopyKinds = {{
    {CopyKind::kOriginal, "original"},
    {CopyKind::kCopy, "cc"},
    {CopyKind::kTranscript, "transcript"},
}};

Refusal mismatch(std::string_view what) {
  return Refusal{Reason::kRecipientsMismatch, std::string(what)};
}

Result<std::vector<KeyBlockRef>> parse_key_blocks(const Json& json) {
  std::vector<KeyBlockRef> refs;
  for (const Json& item : json) {
    Members members(item, "key_blocks");
    const KeyBlockRef ref{members.sha256("certificate_sha256"),
                          members.sha256("key_block_sha256")};
    YZ_TRY(members.check());
    if (!refs.empty() && ref.certificate <= refs.back().certificate) {
      return mismatch("金鑰區塊須依憑證排序且不重複");
    }
    refs.push_back(ref);
  }
  if (refs.empty() || refs.size() > kPackageLimits.key_blocks_per_leaf_max) {
    return mismatch("每一受文者須有 1 至 8 個金鑰區塊");
  }
  return refs;
}

std::vector<Sha256> hashes_of(std::span<const Bytes> leaves) {
  std::vector<Sha256> hashes;
  hashes.reserve(leaves.size());
  for (const Bytes& leaf : leaves) hashes.push_back(leaf_hash(leaf));
  return hashes;
}

}  // namespace

std::string_view text_of(CopyKind kind) {
  return kCopyKinds.at(static_cast<std::size_t>(kind)).second;
}

std::optional<CopyKind> find_copy_kind(std::string_view text) {
  for (const auto& [kind, name] : kCopyKinds) {
    if (name == text) return kind;
  }
  return std::nullopt;
}

Result<RecipientLeaf> RecipientLeaf::parse(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = 4096, .depth_max = 4}));
  Members members(json, "leaf");
  const std::string org = members.text("org_code"), unit = members.text("unit_code"),
                    kind = members.text("copy_kind");
  const Json& key_blocks = members.array("key_blocks");
  YZ_TRY(members.check());
  const auto copy_kind = find_copy_kind(kind);
  if (!copy_kind) return mismatch("不認得的本別");
  const OrgCode org_code = YZ_TRY(OrgCode::parse(org));
  const UnitCode unit_code = YZ_TRY(UnitCode::parse(unit));
  RecipientLeaf leaf{{org_code, unit_code}, *copy_kind, {}};
  leaf.key_blocks = YZ_TRY(parse_key_blocks(key_blocks));
  if (!std::ranges::equal(leaf.json(), bytes)) return mismatch("受文者葉節點須為 RFC 8785 形式");
  return leaf;
}

Bytes RecipientLeaf::json() const {
  Json refs = Json::array();
  for (const KeyBlockRef& ref : key_blocks) {
    refs.push_back({{"certificate_sha256", ref.certificate.hex()},
                    {"key_block_sha256", ref.key_block.hex()}});
  }
  return canonical_json({{"org_code", addressee.org.text()},
                         {"unit_code", addressee.unit.text()},
                         {"copy_kind", text_of(copy_kind)},
                         {"key_blocks", std::move(refs)}});
}

Result<void> check_order(std::span<const RecipientLeaf> leaves) {
  for (std::size_t i = 1; i < leaves.size(); ++i) {
    // Org codes all have one length, so comparing the pair is comparing org ‖ 0 ‖ unit.
    if (leaves[i].addressee <= leaves[i - 1].addressee) {
      return Refusal{Reason::kRecipientsMismatch, "受文者須依代碼排序且不重複"};
    }
  }
  return {};
}

Sha256 recipients_root(std::span<const Bytes> leaves) { return merkle_root(hashes_of(leaves)); }

std::vector<PlacedLeaf> place_leaves(std::span<const Bytes> leaves) {
  const MerkleTree tree(hashes_of(leaves));
  std::vector<PlacedLeaf> placed;
  placed.reserve(leaves.size());
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    placed.push_back({leaves[i], static_cast<std::int64_t>(i), tree.inclusion_path(i)});
  }
  return placed;
}

Result<RecipientLeaf> verify_placed(const PlacedLeaf& placed, std::int64_t count,
                                    const Sha256& root) {
  if (placed.index < 0 || placed.index >= count) return mismatch("受文者葉節點位置不符");
  const LeafPosition position{.index = static_cast<std::uint64_t>(placed.index),
                              .tree_size = static_cast<std::uint64_t>(count)};
  if (!verify_inclusion(leaf_hash(placed.leaf), position, placed.path, root)) {
    return mismatch("受文者葉節點不在簽署之清單中");
  }
  return RecipientLeaf::parse(placed.leaf);
}

}  // namespace yizhan
