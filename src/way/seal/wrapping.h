#pragma once

#include "way/seal/addressing.h"

// One group of recipients, one package, and its ciphertext where submitting finds it.

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
    const CryptoPolicy& policy;
    SigningKey& key;
    std::filesystem::path workspace;
    Time now;
  };

  explicit Wrapping(Parts parts) : parts_(std::move(parts)) {}

  // The ciphertext is an object, named by its cipher root, when this returns.
  // Refuses what seal_package refuses.
  Result<WrappedPackage> wrap(const WrappingPlan& plan);

 private:
  void store(const SealedPackage& package, const FileHandle& cipher);

  Parts parts_;
};

}  // namespace yizhan
