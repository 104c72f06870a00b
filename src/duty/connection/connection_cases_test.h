#pragma once

#include <gtest/gtest.h>

#include "duty/connection/connection.h"
#include "ground/keys/keys.h"
#include "tests/support/clause.h"
#include "tests/support/small_exchange.h"
#include "tests/support/test_database.h"

// Requests. kTestNow is 2026-11-22, 14:00 in Taipei.

namespace yizhan {

inline Day day(std::string_view text) { return find_day(text).value(); }
inline OrgCode org(std::string_view text) { return OrgCode::parse(text).value(); }

inline ChangeRequest change_of(const OrgCode& agency,
                               ChangeRequest::Kind kind = ChangeRequest::Kind::kChange) {
  return {agency, kind, day("2026-12-01"), "組織改造", "王大明", "02-2345-6789", "", kTestNow};
}

inline ChangeRequest renaming(const OrgCode& agency) {
  ChangeRequest request = change_of(agency);
  request.name = "測試新部";
  return request;
}

inline ChangeKey certified(Purpose purpose, const SoftwareKey& key) {
  return {purpose, key.certificate(), {}, key.certificate().public_key_pem()};
}

// An agency that nobody knows yet, with keys that no authority knows.
struct Newcomer {
  OrgCode code = org("N09000000N");
  PrivateKey sign = PrivateKey::generate(KeyKind::kEcP256);
  PrivateKey encrypt = PrivateKey::generate(KeyKind::kEcP256);
  PrivateKey tls = PrivateKey::generate(KeyKind::kEcP256);

  [[nodiscard]] ChangeRequest request() const {
    ChangeRequest request = change_of(code, ChangeRequest::Kind::kNew);
    request.name = "新機關";
    request.centre = CentreCode::parse("CENTRE-1").value();
    request.addresses = {"203.0.113.70"};
    for (const auto& [purpose, key] : {std::pair(Purpose::kSign, &sign),
                                       {Purpose::kEncrypt, &encrypt},
                                       {Purpose::kTls, &tls}}) {
      request.keys.push_back(
          {purpose, std::nullopt, first_request(*key, code.text(), FirstUse::kSigning), ""});
    }
    return request;
  }
  [[nodiscard]] SoftwareKey signer() const {
    return SoftwareKey::make(sign, self_signed(sign, code.text(), kTestNow)).value();
  }
  [[nodiscard]] std::vector<Certificate> issued(TestAuthority& authority) const {
    std::vector<Certificate> all;
    all.push_back(authority.certify({.subject = "N sign"}, sign.public_key()));
    all.push_back(authority.certify(
        {.subject = "N encrypt", .usage = CertificateUsage::kEncrypt}, encrypt.public_key()));
    all.push_back(authority.certify({.subject = "N tls", .usage = CertificateUsage::kTls},
                                    tls.public_key()));
    return all;
  }
};

inline SignedChangeReview agreed(const SignedChangeRequest& change, const CentreCode& centre,
                                 SoftwareKey& officer) {
  return sign_review({centre, change, ChangeReview::Kind::kAgreed, "林維運", "已電話核對指紋",
                      kTestNow},
                     officer)
      .value();
}

}  // namespace yizhan
