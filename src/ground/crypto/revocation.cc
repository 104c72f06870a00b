#include "ground/crypto/revocation.h"

#include <algorithm>

#include "ground/crypto/openssl_values.h"

namespace yizhan {
namespace {

using DistributionPoints = openssl::Owned<CRL_DIST_POINTS, CRL_DIST_POINTS_free>;
using GeneralNames = openssl::Owned<GENERAL_NAMES, GENERAL_NAMES_free>;
using IssuingPoint = openssl::Owned<ISSUING_DIST_POINT, ISSUING_DIST_POINT_free>;
using Enumerated = openssl::Owned<ASN1_ENUMERATED, ASN1_ENUMERATED_free>;
using GeneralizedTime = openssl::Owned<ASN1_GENERALIZEDTIME, ASN1_GENERALIZEDTIME_free>;

constexpr std::size_t kListMax = 16 * 1024 * 1024;

Refusal malformed(std::string detail) { return {Reason::kMalformed, std::move(detail)}; }

// nullptr when it is not there, not readable or there twice.
template <class T>
T find_extension(const X509_CRL* crl, int nid) {
  return T(static_cast<typename T::pointer>(X509_CRL_get_ext_d2i(crl, nid, nullptr, nullptr)));
}

bool is_among(const X509_NAME* name, const GENERAL_NAMES* names) {
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* one = sk_GENERAL_NAME_value(names, i);
    if (one->type == GEN_DIRNAME && X509_NAME_cmp(one->d.directoryName, name) == 0) return true;
  }
  return false;
}

bool has_directory_name(const GENERAL_NAMES* names) {
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    if (sk_GENERAL_NAME_value(names, i)->type == GEN_DIRNAME) return true;
  }
  return false;
}

// cRLIssuer of a distribution point (RFC 5280 §4.2.1.13).
bool names_list_issuer(const X509* certificate, const X509_NAME* issuer) {
  const DistributionPoints points(static_cast<CRL_DIST_POINTS*>(
      X509_get_ext_d2i(certificate, NID_crl_distribution_points, nullptr, nullptr)));
  for (int i = 0; i < sk_DIST_POINT_num(points.get()); ++i) {
    if (is_among(issuer, sk_DIST_POINT_value(points.get(), i)->CRLissuer)) return true;
  }
  return false;
}

// An entry without certificateIssuer means the issuer of the one before (RFC 5280 §5.3.3). OpenSSL
// stops to tell issuers at the first extension that it can not read, so such a list is refused.
bool tells_its_issuers(X509_CRL* crl) {
  const STACK_OF(X509_REVOKED)* const entries = X509_CRL_get_REVOKED(crl);
  for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
    const X509_REVOKED* entry = sk_X509_REVOKED_value(entries, i);
    int critical = 0;  // -1: not there
    const GeneralNames names(static_cast<GENERAL_NAMES*>(
        X509_REVOKED_get_ext_d2i(entry, NID_certificate_issuer, &critical, nullptr)));
    if (critical != -1 && !has_directory_name(names.get())) return false;
    const Enumerated reason(static_cast<ASN1_ENUMERATED*>(
        X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, &critical, nullptr)));
    if (critical != -1 && !reason) return false;
  }
  return true;
}

Result<RevocationList> parse(ByteView der) {
  const unsigned char* end = der.data();
  openssl::X509List crl(d2i_X509_CRL(nullptr, &end, static_cast<long>(der.size())));
  if (!crl || end != der.data() + der.size()) return malformed("不是 DER 編碼的廢止清冊。");
  const auto made = openssl::find_time(X509_CRL_get0_lastUpdate(crl.get()));
  if (!made) return malformed("廢止清冊沒有可讀的發布時間。");
  RevocationList list{.der = copy_of(der), .crl = std::move(crl), .this_update = *made};
  const X509_CRL* const made_of = list.crl.get();
  if (const ASN1_TIME* next = X509_CRL_get0_nextUpdate(made_of)) {
    list.next_update = openssl::find_time(next);
    if (!list.next_update) return malformed("廢止清冊的下次發布時間無法解讀。");
  }
  list.number = find_extension<openssl::Integer>(made_of, NID_crl_number);
  list.base_number = find_extension<openssl::Integer>(made_of, NID_delta_crl);
  // RFC 5280 §5.2.3, §5.2.4: a delta without both numbers has no place beside any list.
  const bool delta = X509_CRL_get_ext_by_NID(made_of, NID_delta_crl, -1) >= 0;
  if (delta && !(list.number && list.base_number)) return malformed("差異廢止清冊沒有編號。");
  const auto point = find_extension<IssuingPoint>(made_of, NID_issuing_distribution_point);
  list.indirect = point && point->indirectCRL > 0;
  if (list.indirect && !tells_its_issuers(list.crl.get())) {
    return malformed("間接廢止清冊未指明憑證的簽發者。");
  }
  return list;
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

struct Entry {
  Revocation revocation;
  long reason = CRL_REASON_UNSPECIFIED;
};

std::optional<Entry> find_entry(const RevocationList* list, X509* certificate) {
  X509_REVOKED* entry = nullptr;
  // By issuer and serial number: OpenSSL knows whose certificate each entry of a list means.
  if (list == nullptr || !list->covers(certificate) ||
      X509_CRL_get0_by_cert(list->crl.get(), &entry, certificate) == 0) {
    return std::nullopt;
  }
  const auto when = openssl::find_time(X509_REVOKED_get0_revocationDate(entry));
  // An entry whose date can not be read revokes from the beginning of time.
  Entry found{.revocation = {.revoked_at = when.value_or(Time())}};
  const GeneralizedTime since(static_cast<ASN1_GENERALIZEDTIME*>(
      X509_REVOKED_get_ext_d2i(entry, NID_invalidity_date, nullptr, nullptr)));
  if (since) found.revocation.invalid_since = openssl::find_time(since.get());
  const Enumerated reason(static_cast<ASN1_ENUMERATED*>(
      X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, nullptr, nullptr)));
  if (reason) found.reason = ASN1_ENUMERATED_get(reason.get());
  found.revocation.compromised =
      found.reason == CRL_REASON_KEY_COMPROMISE || found.reason == CRL_REASON_CA_COMPROMISE;
  return found;
}

// RFC 5280 §5.2.3: numbers tell the order of an issuer's lists.
bool includes(const RevocationList& complete, const RevocationList& delta) {
  if (!complete.number) return delta.this_update <= complete.this_update;
  return ASN1_INTEGER_cmp(delta.number.get(), complete.number.get()) <= 0;
}

}  // namespace

bool Revocation::casts_doubt_on(Time at) const {
  return compromised && invalid_since && *invalid_since <= at;
}

bool RevocationList::is_of_issuer(const X509* certificate) const {
  return X509_NAME_cmp(X509_CRL_get_issuer(crl.get()), X509_get_issuer_name(certificate)) == 0;
}

bool RevocationList::covers(const X509* certificate) const {
  return is_of_issuer(certificate) ||
         (indirect && names_list_issuer(certificate, X509_CRL_get_issuer(crl.get())));
}

std::vector<const RevocationList*> RevocationLists::Scope::lists() const {
  std::vector<const RevocationList*> all;
  for (const auto* list : {&complete, &delta}) {
    if (*list) all.push_back(list->get());
  }
  return all;
}

bool RevocationLists::Scope::is_joined() const {
  // RFC 5280 §5.2.4 (c): "CRL number of the complete CRL is equal to or greater than" the base's
  return complete && delta && complete->number &&
         ASN1_INTEGER_cmp(delta->base_number.get(), complete->number.get()) <= 0;
}

std::optional<Revocation> RevocationLists::Scope::find(X509* certificate) const {
  auto stated = find_entry(complete.get(), certificate);
  const auto changed = find_entry(delta.get(), certificate);
  if (changed && changed->reason != CRL_REASON_REMOVE_FROM_CRL) {
    // What was held first and then revoked is revoked since it was held.
    Revocation revocation = changed->revocation;
    if (stated) {
      revocation.revoked_at = std::min(revocation.revoked_at, stated->revocation.revoked_at);
    }
    return revocation;
  }
  if (!stated || stated->reason == CRL_REASON_REMOVE_FROM_CRL || lifts_hold(certificate)) {
    return std::nullopt;
  }
  return stated->revocation;
}

bool RevocationLists::Scope::lifts_hold(X509* certificate) const {
  if (!is_joined()) return false;
  const auto stated = find_entry(complete.get(), certificate);
  const auto changed = find_entry(delta.get(), certificate);
  if (!stated || stated->reason != CRL_REASON_CERTIFICATE_HOLD) return false;
  if (!changed || changed->reason != CRL_REASON_REMOVE_FROM_CRL) return false;
  // RFC 5280 §5.3.1: also "because the certificate expired", which clears nothing.
  const auto expiry = openssl::find_time(X509_get0_notAfter(certificate));
  return expiry && delta->this_update <= *expiry;
}

Result<void> RevocationLists::add(ByteView der, std::span<const Certificate> issuers) {
  openssl::QuietErrors quiet;
  if (der.size() > kListMax) return Refusal{Reason::kTooLarge, "廢止清冊超過 16 MiB。"};
  const auto list = std::make_shared<const RevocationList>(YZ_TRY(parse(der)));
  if (!is_signed_soundly(list->crl.get())) {
    return Refusal{Reason::kAlgorithmRefused, "廢止清冊的簽章演算法不在允許之列。"};
  }
  YZ_TRY(check_signature(list->crl.get(), issuers));
  auto& known = scopes_[name_of(list->crl.get())];
  Scope scope = known ? *known : Scope();
  auto& kept = list->is_delta() ? scope.delta : scope.complete;
  if (kept && kept->this_update >= list->this_update) return {};
  kept = list;
  if (scope.complete && scope.delta && includes(*scope.complete, *scope.delta)) scope.delta.reset();
  known = std::make_shared<const Scope>(std::move(scope));
  paths_.clear();
  return {};
}

std::optional<Time> RevocationLists::this_update(const Certificate& certificate) const {
  std::optional<Time> newest;
  for (const auto& [name, scope] : scopes_) {
    for (const RevocationList* list : scope->lists()) {
      if (!list->covers(openssl::x509_of(certificate))) continue;
      newest = std::max(newest, std::optional(list->this_update));
    }
  }
  return newest;
}

std::optional<Revocation> RevocationLists::find(const Certificate& certificate) const {
  return find_earliest(openssl::x509_of(certificate));
}

std::optional<Revocation> RevocationLists::find_earliest(x509_st* certificate) const {
  std::optional<Revocation> earliest;
  for (const auto& [name, scope] : scopes_) {
    const auto found = scope->find(certificate);
    if (found && (!earliest || found->revoked_at < earliest->revoked_at)) earliest = found;
  }
  return earliest;
}

bool RevocationLists::is_revoked_indirectly(x509_st* certificate) const {
  return std::any_of(scopes_.begin(), scopes_.end(), [&](const auto& named) {
    const Scope& scope = *named.second;
    return !scope.lists().front()->is_of_issuer(certificate) && scope.find(certificate);
  });
}

// As long as every certificate is valid and every list of its issuers is in force and young.
RevocationLists::Lasting RevocationLists::lasting(Path path, std::chrono::hours crl_age_max) const {
  Time from = path.chain.front().not_before();
  Time until = path.chain.front().not_after();
  const auto limit_by = [&](const RevocationList& list, const X509* certificate) {
    if (!list.covers(certificate)) return;
    until = std::min({until, list.this_update + crl_age_max, list.next_update.value_or(until)});
    // Another issuer's list rests on a path of its own, which is not looked at here: not
    // remembered.
    if (!list.is_of_issuer(certificate)) until = Time();
  };
  for (const Certificate& certificate : path.chain) {
    from = std::max(from, certificate.not_before());
    until = std::min(until, certificate.not_after());
    for (const auto& [name, scope] : scopes_) {
      for (const auto* list : scope->lists()) limit_by(*list, openssl::x509_of(certificate));
    }
  }
  return {std::move(path), from, until};
}

std::vector<Bytes> RevocationLists::all() const {
  std::vector<Bytes> ders;
  for (const auto& [name, scope] : scopes_) {
    for (const RevocationList* list : scope->lists()) ders.push_back(list->der);
  }
  return ders;
}

}  // namespace yizhan
