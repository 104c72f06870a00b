#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ground/crypto/crypto.h"

// A certification authority for tests and the demonstration: a root, one intermediate below it that
// issues everything, and revocation lists of both. Real certificates by OpenSSL, made in memory.

struct X509_crl_st;

namespace yizhan {

// kTls: server and client. kScanner: opens and signs.
enum class CertificateUsage { kSign, kEncrypt, kTls, kLog, kScanner };

struct CertificateRequest {
  std::string subject;  // the common name
  KeyKind kind = KeyKind::kEcP256;
  CertificateUsage usage = CertificateUsage::kSign;
  Time not_before = Time::from_ms(1'577'836'800'000);     // 2020-01-01
  Time not_after = Time::from_ms(2'493'072'000'000);      // 2049-01-01
  std::vector<std::string> alternative_names = {};        // "IP:127.0.0.1", "URI:…", "DNS:…"
  std::optional<Certificate> twin = std::nullopt;         // has the same serial number
  std::optional<Certificate> list_issuer = std::nullopt;  // whose lists tell of revocation
};

struct RevocationListRequest {
  Time this_update;  // a list's number is this time
  Time next_update;
  // A delta: what became so after this time; for lists made at this time and later.
  std::optional<Time> since = std::nullopt;
  bool indirect = false;  // by the root, of every certificate that revoke() and hold() were told
};

class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name = "Yizhan Test");

  [[nodiscard]] const Certificate& root() const { return root_.certificate(); }
  [[nodiscard]] const Certificate& intermediate() const { return intermediate_.certificate(); }
  [[nodiscard]] TrustAnchors anchors() const { return TrustAnchors({root()}); }
  [[nodiscard]] std::vector<Certificate> intermediates() const { return {intermediate()}; }

  SoftwareKey issue(const CertificateRequest& request);
  // A certificate for a key that lives elsewhere (a token); DER SubjectPublicKeyInfo.
  Certificate certify(const CertificateRequest& request, ByteView public_key);

  // From the next list on.
  void revoke(const Certificate& certificate, const Revocation& revocation);
  void hold(const Certificate& certificate, Time at);
  void release(const Certificate& certificate, Time at);  // from hold; deltas say so
  void resume(const Certificate& certificate);  // from hold: full lists do not name it any more
  // Of the intermediate (which covers all that issue() gives), and of the root.
  Bytes crl(Time this_update, Time next_update);
  Bytes root_crl(Time this_update, Time next_update);
  Bytes crl(const RevocationListRequest& request);
  // Both lists, with a week to live, ready for validate_path.
  RevocationLists revocation_lists(Time this_update);

 private:
  struct Revoked {
    Certificate certificate;
    Revocation revocation;
    std::optional<int> reason;  // of RFC 5280 §5.3.1
  };
  Bytes make_crl(SoftwareKey& issuer, const RevocationListRequest& request) const;

  SoftwareKey root_;
  SoftwareKey intermediate_;
  std::vector<Revoked> revoked_;
};

}  // namespace yizhan
