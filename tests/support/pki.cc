#include "tests/support/pki.h"

#include <memory>
#include <stdexcept>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace yizhan {
namespace {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const noexcept {
    kFree(object);
  }
};
using OwnedCertificate = std::unique_ptr<X509, Free<X509_free>>;
using OwnedList = std::unique_ptr<X509_CRL, Free<X509_CRL_free>>;
using OwnedKey = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using OwnedTime = std::unique_ptr<ASN1_TIME, Free<ASN1_TIME_free>>;
using OwnedNames = std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>>;

constexpr Time kAuthorityFrom = Time::from_ms(1'546'300'800'000);   // 2019-01-01
constexpr Time kAuthorityUntil = Time::from_ms(2'524'521'600'000);  // 2049-12-31

template <class T>
T* require(T* object) {
  if (object == nullptr) throw std::runtime_error("test authority: OpenSSL refused");
  return object;
}

void require(bool done) {
  if (!done) throw std::runtime_error("test authority: OpenSSL refused");
}

EVP_PKEY* pkey(const PrivateKey& key) { return static_cast<EVP_PKEY*>(key.handle()); }
X509* x509(const Certificate& certificate) { return static_cast<X509*>(certificate.x509()); }

OwnedTime asn1(Time time) {
  return OwnedTime(require(ASN1_TIME_set(nullptr, static_cast<std::time_t>(time.ms() / 1000))));
}

template <class T>
Bytes der_of(int (*i2d)(const T*, unsigned char**), const T* object) {
  Bytes der(static_cast<std::size_t>(i2d(object, nullptr)));
  unsigned char* end = der.data();
  require(i2d(object, &end) > 0);
  return der;
}

void set_serial(ASN1_INTEGER* serial) {
  std::uint8_t octets[16];
  fill_random(octets);
  octets[0] = static_cast<std::uint8_t>((octets[0] & 0x7F) | 0x40);
  const std::unique_ptr<BIGNUM, Free<BN_free>> number(
      require(BN_bin2bn(octets, sizeof octets, nullptr)));
  require(BN_to_ASN1_INTEGER(number.get(), serial) != nullptr);
}

struct Extension {
  int nid;
  std::string value;
};

std::vector<Extension> extensions_of(const CertificateRequest& request, KeyKind kind) {
  const std::string transport =
      kind == KeyKind::kRsa ? "critical,keyEncipherment" : "critical,keyAgreement";
  std::vector<Extension> extensions = {{NID_basic_constraints, "critical,CA:FALSE"}};
  switch (request.usage) {
    case CertificateUsage::kSign:
      extensions.push_back({NID_key_usage, "critical,digitalSignature,nonRepudiation"});
      break;
    case CertificateUsage::kEncrypt:
      extensions.push_back({NID_key_usage, transport});
      break;
    case CertificateUsage::kTls:
      extensions.push_back({NID_key_usage, "critical,digitalSignature"});
      extensions.push_back({NID_ext_key_usage, "serverAuth,clientAuth"});
      break;
    case CertificateUsage::kScanner:
      extensions.push_back({NID_key_usage, transport + ",digitalSignature"});
      break;
    case CertificateUsage::kLog:
      extensions.push_back({NID_key_usage, "critical,digitalSignature"});
      break;
  }
  std::string names;
  for (const std::string& name : request.alternative_names) {
    names += (names.empty() ? "" : ",") + name;
  }
  if (!names.empty()) extensions.push_back({NID_subject_alt_name, names});
  return extensions;
}

const std::vector<Extension> kAuthorityExtensions = {
    {NID_basic_constraints, "critical,CA:TRUE"},
    {NID_key_usage, "critical,keyCertSign,cRLSign"},
};

void add_extension(X509* certificate, X509* issuer, const Extension& extension) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* made =
      require(X509V3_EXT_conf_nid(nullptr, &context, extension.nid, extension.value.c_str()));
  const bool added = X509_add_ext(certificate, made, -1) == 1;
  X509_EXTENSION_free(made);
  require(added);
}

OwnedNames names_of(const X509_NAME* name) {
  OwnedNames names(require(GENERAL_NAMES_new()));
  GENERAL_NAME* const one = require(GENERAL_NAME_new());
  GENERAL_NAME_set0_value(one, GEN_DIRNAME, require(X509_NAME_dup(name)));
  require(sk_GENERAL_NAME_push(names.get(), one) > 0);
  return names;
}

void add_list_issuer(X509* certificate, const Certificate& list_issuer) {
  const std::unique_ptr<CRL_DIST_POINTS, Free<CRL_DIST_POINTS_free>> points(
      require(CRL_DIST_POINTS_new()));
  DIST_POINT* const point = require(DIST_POINT_new());
  require(sk_DIST_POINT_push(points.get(), point) > 0);
  point->CRLissuer = names_of(X509_get_subject_name(x509(list_issuer))).release();
  require(X509_add1_ext_i2d(certificate, NID_crl_distribution_points, points.get(), 0, 0) == 1);
}

const EVP_MD* digest_for(const PrivateKey& key) {
  switch (key.kind()) {
    case KeyKind::kEd25519:
      return nullptr;
    case KeyKind::kEcP384:
      return EVP_sha384();
    case KeyKind::kRsa:
    case KeyKind::kEcP256:
      return EVP_sha256();
  }
  return nullptr;
}

struct Issuer {
  const Certificate* certificate;  // nullptr: the new certificate is its own issuer
  const PrivateKey& key;
};

Certificate sign_certificate(const CertificateRequest& request, EVP_PKEY* subject_key,
                             const Issuer& issuer, const std::vector<Extension>& extensions) {
  const OwnedCertificate certificate(require(X509_new()));
  require(X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  set_serial(X509_get_serialNumber(certificate.get()));
  if (request.twin) {
    const ASN1_INTEGER* serial = X509_get0_serialNumber(x509(*request.twin));
    require(ASN1_STRING_copy(X509_get_serialNumber(certificate.get()), serial) == 1);
  }
  require(X509_set1_notBefore(certificate.get(), asn1(request.not_before).get()) == 1);
  require(X509_set1_notAfter(certificate.get(), asn1(request.not_after).get()) == 1);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  const auto* name = reinterpret_cast<const unsigned char*>(request.subject.c_str());
  require(X509_NAME_add_entry_by_txt(subject, "C", MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>("TW"), -1, -1, 0) == 1);
  require(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, name, -1, -1, 0) == 1);
  X509* const from = issuer.certificate == nullptr ? certificate.get() : x509(*issuer.certificate);
  require(X509_set_issuer_name(certificate.get(), X509_get_subject_name(from)) == 1);
  require(X509_set_pubkey(certificate.get(), subject_key) == 1);
  add_extension(certificate.get(), from, {NID_subject_key_identifier, "hash"});
  add_extension(certificate.get(), from, {NID_authority_key_identifier, "keyid:always"});
  for (const Extension& extension : extensions) add_extension(certificate.get(), from, extension);
  if (request.list_issuer) add_list_issuer(certificate.get(), *request.list_issuer);
  require(X509_sign(certificate.get(), pkey(issuer.key), digest_for(issuer.key)) > 0);
  return Certificate::parse(der_of(i2d_X509, certificate.get())).value();
}

SoftwareKey make_authority(const std::string& name, const SoftwareKey* issuer) {
  PrivateKey key = PrivateKey::generate(KeyKind::kEcP256);
  const CertificateRequest request{
      .subject = name, .not_before = kAuthorityFrom, .not_after = kAuthorityUntil};
  const Certificate* above = issuer == nullptr ? nullptr : &issuer->certificate();
  const PrivateKey& signer = issuer == nullptr ? key : issuer->private_key();
  Certificate certificate =
      sign_certificate(request, pkey(key), {above, signer}, kAuthorityExtensions);
  return SoftwareKey::make(std::move(key), std::move(certificate)).value();
}

X509_REVOKED* add_revoked(X509_CRL* list, const Certificate& certificate,
                          const Revocation& revocation) {
  X509_REVOKED* entry = require(X509_REVOKED_new());
  require(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(x509(certificate))) == 1);
  require(X509_REVOKED_set_revocationDate(entry, asn1(revocation.revoked_at).get()) == 1);
  if (revocation.invalid_since) {
    const std::unique_ptr<ASN1_GENERALIZEDTIME, Free<ASN1_GENERALIZEDTIME_free>> since(
        require(ASN1_GENERALIZEDTIME_set(
            nullptr, static_cast<std::time_t>(revocation.invalid_since->ms() / 1000))));
    require(X509_REVOKED_add1_ext_i2d(entry, NID_invalidity_date, since.get(), 0, 0) == 1);
  }
  require(X509_CRL_add0_revoked(list, entry) == 1);
  return entry;
}

void set_reason(X509_REVOKED* entry, int code) {
  const std::unique_ptr<ASN1_ENUMERATED, Free<ASN1_ENUMERATED_free>> reason(
      require(ASN1_ENUMERATED_new()));
  require(ASN1_ENUMERATED_set(reason.get(), code) == 1);
  require(X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason.get(), 0, 0) == 1);
}

void add_number(X509_CRL* list, int nid, Time number) {
  const std::unique_ptr<ASN1_INTEGER, Free<ASN1_INTEGER_free>> value(require(ASN1_INTEGER_new()));
  require(ASN1_INTEGER_set_int64(value.get(), number.ms()) == 1);
  const int critical = nid == NID_delta_crl ? 1 : 0;
  require(X509_CRL_add1_ext_i2d(list, nid, value.get(), critical, 0) == 1);
}

void add_extensions(X509_CRL* list, X509* issuer, const RevocationListRequest& request) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, nullptr, nullptr, list, 0);
  X509_EXTENSION* key_id =
      require(X509V3_EXT_conf_nid(nullptr, &context, NID_authority_key_identifier, "keyid:always"));
  const bool added = X509_CRL_add_ext(list, key_id, -1) == 1;
  X509_EXTENSION_free(key_id);
  require(added);
  add_number(list, NID_crl_number, request.this_update);
  if (request.since) add_number(list, NID_delta_crl, *request.since);
  if (!request.indirect) return;
  const std::unique_ptr<ISSUING_DIST_POINT, Free<ISSUING_DIST_POINT_free>> point(
      require(ISSUING_DIST_POINT_new()));
  point->indirectCRL = 0xFF;
  require(X509_CRL_add1_ext_i2d(list, NID_issuing_distribution_point, point.get(), 1, 0) == 1);
}

}  // namespace

TestAuthority::TestAuthority(const std::string& name)
    : root_(make_authority(name + " Root CA", nullptr)),
      intermediate_(make_authority(name + " Issuing CA", &root_)) {}

Certificate TestAuthority::certify(const CertificateRequest& request, ByteView public_key) {
  const unsigned char* at = public_key.data();
  const OwnedKey key(require(d2i_PUBKEY(nullptr, &at, static_cast<long>(public_key.size()))));
  return sign_certificate(request, key.get(), {&intermediate(), intermediate_.private_key()},
                          extensions_of(request, request.kind));
}

SoftwareKey TestAuthority::issue(const CertificateRequest& request) {
  PrivateKey key = PrivateKey::generate(request.kind, 2048);  // shorter RSA keys, faster tests
  Certificate certificate = certify(request, key.public_key());
  return SoftwareKey::make(std::move(key), std::move(certificate)).value();
}

void TestAuthority::revoke(const Certificate& certificate, const Revocation& revocation) {
  std::optional<int> reason;
  if (revocation.compromised) reason = CRL_REASON_KEY_COMPROMISE;
  revoked_.push_back({certificate, revocation, reason});
}

void TestAuthority::hold(const Certificate& certificate, Time at) {
  revoked_.push_back({certificate, {.revoked_at = at}, CRL_REASON_CERTIFICATE_HOLD});
}

void TestAuthority::release(const Certificate& certificate, Time at) {
  revoked_.push_back({certificate, {.revoked_at = at}, CRL_REASON_REMOVE_FROM_CRL});
}

void TestAuthority::resume(const Certificate& certificate) {
  std::erase_if(revoked_, [&](const Revoked& each) {
    return each.reason == CRL_REASON_CERTIFICATE_HOLD &&
           each.certificate.sha256() == certificate.sha256();
  });
}

Bytes TestAuthority::make_crl(SoftwareKey& issuer, const RevocationListRequest& request) const {
  const OwnedList list(require(X509_CRL_new()));
  X509* const from = x509(issuer.certificate());
  require(X509_CRL_set_version(list.get(), X509_CRL_VERSION_2) == 1);
  require(X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(from)) == 1);
  require(X509_CRL_set1_lastUpdate(list.get(), asn1(request.this_update).get()) == 1);
  require(X509_CRL_set1_nextUpdate(list.get(), asn1(request.next_update).get()) == 1);
  const X509_NAME* before = X509_get_subject_name(from);
  for (const Revoked& revoked : revoked_) {
    const X509_NAME* named = X509_get_issuer_name(x509(revoked.certificate));
    const bool same = X509_NAME_cmp(named, before) == 0;
    if (!same && !request.indirect) continue;
    if (request.since && revoked.revocation.revoked_at <= *request.since) continue;
    if (!request.since && revoked.reason == CRL_REASON_REMOVE_FROM_CRL) continue;
    X509_REVOKED* const entry = add_revoked(list.get(), revoked.certificate, revoked.revocation);
    if (revoked.reason) set_reason(entry, *revoked.reason);
    if (same) continue;
    // Entries without it mean the issuer of the one before (RFC 5280 §5.3.3).
    require(X509_REVOKED_add1_ext_i2d(entry, NID_certificate_issuer, names_of(named).get(), 1, 0) ==
            1);
    before = named;
  }
  add_extensions(list.get(), from, request);
  if (!request.indirect) require(X509_CRL_sort(list.get()) == 1);
  require(X509_CRL_sign(list.get(), pkey(issuer.private_key()), EVP_sha256()) > 0);
  return der_of(i2d_X509_CRL, list.get());
}

Bytes TestAuthority::crl(const RevocationListRequest& request) {
  return make_crl(request.indirect ? root_ : intermediate_, request);
}

Bytes TestAuthority::crl(Time this_update, Time next_update) {
  return crl({.this_update = this_update, .next_update = next_update});
}

Bytes TestAuthority::root_crl(Time this_update, Time next_update) {
  return make_crl(root_, {.this_update = this_update, .next_update = next_update});
}

RevocationLists TestAuthority::revocation_lists(Time this_update) {
  const Time next_update = this_update + std::chrono::hours(24 * 7);
  const std::vector<Certificate> issuers = {root(), intermediate()};
  RevocationLists lists;
  lists.add(root_crl(this_update, next_update), issuers).value();
  lists.add(crl(this_update, next_update), issuers).value();
  return lists;
}

}  // namespace yizhan
