#pragma once

#include <optional>
#include <span>
#include <vector>

#include "model/agency/agency.h"
#include "model/package/body.h"
#include "model/package/envelope.h"
#include "model/package/header.h"

namespace yizhan {

struct SealingRecipient {
  Addressee addressee;
  CopyKind copy_kind;
};

// What the sender of one package has decided.
struct SealingOrder {
  const Directory& directory;
  const CryptoPolicy& policy;
  OrgCode sender;
  UnitCode sender_unit = {};
  DocumentId document;
  std::vector<SealingRecipient> recipients;  // ascending, each once
  bool with_attachments;
  std::optional<Urgency> urgency = {};
  std::optional<Resend> resend = {};
  Manifest manifest;  // its blind is made anew
  Time now;
};

struct SealedPackage {
  SealedHeader sealed;
  Envelope envelope;  // without the body; the message id is its application_id
  Manifest manifest;  // as sealed
};

// One package: content key, key blocks, leaves, body and signed header. `parts` in the manifest's
// order; their ciphertext is written to `cipher`.
// Refuses kScannersMismatch (a centre on the way has no scanner certificate in force), what
// find_recipient and the key refuse, and what CryptoPolicy, wrap_key and seal_header refuse.
Result<SealedPackage> seal_package(SealingOrder order, std::span<const FileHandle> parts,
                                   SigningKey& key, FileHandle& cipher);

}  // namespace yizhan
