#pragma once

#include <string>

#include "ground/crypto/crypto.h"
#include "ground/json/json.h"

namespace yizhan {

// Something that was so: measured by a host, or reported by a person.
struct Fact {
  std::string kind;       // 1 to 64 of a–z, 0–9 and '_'
  std::string subject;    // what it is of: an agency, a centre, a host; 1 to 200 bytes
  Json value;             // an object
  std::string reporter;   // whose count `sequence` is: a host or an account; 1 to 200 bytes
  std::int64_t sequence;  // from 1; one that was used never comes again
  Time so;                // when it was so

  // {"format": "yizhan-fact-1", "kind", "reporter", "sequence", "so", "subject", "value"}, 64 KiB.
  // Refuses what parse_json refuses, kUnknownFormat, kMalformed.
  static Result<Fact> parse(ByteView json);
  // Canonical (RFC 8785): what is signed.
  [[nodiscard]] Bytes json() const;

  bool operator==(const Fact&) const = default;
};

struct FactSignature {
  Certificate certificate;
  SignatureScheme scheme;
  Bytes signature;
};

// A fact with the signature that was found to hold over exactly its canonical bytes.
class SignedFact {
 public:
  // Whether the certificate is the reporter's, and good, is the caller's to know (the directory).
  // Refuses what Fact::parse refuses, kMalformed when the bytes are not canonical, and
  // kAlgorithmRefused, kBadSignature.
  static Result<SignedFact> open(ByteView json, const FactSignature& signature,
                                 const CryptoPolicy& policy);
  [[nodiscard]] const Fact& fact() const { return fact_; }
  [[nodiscard]] const FactSignature& signature() const { return signature_; }

 private:
  SignedFact(Fact fact, FactSignature signature)
      : fact_(std::move(fact)), signature_(std::move(signature)) {}

  Fact fact_;
  FactSignature signature_;
};

}  // namespace yizhan
