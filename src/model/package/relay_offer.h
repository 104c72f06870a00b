#pragma once

#include <optional>
#include <vector>

#include "model/package/envelope.h"

namespace yizhan {

// One recipient of an offer: its leaf where it stands under the header's root, its key blocks.
struct OfferedRecipient {
  PlacedLeaf placed;
  std::vector<Bytes> key_blocks;
};

// What one centre offers to hand over to another before the body: docs/protocol/centre-centre.md.
struct RelayOffer {
  Bytes header;
  std::vector<OfferedRecipient> recipients;  // of the next centre alone, ascending
  Bytes scanner_key_block;                   // the next centre's
  std::vector<Sha256> groups;
  std::vector<Bytes> evidence;  // CMS of what precedes: A.1, verdicts, releases; oldest first

  // Refuses kMalformed, kTooLarge.
  static Result<RelayOffer> parse(ByteView json);
  [[nodiscard]] Bytes json() const;
};

// SHA-256 over the leaf hashes one after the other, in the order of the tree: of whom B.1 speaks.
Sha256 leaves_sha256(std::span<const Bytes> leaves);
Sha256 leaves_sha256(const RelayOffer& offer);

// Every recipient stands under the header's root, once and in order, with its own key blocks, and
// the list of groups is the header's. kRecipientsMismatch, kGroupMismatch, kLengthMismatch
Result<std::vector<PlacedRecipient>> check_offer(const RelayOffer& offer, const Header& header);

}  // namespace yizhan
