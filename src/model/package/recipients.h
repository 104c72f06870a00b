#pragma once

#include <span>
#include <vector>

#include "ground/base/base.h"
#include "model/agency/agency.h"

// Who a package is for: one leaf per recipient under the header's recipients_root, so that a
// centre can be shown its own recipients and no others.

namespace yizhan {

enum class CopyKind { kOriginal, kCopy, kTranscript };  // 正本, 副本, 抄本

std::string_view text_of(CopyKind kind);
std::optional<CopyKind> find_copy_kind(std::string_view text);

struct KeyBlockRef {
  Sha256 certificate;
  Sha256 key_block;

  auto operator<=>(const KeyBlockRef&) const = default;
};

struct RecipientLeaf {
  Addressee addressee;
  CopyKind copy_kind;
  std::vector<KeyBlockRef> key_blocks;  // 1–8, ascending

  // Exactly the RFC 8785 bytes that json() writes. Refuses kMalformed.
  static Result<RecipientLeaf> parse(ByteView json);
  [[nodiscard]] Bytes json() const;
};

// Strictly ascending by org_code ‖ 0x00 ‖ unit_code: a recipient stands once. kRecipientsMismatch
Result<void> check_order(std::span<const RecipientLeaf> leaves);

// The root over the leaves as they stand.
Sha256 recipients_root(std::span<const Bytes> leaves);

// A leaf with the path that shows it under a root.
struct PlacedLeaf {
  Bytes leaf;
  std::int64_t index;
  std::vector<Sha256> path;
};

std::vector<PlacedLeaf> place_leaves(std::span<const Bytes> leaves);
// kRecipientsMismatch
Result<RecipientLeaf> verify_placed(const PlacedLeaf& placed, std::int64_t count,
                                    const Sha256& root);

}  // namespace yizhan
