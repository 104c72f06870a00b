#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/package/header.h"
#include "model/package/recipients.h"

namespace yizhan {

// What a terminal hands in before the body: docs/protocol/terminal-centre.md, "Submitting".
struct Envelope {
  std::string application_id;  // the submitter's idempotency key, 1–128 printable ASCII
  Bytes header;
  std::vector<Bytes> leaves;
  std::vector<Bytes> key_blocks;  // the leaves' in order, then the scanners' in the header's order
  std::vector<Sha256> groups;
  std::optional<Bytes> body;  // the whole body, when it is a single group

  // Without the body. Refuses kMalformed, kTooLarge, kBadRequest.
  static Result<Envelope> parse(ByteView json);
  [[nodiscard]] Bytes json() const;

  // On the wire: the length of the JSON (4 bytes, big-endian), the JSON, then the body as it is.
  static Result<Envelope> parse_submission(ByteView bytes);
  [[nodiscard]] Bytes submission() const;
};

inline constexpr std::size_t kEnvelopeBytesMax = 32U << 20;

// One leaf with its own key blocks.
struct PlacedRecipient {
  RecipientLeaf leaf;
  std::vector<Bytes> key_blocks;
};

struct CheckedEnvelope {
  std::vector<PlacedRecipient> recipients;
  std::vector<Bytes> scanner_key_blocks;
};

// Everything that the header promises about its recipients, scanners and body groups is there:
// order, count, root, every key block's hash. Refuses kRecipientsMismatch, kScannersMismatch,
// kLengthMismatch, kGroupMismatch.
Result<CheckedEnvelope> check_envelope(const Envelope& envelope, const Header& header);

}  // namespace yizhan
