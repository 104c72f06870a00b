#pragma once

#include "way/seal/addressing.h"

// One group of recipients, one package: content key, body, key blocks, leaves, signed header.

namespace yizhan {

struct WrappingPlan {
  const Directory& directory;
  const Sending& sending;
  const AddressedGroup& group;
  const DocumentFacts& document;
};

struct WrappedPackage {
  SealedHeader sealed;
  Envelope envelope;
  AddressedGroup group;
};

class Wrapping {
 public:
  struct Parts {
    ObjectStore& objects;
    const OrgCode& own;
    SigningKey& key;
    std::filesystem::path workspace;
    Time now;
  };

  explicit Wrapping(Parts parts) : parts_(std::move(parts)) {}

  // The ciphertext is an object, named by its cipher root, when this returns.
  // Refuses kScannersMismatch (a centre on the way has no scanner certificate in force), what the
  // key refuses, and what wrap_key and seal_header refuse.
  Result<WrappedPackage> wrap(const WrappingPlan& plan);

 private:
  BodyFacts write(const BodyPlan& plan, const MessageId& message);
  Result<void> add_leaves(const WrappingPlan& plan, ByteView content, Envelope& envelope) const;
  Result<std::vector<ScannerEntry>> add_scanners(const WrappingPlan& plan, ByteView content,
                                                 Envelope& envelope) const;

  Parts parts_;
};

}  // namespace yizhan
