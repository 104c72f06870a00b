#pragma once

#include <p11-kit/pkcs11.h>

// Mechanisms with parameters, kept together so that the pointers inside stay right.

namespace yizhan {

// RSAES-OAEP, SHA-256, MGF1-SHA-256, empty label.
class OaepMechanism {
 public:
  CK_MECHANISM* get() { return &mechanism_; }
  OaepMechanism() = default;
  OaepMechanism(const OaepMechanism&) = delete;
  OaepMechanism& operator=(const OaepMechanism&) = delete;

 private:
  CK_RSA_PKCS_OAEP_PARAMS parameters_ = {CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, nullptr,
                                         0};
  CK_MECHANISM mechanism_ = {CKM_RSA_PKCS_OAEP, &parameters_, sizeof parameters_};
};

// RSASSA-PSS over a SHA-256 digest, MGF1-SHA-256, salt 32.
class PssMechanism {
 public:
  CK_MECHANISM* get() { return &mechanism_; }
  PssMechanism() = default;
  PssMechanism(const PssMechanism&) = delete;
  PssMechanism& operator=(const PssMechanism&) = delete;

 private:
  CK_RSA_PKCS_PSS_PARAMS parameters_ = {CKM_SHA256, CKG_MGF1_SHA256, 32};
  CK_MECHANISM mechanism_ = {CKM_RSA_PKCS_PSS, &parameters_, sizeof parameters_};
};

}  // namespace yizhan
