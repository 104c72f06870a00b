#pragma once

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
  Time not_before = Time::from_ms(1'577'836'800'000);  // 2020-01-01
  Time not_after = Time::from_ms(2'493'072'000'000);   // 2049-01-01
  std::vector<std::string> alternative_names = {};     // "IP:127.0.0.1", "URI:…", "DNS:…"
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
  // RFC 5280 §5.3.1: certificateHold, and its end: the next list does not name it any more.
  void suspend(const Certificate& certificate, Time since);
  void resume(const Certificate& certificate);
  // Of the intermediate (which covers all that issue() gives), and of the root.
  Bytes crl(Time this_update, Time next_update);
  Bytes root_crl(Time this_update, Time next_update);
  // Both lists, with a week to live, ready for validate_path.
  RevocationLists revocation_lists(Time this_update);

 private:
  struct Revoked {
    Certificate certificate;
    Revocation revocation;
    bool on_hold = false;
  };
  static void add_revoked(X509_crl_st* list, const Revoked& revoked);
  Bytes make_crl(SoftwareKey& issuer, Time this_update, Time next_update) const;

  SoftwareKey root_;
  SoftwareKey intermediate_;
  std::vector<Revoked> revoked_;
};

}  // namespace yizhan
