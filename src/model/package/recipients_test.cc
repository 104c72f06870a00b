#include "model/package/recipients.h"

#include <gtest/gtest.h>

#include "ground/crypto/crypto.h"
#include "ground/json/json.h"
#include "ground/merkle/merkle.h"

namespace yizhan {
namespace {

RecipientLeaf leaf_of(int number, std::string_view unit = "") {
  std::string code = "A00000000A";
  code[7] = static_cast<char>('0' + number / 10);
  code[8] = static_cast<char>('0' + number % 10);
  const Sha256 certificate = sha256(bytes_of(code));
  return {{OrgCode::parse(code).value(), UnitCode::parse(unit).value()},
          CopyKind::kOriginal,
          {{certificate, sha256(certificate.view())}}};
}

std::vector<Bytes> leaves_of(int count) {
  std::vector<Bytes> leaves;
  for (int i = 0; i < count; ++i) leaves.push_back(leaf_of(i).json());
  return leaves;
}

TEST(RecipientLeaf, ReadsBackWhatItWrites) {
  RecipientLeaf leaf = leaf_of(3, "U010001");
  leaf.copy_kind = CopyKind::kTranscript;
  const RecipientLeaf read = RecipientLeaf::parse(leaf.json()).value();
  EXPECT_EQ(read.addressee, leaf.addressee);
  EXPECT_EQ(read.copy_kind, CopyKind::kTranscript);
  EXPECT_EQ(read.key_blocks, leaf.key_blocks);
}

TEST(RecipientLeaf, HasOneByteForm) {
  const Bytes canonical = leaf_of(1).json();
  const std::string spaced = std::string(text_of(canonical)).replace(0, 1, "{ ");
  EXPECT_EQ(RecipientLeaf::parse(bytes_of(spaced)).reason(), Reason::kRecipientsMismatch);
  Json json = parse_json(canonical).value();
  const std::string other_order =
      R"({"org_code":)" + json["org_code"].dump() + R"(,"unit_code":"","copy_kind":"original",)" +
      R"("key_blocks":)" + json["key_blocks"].dump() + "}";
  EXPECT_EQ(RecipientLeaf::parse(bytes_of(other_order)).reason(), Reason::kRecipientsMismatch);
}

TEST(RecipientLeaf, RefusesMissingAndUnknownMembers) {
  const Json whole = parse_json(leaf_of(1).json()).value();
  for (const auto& [name, value] : whole.items()) {
    Json less = whole;
    less.erase(name);
    EXPECT_EQ(RecipientLeaf::parse(canonical_json(less)).reason(), Reason::kMalformed) << name;
  }
  Json more = whole;
  more["name"] = "x";
  EXPECT_EQ(RecipientLeaf::parse(canonical_json(more)).reason(), Reason::kMalformed);
}

TEST(RecipientLeaf, HasOneToEightKeyBlocksInOrder) {
  RecipientLeaf leaf = leaf_of(1);
  const KeyBlockRef block = leaf.key_blocks.front();
  leaf.key_blocks.clear();
  EXPECT_EQ(RecipientLeaf::parse(leaf.json()).reason(), Reason::kRecipientsMismatch);
  for (std::uint8_t i = 0; i < 8; ++i) {
    leaf.key_blocks.push_back(block);
    leaf.key_blocks.back().certificate.octets[0] = i;
  }
  EXPECT_TRUE(RecipientLeaf::parse(leaf.json()).ok());
  leaf.key_blocks.push_back(block);
  leaf.key_blocks.back().certificate.octets[0] = 9;
  EXPECT_EQ(RecipientLeaf::parse(leaf.json()).reason(), Reason::kRecipientsMismatch);
  leaf.key_blocks = {block, block};
  EXPECT_EQ(RecipientLeaf::parse(leaf.json()).reason(), Reason::kRecipientsMismatch);
}

TEST(Recipients, StandInAscendingOrderAndOnce) {
  EXPECT_TRUE(check_order(std::vector{leaf_of(1), leaf_of(2), leaf_of(3)}).ok());
  EXPECT_TRUE(check_order(std::vector{leaf_of(1), leaf_of(1, "U010001")}).ok());
  EXPECT_EQ(check_order(std::vector{leaf_of(2), leaf_of(1)}).reason(),
            Reason::kRecipientsMismatch);
  EXPECT_EQ(check_order(std::vector{leaf_of(1), leaf_of(1)}).reason(),
            Reason::kRecipientsMismatch);
  EXPECT_EQ(check_order(std::vector{leaf_of(1, "U010001"), leaf_of(1)}).reason(),
            Reason::kRecipientsMismatch);
}

TEST(PlacedLeaf, IsShownUnderTheRootForEverySizeOfList) {
  for (int count = 1; count <= 20; ++count) {
    const auto leaves = leaves_of(count);
    const Sha256 root = recipients_root(leaves);
    const auto placed = place_leaves(leaves);
    ASSERT_EQ(placed.size(), leaves.size());
    for (int i = 0; i < count; ++i) {
      const auto& leaf = placed[static_cast<std::size_t>(i)];
      const auto shown = verify_placed(leaf, count, root);
      ASSERT_TRUE(shown.ok()) << i << " of " << count;
      EXPECT_EQ(shown->addressee, leaf_of(i).addressee);
    }
  }
}

TEST(PlacedLeaf, IsRefusedAtAnyOtherPlace) {
  const auto leaves = leaves_of(7);
  const Sha256 root = recipients_root(leaves);
  const PlacedLeaf good = place_leaves(leaves)[4];
  for (const std::int64_t index : {-1, 0, 3, 5, 6, 7}) {
    PlacedLeaf moved = good;
    moved.index = index;
    EXPECT_EQ(verify_placed(moved, 7, root).reason(), Reason::kRecipientsMismatch) << index;
  }
  EXPECT_EQ(verify_placed(good, 4, root).reason(), Reason::kRecipientsMismatch);
  EXPECT_EQ(verify_placed(good, 0, root).reason(), Reason::kRecipientsMismatch);
}

TEST(PlacedLeaf, IsRefusedWithAnotherPathLeafOrRoot) {
  const auto leaves = leaves_of(7);
  const Sha256 root = recipients_root(leaves);
  const PlacedLeaf good = place_leaves(leaves)[4];
  PlacedLeaf changed = good;
  changed.path.back().octets[5] ^= 1;
  EXPECT_EQ(verify_placed(changed, 7, root).reason(), Reason::kRecipientsMismatch);
  changed = good;
  changed.path.pop_back();
  EXPECT_EQ(verify_placed(changed, 7, root).reason(), Reason::kRecipientsMismatch);
  changed = good;
  changed.leaf = leaf_of(9).json();
  EXPECT_EQ(verify_placed(changed, 7, root).reason(), Reason::kRecipientsMismatch);
  EXPECT_EQ(verify_placed(good, 7, recipients_root(leaves_of(6))).reason(),
            Reason::kRecipientsMismatch);
}

TEST(PlacedLeaf, AnInnerNodeIsNoLeaf) {
  const auto leaves = leaves_of(4);
  // The hash of the left half, presented as if it were the only sibling of one leaf.
  PlacedLeaf shortened{leaves[0], 0, {node_hash(leaf_hash(leaves[2]), leaf_hash(leaves[3]))}};
  EXPECT_EQ(verify_placed(shortened, 2, recipients_root(leaves)).reason(),
            Reason::kRecipientsMismatch);
}

TEST(CopyKinds, RoundTripAsText) {
  for (const CopyKind kind : {CopyKind::kOriginal, CopyKind::kCopy, CopyKind::kTranscript}) {
    EXPECT_EQ(find_copy_kind(text_of(kind)), kind);
  }
  EXPECT_FALSE(find_copy_kind("draft"));
}

}  // namespace
}  // namespace yizhan
