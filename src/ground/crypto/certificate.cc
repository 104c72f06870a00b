#include "ground/crypto/certificate.h"

#include "ground/crypto/der.h"
#include "ground/crypto/digest.h"
#include "ground/crypto/openssl_handles.h"
#include "ground/crypto/openssl_values.h"
#include "ground/crypto/recent.h"

namespace yizhan {
namespace {

constexpr std::size_t kCertificateMax = 16 * 1024;

Refusal malformed(std::string detail) { return {Reason::kMalformed, std::move(detail)}; }
Refusal refused(std::string detail) { return {Reason::kAlgorithmRefused, std::move(detail)}; }

bool is_signed_soundly(X509* x509) {
  int digest = NID_undef;
  int key = NID_undef;
  if (X509_get_signature_info(x509, &digest, &key, nullptr, nullptr) != 1) return false;
  return openssl::is_sound_digest(digest) || key == NID_ED25519;
}

}  // namespace

struct Certificate::Parsed {
  Bytes der;
  Sha256 sha256;
  openssl::X509Certificate x509;
  openssl::Key key;
  KeyKind kind;
  Time not_before;
  Time not_after;
};

Result<Certificate> Certificate::parse(ByteView der) {
  static Recent<Sha256, Certificate> recent;
  if (der.empty() || der.size() > kCertificateMax) return malformed("憑證長度須在 16 KiB 以內。");
  const Sha256 digest = yizhan::sha256(der);
  if (auto known = recent.find(digest)) return *std::move(known);
  Certificate certificate = YZ_TRY(parse_anew(der, digest));
  recent.keep(digest, certificate);
  return certificate;
}

Result<Certificate> Certificate::parse_anew(ByteView der, const Sha256& digest) {
  openssl::QuietErrors quiet;
  if (!der::is_strict(der)) return malformed("憑證的編碼不符合 DER，請向憑證機構換發。");
  const unsigned char* end = der.data();
  openssl::X509Certificate x509(d2i_X509(nullptr, &end, static_cast<long>(der.size())));
  if (!x509 || openssl::der_of(i2d_X509, x509.get()) != copy_of(der)) {
    return malformed("不是 DER 編碼的 X.509 憑證。");
  }
  openssl::Key key(X509_get_pubkey(x509.get()));
  if (!key) return refused("無法讀取憑證的公開金鑰，請改用 RSA、P-256、P-384 或 Ed25519。");
  const auto kind = openssl::find_key_kind(key.get());
  if (!kind) return refused("憑證金鑰須為 RSA 2048–4096、P-256、P-384 或 Ed25519。");
  if (!is_signed_soundly(x509.get())) {
    return refused("憑證的簽章須使用 SHA-256 以上的雜湊演算法，請向憑證機構換發。");
  }
  const auto from = openssl::find_time(X509_get0_notBefore(x509.get()));
  const auto until = openssl::find_time(X509_get0_notAfter(x509.get()));
  if (!from || !until) return malformed("憑證的有效期間無法解讀。");
  // Reads the extensions into the object now, while only this thread has it.
  if (X509_check_purpose(x509.get(), -1, 0) != 1) return malformed("憑證的擴充欄位無法解讀。");

  Certificate certificate;
  certificate.parsed_ = std::make_shared<const Parsed>(Parsed{
      copy_of(der), digest, std::move(x509), std::move(key), *kind, *from, *until});
  return certificate;
}

Result<Certificate> Certificate::parse_pem(std::string_view pem) {
  openssl::QuietErrors quiet;
  const openssl::Bio bio = openssl::reader(bytes_of(pem));
  const openssl::X509Certificate x509(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!x509) return malformed("找不到 PEM 格式的憑證（-----BEGIN CERTIFICATE-----）。");
  return parse(openssl::der_of(i2d_X509, x509.get()));
}

ByteView Certificate::der() const { return parsed_->der; }
const Sha256& Certificate::sha256() const { return parsed_->sha256; }
KeyKind Certificate::key_kind() const { return parsed_->kind; }
Time Certificate::not_before() const { return parsed_->not_before; }
Time Certificate::not_after() const { return parsed_->not_after; }
void* Certificate::x509() const { return parsed_->x509.get(); }
void* Certificate::public_key() const { return parsed_->key.get(); }

std::string Certificate::subject() const {
  const openssl::Bio bio(openssl::require(BIO_new(BIO_s_mem()), "BIO"));
  // Without ESC_MSB: Chinese names stay readable UTF-8.
  constexpr unsigned long kForm =
      XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  openssl::require(
      X509_NAME_print_ex(bio.get(), X509_get_subject_name(parsed_->x509.get()), 0, kForm) >= 0,
      "name");
  return openssl::text_in(bio.get());
}

std::string Certificate::serial() const {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(parsed_->x509.get());
  const openssl::BigNumber number(openssl::require(ASN1_INTEGER_to_BN(serial, nullptr), "serial"));
  Bytes octets(static_cast<std::size_t>(BN_num_bytes(number.get())));
  BN_bn2bin(number.get(), octets.data());
  return to_hex(octets);
}

// A certificate that states no key usage is one for everything; such are not taken here.
bool Certificate::allows_signature() const {
  X509* x509 = parsed_->x509.get();
  return (X509_get_extension_flags(x509) & EXFLAG_KUSAGE) != 0 &&
         (X509_get_key_usage(x509) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0;
}

bool Certificate::allows_key_transport() const {
  X509* x509 = parsed_->x509.get();
  if ((X509_get_extension_flags(x509) & EXFLAG_KUSAGE) == 0) return false;
  const std::uint32_t usage = X509_get_key_usage(x509);
  switch (parsed_->kind) {
    case KeyKind::kRsa:
      return (usage & KU_KEY_ENCIPHERMENT) != 0;
    case KeyKind::kEcP256:
    case KeyKind::kEcP384:
      return (usage & KU_KEY_AGREEMENT) != 0;
    case KeyKind::kEd25519:
      return false;
  }
  return false;
}

std::string Certificate::pem() const {
  const openssl::Bio bio(openssl::require(BIO_new(BIO_s_mem()), "BIO"));
  openssl::require(PEM_write_bio_X509(bio.get(), parsed_->x509.get()) == 1, "PEM");
  return openssl::text_in(bio.get());
}

std::string Certificate::public_key_pem() const {
  const openssl::Bio bio(openssl::require(BIO_new(BIO_s_mem()), "BIO"));
  EVP_PKEY* key = X509_get0_pubkey(parsed_->x509.get());
  openssl::require(PEM_write_bio_PUBKEY(bio.get(), key) == 1, "PEM");
  return openssl::text_in(bio.get());
}

}  // namespace yizhan
