#pragma once

#include <memory>
#include <string>

#include "ground/base/base.h"

// One X.509 certificate (RFC 5280), parsed once, immutable and cheap to copy.

namespace yizhan {

enum class KeyKind { kRsa, kEcP256, kEcP384, kEd25519 };

class Certificate {
 public:
  // DER that re-encodes to itself, at most 16 KiB, with a key of a known kind (RSA 2048–4096,
  // P-256, P-384, Ed25519) and no SHA-1 or MD5 signature. Refuses: kMalformed, kAlgorithmRefused.
  // What was parsed lately is there already (parsing costs twice what verifying a signature does).
  static Result<Certificate> parse(ByteView der);
  static Result<Certificate> parse_pem(std::string_view pem);  // the first certificate in it

  [[nodiscard]] ByteView der() const;
  [[nodiscard]] const Sha256& sha256() const;  // of the DER: how the directory names it
  [[nodiscard]] std::string subject() const;   // RFC 4514
  [[nodiscard]] std::string serial() const;    // lower-case hex
  [[nodiscard]] KeyKind key_kind() const;
  [[nodiscard]] Time not_before() const;
  [[nodiscard]] Time not_after() const;
  // A certificate that states no key usage allows neither.
  [[nodiscard]] bool allows_signature() const;      // key usage digitalSignature or nonRepudiation
  [[nodiscard]] bool allows_key_transport() const;  // keyEncipherment (RSA) or keyAgreement (EC)
  [[nodiscard]] std::string pem() const;
  [[nodiscard]] std::string public_key_pem() const;  // SubjectPublicKeyInfo

  // The OpenSSL objects, for ground/crypto, ground/keys and ground/net only. The caller owns none.
  [[nodiscard]] void* x509() const;
  [[nodiscard]] void* public_key() const;

  bool operator==(const Certificate& other) const { return sha256() == other.sha256(); }

 private:
  struct Parsed;
  static Result<Certificate> parse_anew(ByteView der, const Sha256& digest);

  // shared_ptr: immutable after parse, shared by every copy and thread.
  std::shared_ptr<const Parsed> parsed_;
};

}  // namespace yizhan
