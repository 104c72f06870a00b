#include "ground/net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace yizhan {

namespace {

constexpr int kChainDepthMax = 5;
constexpr auto kOptions = SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                          SSL_OP_CIPHER_SERVER_PREFERENCE;

void require(long outcome, const char* what) {
  if (outcome != 1) throw std::runtime_error(std::string(what) + ": " + take_tls_errors());
}

X509* x509_of(const Certificate& certificate) { return static_cast<X509*>(certificate.x509()); }

void set_common(SSL_CTX* context) {
  require(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION), "TLS version");
  require(SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION), "TLS version");
  SSL_CTX_set_security_level(context, 2);
  SSL_CTX_set_options(context, kOptions);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  require(SSL_CTX_set_num_tickets(context, 0), "TLS tickets");
  require(SSL_CTX_set_max_early_data(context, 0), "TLS early data");
  require(SSL_CTX_set_ciphersuites(context, "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256"),
          "TLS cipher suites");
  require(SSL_CTX_set1_groups_list(context, "P-256:X25519:P-384"), "TLS groups");
  require(SSL_CTX_set1_sigalgs_list(context,
                                    "ECDSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA256:RSA-PSS+SHA384:"
                                    "ed25519"),
          "TLS signature algorithms");
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}

void set_identity(SSL_CTX* context, const TlsIdentity& identity) {
  if (identity.chain.empty()) throw std::runtime_error("TLS identity without a certificate");
  require(SSL_CTX_use_certificate(context, x509_of(identity.chain.front())), "TLS certificate");
  for (std::size_t i = 1; i < identity.chain.size(); ++i) {
    require(SSL_CTX_add1_chain_cert(context, x509_of(identity.chain[i])), "TLS chain");
  }
  require(SSL_CTX_use_PrivateKey(context, static_cast<EVP_PKEY*>(identity.key.native())),
          "TLS key");
  require(SSL_CTX_check_private_key(context), "TLS key and certificate");
}

void set_anchors(SSL_CTX* context, const std::vector<Certificate>& anchors, int purpose) {
  X509_STORE* store = X509_STORE_new();
  if (store == nullptr) throw std::bad_alloc();
  SSL_CTX_set_cert_store(context, store);  // owns it; nothing of the system's own anchors remains
  for (const Certificate& anchor : anchors) {
    require(X509_STORE_add_cert(store, x509_of(anchor)), "TLS trust anchor");
  }
  X509_VERIFY_PARAM* param = SSL_CTX_get0_param(context);
  // An issuing CA may be an anchor itself: the directory names whom to trust, not a root above it.
  require(X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN), "TLS verification");
  require(X509_VERIFY_PARAM_set_purpose(param, purpose), "TLS purpose");
  SSL_CTX_set_verify_depth(context, kChainDepthMax);
}

int verify_client(X509_STORE_CTX* chain, void*) {
  return verify_chain(chain, TlsRole::kClient) ? 1 : 0;
}

}  // namespace

bool verify_chain(x509_store_ctx_st* chain, TlsRole peer) {
  if (X509_verify_cert(chain) != 1) return false;
  X509* shown = X509_STORE_CTX_get0_cert(chain);
  const std::uint32_t usage = peer == TlsRole::kServer ? XKU_SSL_SERVER : XKU_SSL_CLIENT;
  const bool told = (X509_get_extension_flags(shown) & EXFLAG_XKUSAGE) != 0;
  if (told && (X509_get_extended_key_usage(shown) & usage) != 0) return true;
  X509_STORE_CTX_set_error(chain, X509_V_ERR_INVALID_PURPOSE);
  return false;
}

void FreeTlsContext::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

TlsContext make_server_context(const ServerTls& tls) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) throw std::runtime_error("TLS context: " + take_tls_errors());
  set_common(context.get());
  set_identity(context.get(), tls.identity);
  if (!tls.require_client_certificate) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    return context;
  }
  if (tls.client_anchors.empty()) {
    throw std::runtime_error("client certificates required, but no trust anchor for them");
  }
  set_anchors(context.get(), tls.client_anchors, X509_PURPOSE_SSL_CLIENT);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context.get(), verify_client, nullptr);
  return context;
}

void set_up_client_context(ssl_ctx_st* context, const TlsIdentity* identity,
                           const std::vector<Certificate>& anchors) {
  set_common(context);
  if (identity != nullptr) set_identity(context, *identity);
  set_anchors(context, anchors, X509_PURPOSE_SSL_SERVER);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
}

std::optional<Certificate> find_peer_certificate(ssl_st* connection) {
  X509* shown = SSL_get0_peer_certificate(connection);
  if (shown == nullptr) return std::nullopt;
  unsigned char* der = nullptr;
  const int size = i2d_X509(shown, &der);
  if (size <= 0) return std::nullopt;
  auto parsed = Certificate::parse(ByteView(der, static_cast<std::size_t>(size)));
  OPENSSL_free(der);
  return parsed.ok() ? std::optional(*parsed) : std::nullopt;
}

std::string take_tls_errors() {
  std::string errors;
  const char* data = nullptr;
  int flags = 0;
  while (const auto code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
    const char* reason = ERR_reason_error_string(code);
    errors.append(errors.empty() ? "" : "; ").append(reason == nullptr ? "error" : reason);
    if ((flags & ERR_TXT_STRING) != 0 && *data != '\0')
      errors.append(" (").append(data).append(")");
  }
  return errors;
}

}  // namespace yizhan
