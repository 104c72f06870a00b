#pragma once

#include <string>

#include "ground/crypto/crypto.h"

namespace yizhan {

// DER of a certificate request (PKCS#10, RFC 2986) that asks for the successor of `like`: its
// subject and key usage, the public half of `key`, signed by `key`.
Bytes certificate_request(const PrivateKey& key, const Certificate& like);

// A new private key of the kind and size that the certificate has.
PrivateKey generate_like(const Certificate& certificate);

// Whether the certificate is for this private key.
bool belongs_to(const Certificate& certificate, const PrivateKey& key);

// PEM ("CERTIFICATE REQUEST") of such a DER.
std::string request_pem(ByteView der);

}  // namespace yizhan
