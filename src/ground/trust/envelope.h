#pragma once

#include <map>
#include <set>

#include "ground/crypto/crypto.h"
#include "ground/json/json.h"

namespace yizhan {

// A key that metadata names: ECDSA P-256, in the certificate of the officer or the machine that
// holds it. The certificate tells people who that is; whether the key counts, and how long, is said
// by the metadata that names it and by nothing else.
struct TrustedKey {
  std::string id;  // SHA-256 of the key object's canonical JSON, hex
  Certificate certificate;

  // Refuses kAlgorithmRefused (not P-256).
  static Result<TrustedKey> of(const Certificate& certificate);
  // kMalformed also when the id is not the object's, or the key not the certificate's.
  static Result<TrustedKey> parse(const std::string& id, const Json& json);
  [[nodiscard]] Json describe() const;
};

using TrustedKeys = std::map<std::string, TrustedKey>;  // by id

// Who may sign for a role, and how many of them must.
struct RoleKeys {
  std::vector<std::string> key_ids;
  std::int64_t threshold = 1;
};

struct MetadataSignature {
  std::string key_id;
  std::string hex;  // DER ECDSA-Sig-Value; what is none does not count
};

// Any metadata with its signatures: read, but not yet believed.
class SignedMetadata {
 public:
  // Refuses kMalformed, also for two signatures of one key, kTooLarge.
  static Result<SignedMetadata> parse(ByteView bytes);
  explicit SignedMetadata(Json content) : content_(std::move(content)) {}

  [[nodiscard]] const Json& content() const { return content_; }  // the member "signed"
  [[nodiscard]] const std::vector<MetadataSignature>& signatures() const { return signatures_; }
  [[nodiscard]] Bytes bytes() const;  // as a file of a repository

  // Those of the role's keys that have signed this; each key once, however often it appears.
  [[nodiscard]] std::set<std::string> signers(const RoleKeys& role, const TrustedKeys& keys) const;
  // Refuses kThresholdNotMet.
  [[nodiscard]] Result<void> check(const RoleKeys& role, const TrustedKeys& keys) const;
  // The signatures that `other`, of the same content (YZ_ASSERT), has by these keys, each in the
  // place of an earlier one of the key.
  void take_signatures(const SignedMetadata& other, const std::set<std::string>& key_ids);
  // Replaces an earlier signature of the key. Refuses what the key refuses, kAlgorithmRefused.
  Result<void> sign(SigningKey& key);

 private:
  Json content_;
  std::vector<MetadataSignature> signatures_;
};

}  // namespace yizhan
