#pragma once

#include <memory>

#include "ground/net/server.h"

struct ssl_ctx_st;
struct ssl_st;
struct x509_store_ctx_st;

// What every TLS connection of ours has in common, in OpenSSL's words.

namespace yizhan {

struct FreeTlsContext {
  void operator()(ssl_ctx_st* context) const;
};
using TlsContext = std::unique_ptr<ssl_ctx_st, FreeTlsContext>;

// Throws std::runtime_error with OpenSSL's reason if chain and key do not belong together, or if a
// client certificate is required and there are no anchors.
TlsContext make_server_context(const ServerTls& tls);

enum class TlsRole { kServer, kClient };

// The chain of a peer in that role as libcrypto checks it, and more: its certificate must be made
// for TLS (extended key usage), so that a key for documents can not be used here nor the other way
// round.
bool verify_chain(x509_store_ctx_st* chain, TlsRole peer);

// Turns somebody else's context (libcurl's) into a client of ours: TLS 1.3, these anchors only.
// `identity` may be nullptr. Throws std::runtime_error.
void set_up_client_context(ssl_ctx_st* context, const TlsIdentity* identity,
                           const std::vector<Certificate>& anchors);

// The certificate that the peer has shown, verified by the handshake; nullopt if it has shown none,
// or one that Certificate::parse refuses.
std::optional<Certificate> find_peer_certificate(ssl_st* connection);

// OpenSSL's own words for what just failed in this thread, for the log; empties its queue.
std::string take_tls_errors();

}  // namespace yizhan
