#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "ground/crypto/certificate.h"
#include "ground/crypto/recent.h"

struct x509_st;

// Path validation (RFC 5280 §6) at a given time, with revocation lists, without the network.

namespace yizhan {

class TrustAnchors {
 public:
  TrustAnchors() = default;
  explicit TrustAnchors(std::vector<Certificate> roots) : roots_(std::move(roots)) {}
  // PEM, one or many. Refuses what Certificate::parse_pem refuses, and kMalformed for none.
  static Result<TrustAnchors> parse_pem(std::string_view pem);

  void add(Certificate root) { roots_.push_back(std::move(root)); }
  [[nodiscard]] const std::vector<Certificate>& roots() const { return roots_; }

 private:
  std::vector<Certificate> roots_;
};

// Every certificate of a PEM text, in its order; none is an empty list.
Result<std::vector<Certificate>> parse_pem_bundle(std::string_view pem);

struct Revocation {
  Time revoked_at;
  std::optional<Time> invalid_since =
      std::nullopt;          // the invalidity date, when the list states one
  bool compromised = false;  // reason keyCompromise or cACompromise

  // Revoked for compromise, and the key was no longer the owner's at `at`.
  [[nodiscard]] bool casts_doubt_on(Time at) const;
};

struct PathQuestion {
  const Certificate& certificate;
  Time at;
  std::chrono::hours crl_age_max{24};
};

struct Path {
  std::vector<Certificate> chain;  // from the certificate to the anchor
  // Of the first certificate in the chain that was revoked, but only after the time in question.
  std::optional<Revocation> revoked_later;
};

// The newest revocation list of each issuer, and the newest delta beside it. Lists enter only when
// their issuer's signature holds, so that a forged newer list pushes no genuine one out. They
// remember the paths that they let through until one of them changes.
class RevocationLists {
 public:
  // DER; at most 16 MiB. `issuers`: CA certificates the caller knows. An older list than the one
  // that is there is ok and changes nothing, and so is a delta that the complete list includes.
  // Refuses: kTooLarge, kMalformed (also a delta without numbers, and an indirect list that does
  // not say whose certificates it means), kAlgorithmRefused (SHA-1), kCertificateUntrusted (no such
  // issuer), kBadSignature.
  Result<void> add(ByteView der, std::span<const Certificate> issuers);

  // thisUpdate of the newest list that covers the certificate. An indirect list covers those that
  // name its issuer as theirs for revocation (cRLIssuer).
  [[nodiscard]] std::optional<Time> this_update(const Certificate& certificate) const;
  [[nodiscard]] std::optional<Revocation> find(const Certificate& certificate) const;
  [[nodiscard]] std::vector<Bytes> all() const;  // DER, for archives and exports

 private:
  friend class PathValidation;
  friend Result<Path> validate_path(const PathQuestion& question, const TrustAnchors& anchors,
                                    std::span<const Certificate> intermediates,
                                    const RevocationLists& revocations);
  struct Scope;
  // The earliest that any list states which covers the certificate.
  [[nodiscard]] std::optional<Revocation> find_earliest(x509_st* certificate) const;
  // By a list of another issuer than its own.
  [[nodiscard]] bool is_revoked_indirectly(x509_st* certificate) const;

  // A path without any revocation holds from the first of these moments to the last.
  struct Lasting {
    Path path;
    Time from;
    Time until;
  };
  [[nodiscard]] Lasting lasting(Path path, std::chrono::hours crl_age_max) const;

  std::map<Bytes, std::shared_ptr<const Scope>> scopes_;  // shared: immutable after add
  mutable Recent<Sha256, Lasting> paths_;
};

// Key usage and registration are the caller's business.
// Refuses: kCertificateExpired (or not yet valid), kCertificateUntrusted, kCertificateRevoked (at
// or before the time in question), kRevocationUnknown (no list, or it or the delta beside it was
// made more than crl_age_max before the time in question).
Result<Path> validate_path(const PathQuestion& question, const TrustAnchors& anchors,
                           std::span<const Certificate> intermediates,
                           const RevocationLists& revocations);

}  // namespace yizhan
