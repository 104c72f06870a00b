#include "ground/crypto/path.h"

#include <algorithm>

#include "ground/control/control.h"
#include "ground/crypto/digest.h"
#include "ground/crypto/openssl_values.h"
#include "ground/crypto/revocation.h"

namespace yizhan {
namespace {

using openssl::require;

constexpr int kDepthMax = 5;       // certificates between the end entity and the anchor
constexpr int kSecurityLevel = 2;  // of OpenSSL: 112 bits, so RSA 2048 and no SHA-1
constexpr std::size_t kPemMax = 4 * 1024 * 1024;

bool is_about_revocation(int error) {
  switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
    case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
    case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
    case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
      return true;
    default:
      return false;
  }
}

Refusal revoked(const Revocation& revocation) {
  std::string detail = "憑證已於 " + revocation.revoked_at.text() + " 廢止";
  if (revocation.invalid_since) {
    detail += "（自 " + revocation.invalid_since->text() + " 起失效）";
  }
  return {Reason::kCertificateRevoked, detail + "，請換發憑證後重送。"};
}

Refusal expired(const Certificate& certificate) {
  return {Reason::kCertificateExpired, "憑證有效期間為 " + certificate.not_before().text() +
                                           " 至 " + certificate.not_after().text() +
                                           "，請換發憑證。"};
}

// What an answer rests on beside the lists and the time.
Sha256 key_of(const PathQuestion& question, const TrustAnchors& anchors,
              std::span<const Certificate> intermediates) {
  Sha256Stream digester;
  digester.update(question.certificate.sha256().view());
  digester.update(bytes_of(std::to_string(question.crl_age_max.count())));
  for (const Certificate& anchor : anchors.roots()) digester.update(anchor.sha256().view());
  digester.update(bytes_of(" "));
  for (const Certificate& other : intermediates) digester.update(other.sha256().view());
  return digester.finish();
}

// Whether one list has an entry for a certificate, as OpenSSL judges it: critical extensions that
// it does not know, then the entry, which it reports to `judge`. 0: refused, 2: removeFromCRL.
X509_STORE_CTX_cert_crl_fn openssl_look_up() {
  const openssl::X509StoreContext context(require(X509_STORE_CTX_new(), "store context"));
  require(X509_STORE_CTX_init(context.get(), nullptr, nullptr, nullptr) == 1, "store context");
  return X509_STORE_CTX_get_cert_crl(context.get());
}

}  // namespace

class PathValidation {
 public:
  PathValidation(const PathQuestion& question, const RevocationLists& revocations)
      : question_(question), revocations_(revocations) {}

  Result<Path> run(const TrustAnchors& anchors, std::span<const Certificate> intermediates) {
    const openssl::X509Store store = store_of(anchors);
    openssl::X509Certificates others(require(sk_X509_new_null(), "certificates"));
    for (const Certificate& certificate : intermediates) push(others.get(), certificate);
    const openssl::X509Lists lists = complete_lists();
    const openssl::X509StoreContext context(require(X509_STORE_CTX_new(), "store context"));
    require(X509_STORE_CTX_init(context.get(), store.get(), openssl::x509_of(question_.certificate),
                                others.get()) == 1,
            "store context");
    // Not through the store, which finds only lists under the name of the certificate's issuer.
    X509_STORE_CTX_set0_crls(context.get(), lists.get());
    X509_STORE_CTX_set_app_data(context.get(), this);
    X509_STORE_CTX_set_verify_cb(context.get(), judge);
    set_rules(X509_STORE_CTX_get0_param(context.get()));
    if (X509_verify_cert(context.get()) != 1) return refusal_of(context.get());
    return path_of(context.get());
  }

 private:
  static void push(STACK_OF(X509) * stack, const Certificate& certificate) {
    X509* const x509 = openssl::x509_of(certificate);
    require(X509_up_ref(x509) == 1, "certificates");
    require(sk_X509_push(stack, x509) > 0, "certificates");
  }

  static openssl::X509Store store_of(const TrustAnchors& anchors) {
    openssl::X509Store store(require(X509_STORE_new(), "store"));
    for (const Certificate& root : anchors.roots()) {
      require(X509_STORE_add_cert(store.get(), openssl::x509_of(root)) == 1, "store");
    }
    X509_STORE_set_cert_crl(store.get(), look_up_with_delta);
    return store;
  }

  // Lists that are too old do not enter, so that OpenSSL misses them.
  openssl::X509Lists complete_lists() const {
    openssl::X509Lists lists(require(sk_X509_CRL_new_null(), "lists"));
    for (const auto& [name, scope] : revocations_.scopes_) {
      if (!scope->complete || !is_young(*scope->complete)) continue;
      X509_CRL* const crl = scope->complete->crl.get();
      require(X509_CRL_up_ref(crl) == 1, "lists");
      require(sk_X509_CRL_push(lists.get(), crl) > 0, "lists");
    }
    return lists;
  }

  bool is_young(const RevocationList& list) const {
    const bool young = question_.at <= list.this_update + question_.crl_age_max;
    return upheld("revocation_age", young);
  }

  void set_rules(X509_VERIFY_PARAM* rules) const {
    X509_VERIFY_PARAM_set_time(rules, static_cast<std::time_t>(question_.at.ms() / 1000));
    X509_VERIFY_PARAM_set_depth(rules, kDepthMax);
    X509_VERIFY_PARAM_set_auth_level(rules, kSecurityLevel);
    // Policies bind where an authority demands them (RFC 5280 §6.1), whichever they are. Lists may
    // come from another key of the authority, as they do when it changes keys.
    constexpr unsigned long kFlags = X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL |
                                     X509_V_FLAG_POLICY_CHECK | X509_V_FLAG_EXTENDED_CRL_SUPPORT;
    require(X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_ANY) == 1 &&
                X509_VERIFY_PARAM_add0_policy(rules, OBJ_nid2obj(NID_any_policy)) == 1 &&
                X509_VERIFY_PARAM_set_flags(rules, kFlags) == 1,
            "path rules");
  }

  // The path of a list's own signer is validated in a context below ours.
  static PathValidation& validation_of(X509_STORE_CTX* context) {
    while (X509_STORE_CTX* const above = X509_STORE_CTX_get0_parent_ctx(context)) context = above;
    return *static_cast<PathValidation*>(X509_STORE_CTX_get_app_data(context));
  }

  static int judge(int good, X509_STORE_CTX* context) {
    if (good == 1) return 1;
    switch (X509_STORE_CTX_get_error(context)) {
      case X509_V_ERR_CRL_NOT_YET_VALID:
        return is_later_list_complete(X509_STORE_CTX_get0_current_crl(context),
                                      X509_STORE_CTX_get_current_cert(context))
                   ? 1
                   : 0;
      case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
        return is_list_about_its_signer(context) ? 1 : 0;
      case X509_V_ERR_CERT_REVOKED:
        return validation_of(context).is_revoked_later(context) ? 1 : 0;
      default:
        return 0;
    }
  }

  // A list made after the time in question says more about it, not less, unless the certificate
  // had expired by then: lists leave such out (RFC 5280 §3.3).
  static bool is_later_list_complete(const X509_CRL* list, const X509* certificate) {
    const auto made = openssl::find_time(X509_CRL_get0_lastUpdate(list));
    const auto until = openssl::find_time(X509_get0_notAfter(certificate));
    return made && until && *made <= *until;
  }

  // The signer of an indirect list may tell of its own certificate. RFC 5280 §6.3.3 (f) wants the
  // signer's path to be valid: it is the path which this context validates, not one more below.
  static bool is_list_about_its_signer(X509_STORE_CTX* context) {
    const X509* const signer = X509_STORE_CTX_get0_current_issuer(context);
    const X509* const validated = X509_STORE_CTX_get0_cert(context);
    return X509_STORE_CTX_get0_parent_ctx(context) != nullptr && signer != nullptr &&
           X509_cmp(signer, validated) == 0 &&
           X509_cmp(X509_STORE_CTX_get_current_cert(context), validated) == 0;
  }

  // Deltas stay outside OpenSSL 3.0: it passes over one where no freshest CRL is named, believes
  // one that is out of date, lets one free what was never held, and takes one of some reasons for a
  // complete list. So whenever it asks a complete list, the delta beside it is asked before.
  static int look_up_with_delta(X509_STORE_CTX* context, X509_CRL* complete, X509* certificate) {
    PathValidation& validation = validation_of(context);
    const RevocationLists::Scope& scope = validation.scope_of(complete);
    validation.lifted_ = false;
    if (scope.delta) {
      const int fault = validation.fault_of_delta(scope, context);
      if (fault != X509_V_OK) {
        X509_STORE_CTX_set_error(context, fault);
        return 0;
      }
      if (validation.look_up_(context, scope.delta->crl.get(), certificate) == 0) return 0;
      validation.lifted_ = scope.lifts_hold(certificate);
    }
    if (validation.look_up_(context, complete, certificate) == 0) return 0;
    // OpenSSL prefers a list of the certificate's own issuer and then asks no indirect one.
    if (!validation.revocations_.is_revoked_indirectly(certificate)) return 1;
    X509_STORE_CTX_set_error(context, X509_V_ERR_CERT_REVOKED);
    return validation.is_revoked_later(context) ? 1 : 0;
  }

  const RevocationLists::Scope& scope_of(const X509_CRL* complete) const {
    const auto& scopes = revocations_.scopes_;
    const auto found = std::find_if(scopes.begin(), scopes.end(), [&](const auto& named) {
      return named.second->complete && named.second->complete->crl.get() == complete;
    });
    YZ_ASSERT(found != scopes.end());  // OpenSSL knows no list but ours
    return *found->second;
  }

  // A newer delta that can not be used shows that the complete list is not the present state.
  int fault_of_delta(const RevocationLists::Scope& scope, X509_STORE_CTX* context) const {
    const RevocationList& delta = *scope.delta;
    if (!scope.is_joined()) return X509_V_ERR_UNABLE_TO_GET_CRL;
    const X509* const signer = X509_STORE_CTX_get0_current_issuer(context);
    // RFC 5280 §6.3.3 (h): "using the public key validated" for the complete list
    if (signer == nullptr || X509_CRL_verify(delta.crl.get(), X509_get0_pubkey(signer)) != 1) {
      return X509_V_ERR_CRL_SIGNATURE_FAILURE;
    }
    const bool in_force = !delta.next_update || question_.at < *delta.next_update;
    if (!in_force || !is_young(delta)) return X509_V_ERR_CRL_HAS_EXPIRED;
    return is_later_list_complete(delta.crl.get(), X509_STORE_CTX_get_current_cert(context))
               ? X509_V_OK
               : X509_V_ERR_CRL_NOT_YET_VALID;
  }

  bool is_revoked_later(X509_STORE_CTX* context) {
    // Not from the context's current list: OpenSSL forgets it after judging the list's dates.
    revocation_ = revocations_.find_earliest(X509_STORE_CTX_get_current_cert(context));
    if (!revocation_) return lifted_;
    if (revocation_->revoked_at <= question_.at) return false;
    if (!revoked_later_) revoked_later_ = revocation_;
    return true;
  }

  Result<Path> refusal_of(X509_STORE_CTX* context) const {
    const int error = X509_STORE_CTX_get_error(context);
    const std::string words = X509_verify_cert_error_string(error);
    if (error == X509_V_ERR_CERT_REVOKED && revocation_) return revoked(*revocation_);
    if (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID) {
      return Refusal{Reason::kCertificateExpired, "憑證機構的憑證不在有效期間內，請更新憑證鏈。"};
    }
    if (!is_about_revocation(error)) {
      return Refusal{Reason::kCertificateUntrusted,
                     "憑證無法連結至受信任的根憑證（" + words + "），請確認憑證機構。"};
    }
    // A list too old to prove that a certificate is good still proves that it is bad.
    const auto known = revocations_.find(question_.certificate);
    if (known && known->revoked_at <= question_.at) return revoked(*known);
    return Refusal{Reason::kRevocationUnknown,
                   "沒有夠新的憑證廢止清冊（" + words + "），請更新清冊後重試。"};
  }

  Result<Path> path_of(X509_STORE_CTX* context) const {
    Path path{.chain = {}, .revoked_later = revoked_later_};
    const STACK_OF(X509)* const chain = X509_STORE_CTX_get0_chain(context);
    for (int i = 0; i < sk_X509_num(chain); ++i) {
      path.chain.push_back(
          YZ_TRY(Certificate::parse(openssl::der_of(i2d_X509, sk_X509_value(chain, i)))));
    }
    return path;
  }

  const PathQuestion& question_;
  const RevocationLists& revocations_;
  const X509_STORE_CTX_cert_crl_fn look_up_ = openssl_look_up();
  bool lifted_ = false;                   // by the delta beside the list that is asked
  std::optional<Revocation> revocation_;  // the last that OpenSSL met
  std::optional<Revocation> revoked_later_;
};

Result<std::vector<Certificate>> parse_pem_bundle(std::string_view pem) {
  openssl::QuietErrors quiet;
  if (pem.size() > kPemMax) return Reason::kTooLarge;
  const openssl::Bio bio = openssl::reader(bytes_of(pem));
  std::vector<Certificate> certificates;
  while (true) {
    const openssl::X509Certificate x509(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!x509) break;
    certificates.push_back(YZ_TRY(Certificate::parse(openssl::der_of(i2d_X509, x509.get()))));
  }
  // The end shows as "no start line"; anything else is a broken certificate.
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return Refusal{Reason::kMalformed, "PEM 檔案中有無法解讀的憑證。"};
  }
  return certificates;
}

Result<TrustAnchors> TrustAnchors::parse_pem(std::string_view pem) {
  std::vector<Certificate> roots = YZ_TRY(parse_pem_bundle(pem));
  if (roots.empty()) return Refusal{Reason::kMalformed, "信任根檔案中沒有憑證。"};
  return TrustAnchors(std::move(roots));
}

Result<Path> validate_path(const PathQuestion& question, const TrustAnchors& anchors,
                           std::span<const Certificate> intermediates,
                           const RevocationLists& revocations) {
  openssl::QuietErrors quiet;
  const Certificate& certificate = question.certificate;
  if (question.at < certificate.not_before() || question.at > certificate.not_after()) {
    return expired(certificate);
  }
  const Sha256 key = key_of(question, anchors, intermediates);
  const auto known = revocations.paths_.find(key);
  if (known && known->from <= question.at && question.at < known->until) return known->path;
  Path path = YZ_TRY(PathValidation(question, revocations).run(anchors, intermediates));
  if (!path.revoked_later) {
    revocations.paths_.keep(key, revocations.lasting(path, question.crl_age_max));
  }
  return path;
}

}  // namespace yizhan
