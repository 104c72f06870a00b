#include "ground/crypto/revocation.h"

#include <algorithm>

#include "ground/crypto/openssl_values.h"

namespace yizhan {
namespace {

using IssuingPoint = openssl::Owned<ISSUING_DIST_POINT, ISSUING_DIST_POINT_free>;
using Enumerated = openssl::Owned<ASN1_ENUMERATED, ASN1_ENUMERATED_free>;
using GeneralizedTime = openssl::Owned<ASN1_GENERALIZEDTIME, ASN1_GENERALIZEDTIME_free>;

constexpr std::size_t kListMax = 16 * 1024 * 1024;

Refusal malformed(std::string detail) { return {Reason::kMalformed, std::move(detail)}; }

bool is_partial(X509_CRL* crl) {
  if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0) return true;
  const IssuingPoint point(static_cast<ISSUING_DIST_POINT*>(
      X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, nullptr, nullptr)));
  return point && point->indirectCRL > 0;
}

bool is_signed_soundly(const X509_CRL* crl) {
  int digest = NID_undef;
  int key = NID_undef;
  return OBJ_find_sigid_algs(X509_CRL_get_signature_nid(crl), &digest, &key) == 1 &&
         (openssl::is_sound_digest(digest) || key == NID_ED25519);
}

Result<void> check_signature(X509_CRL* crl, std::span<const Certificate> issuers) {
  bool named = false;
  for (const Certificate& issuer : issuers) {
    const X509_NAME* subject = X509_get_subject_name(openssl::x509_of(issuer));
    if (X509_NAME_cmp(subject, X509_CRL_get_issuer(crl)) != 0) continue;
    named = true;
    if (X509_CRL_verify(crl, openssl::key_of(issuer)) == 1) return {};
  }
  if (named) return Refusal{Reason::kBadSignature, "廢止清冊的簽章不符，請重新下載。"};
  return Refusal{Reason::kCertificateUntrusted, "廢止清冊的簽發者不在已知的憑證機構之列。"};
}

// An issuer may have several keys and split its list: each part is kept.
Bytes name_of(const X509_CRL* crl) {
  Bytes name = openssl::der_of(i2d_X509_NAME, X509_CRL_get_issuer(crl));
  for (const int nid : {NID_authority_key_identifier, NID_issuing_distribution_point}) {
    const int at = X509_CRL_get_ext_by_NID(crl, nid, -1);
    if (at < 0) continue;
    append(name, openssl::der_of(i2d_X509_EXTENSION, X509_CRL_get_ext(crl, at)));
  }
  return name;
}

bool is_of_issuer(const X509_CRL* crl, const X509* certificate) {
  return X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(certificate)) == 0;
}

std::optional<Revocation> find_revocation(X509_CRL* crl, X509* certificate) {
  X509_REVOKED* entry = nullptr;
  if (X509_CRL_get0_by_cert(crl, &entry, certificate) != 1) return std::nullopt;
  const auto when = openssl::find_time(X509_REVOKED_get0_revocationDate(entry));
  // An entry whose date can not be read revokes from the beginning of time.
  Revocation revocation{.revoked_at = when.value_or(Time())};
  const GeneralizedTime since(static_cast<ASN1_GENERALIZEDTIME*>(
      X509_REVOKED_get_ext_d2i(entry, NID_invalidity_date, nullptr, nullptr)));
  if (since) revocation.invalid_since = openssl::find_time(since.get());
  const Enumerated reason(static_cast<ASN1_ENUMERATED*>(
      X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, nullptr, nullptr)));
  const long code = reason ? ASN1_ENUMERATED_get(reason.get()) : CRL_REASON_UNSPECIFIED;
  revocation.compromised = code == CRL_REASON_KEY_COMPROMISE || code == CRL_REASON_CA_COMPROMISE;
  return revocation;
}

}  // namespace

bool Revocation::casts_doubt_on(Time at) const {
  return compromised && invalid_since && *invalid_since <= at;
}

Result<void> RevocationLists::add(ByteView der, std::span<const Certificate> issuers) {
  openssl::QuietErrors quiet;
  if (der.size() > kListMax) return Refusal{Reason::kTooLarge, "廢止清冊超過 16 MiB。"};
  const unsigned char* end = der.data();
  openssl::X509List crl(d2i_X509_CRL(nullptr, &end, static_cast<long>(der.size())));
  if (!crl || end != der.data() + der.size()) return malformed("不是 DER 編碼的廢止清冊。");
  if (is_partial(crl.get())) return malformed("不接受差異或間接廢止清冊，請下載完整清冊。");
  const auto made = openssl::find_time(X509_CRL_get0_lastUpdate(crl.get()));
  if (!made) return malformed("廢止清冊沒有可讀的發布時間。");
  if (!is_signed_soundly(crl.get())) {
    return Refusal{Reason::kAlgorithmRefused, "廢止清冊的簽章演算法不在允許之列。"};
  }
  YZ_TRY(check_signature(crl.get(), issuers));
  auto& kept = lists_[name_of(crl.get())];
  if (kept && kept->this_update >= *made) return {};
  kept = std::make_shared<const List>(List{copy_of(der), std::move(crl), *made});
  paths_.clear();
  return {};
}

std::optional<Time> RevocationLists::this_update(const Certificate& certificate) const {
  std::optional<Time> newest;
  for (const auto& [name, list] : lists_) {
    if (!is_of_issuer(list->crl.get(), openssl::x509_of(certificate))) continue;
    newest = std::max(newest, std::optional(list->this_update));
  }
  return newest;
}

std::optional<Revocation> RevocationLists::find(const Certificate& certificate) const {
  return find_earliest(openssl::x509_of(certificate));
}

std::optional<Revocation> RevocationLists::find_earliest(x509_st* certificate) const {
  std::optional<Revocation> earliest;
  for (const auto& [name, list] : lists_) {
    if (!is_of_issuer(list->crl.get(), certificate)) continue;
    const auto found = find_revocation(list->crl.get(), certificate);
    if (found && (!earliest || found->revoked_at < earliest->revoked_at)) earliest = found;
  }
  return earliest;
}

// As long as every certificate is valid and every list of its issuers is in force and young.
RevocationLists::Lasting RevocationLists::lasting(Path path,
                                                  std::chrono::hours crl_age_max) const {
  Time from = path.chain.front().not_before();
  Time until = path.chain.front().not_after();
  for (const Certificate& certificate : path.chain) {
    from = std::max(from, certificate.not_before());
    until = std::min(until, certificate.not_after());
    for (const auto& [name, list] : lists_) {
      if (!is_of_issuer(list->crl.get(), openssl::x509_of(certificate))) continue;
      until = std::min(until, list->this_update + crl_age_max);
      const auto next = openssl::find_time(X509_CRL_get0_nextUpdate(list->crl.get()));
      until = std::min(until, next.value_or(until));
    }
  }
  return {std::move(path), from, until};
}

std::vector<Bytes> RevocationLists::all() const {
  std::vector<Bytes> ders;
  for (const auto& [name, list] : lists_) ders.push_back(list->der);
  return ders;
}

}  // namespace yizhan
