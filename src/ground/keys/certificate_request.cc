#include "ground/keys/certificate_request.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace yizhan {

namespace {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const noexcept {
    kFree(object);
  }
};

void free_extensions(STACK_OF(X509_EXTENSION) * stack) {
  sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free);
}

using Request = std::unique_ptr<X509_REQ, Free<X509_REQ_free>>;
using Extensions = std::unique_ptr<STACK_OF(X509_EXTENSION), Free<free_extensions>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;

// Nothing that a caller can cause: memory, or a provider that is not there.
void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL: certificate request");
}

EVP_PKEY* pkey(const PrivateKey& key) { return static_cast<EVP_PKEY*>(key.handle()); }
X509* x509(const Certificate& certificate) { return static_cast<X509*>(certificate.x509()); }
EVP_PKEY* public_key(const Certificate& certificate) {
  return static_cast<EVP_PKEY*>(certificate.public_key());
}

const EVP_MD* digest_for(KeyKind kind) {
  switch (kind) {
    case KeyKind::kRsa:
    case KeyKind::kEcP256:
      return EVP_sha256();
    case KeyKind::kEcP384:
      return EVP_sha384();
    case KeyKind::kEd25519:
      return nullptr;  // signs the message itself
  }
  return nullptr;
}

// What the authority is asked for: 專用, as before.
void copy_key_usage(X509_REQ* request, const Certificate& like) {
  const int place = X509_get_ext_by_NID(x509(like), NID_key_usage, -1);
  if (place < 0) return;
  const Extensions extensions(sk_X509_EXTENSION_new_null());
  require(extensions != nullptr);
  X509_EXTENSION* const usage = X509_EXTENSION_dup(X509_get_ext(x509(like), place));
  require(usage != nullptr && sk_X509_EXTENSION_push(extensions.get(), usage) > 0);
  require(X509_REQ_add_extensions(request, extensions.get()) == 1);
}

}  // namespace

Bytes certificate_request(const PrivateKey& key, const Certificate& like) {
  const Request request(X509_REQ_new());
  require(request != nullptr && X509_REQ_set_version(request.get(), 0) == 1);
  require(X509_REQ_set_subject_name(request.get(), X509_get_subject_name(x509(like))) == 1);
  require(X509_REQ_set_pubkey(request.get(), pkey(key)) == 1);
  copy_key_usage(request.get(), like);
  require(X509_REQ_sign(request.get(), pkey(key), digest_for(key.kind())) > 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509_REQ(request.get(), &der);
  require(size > 0);
  const std::unique_ptr<unsigned char, decltype([](unsigned char* p) { OPENSSL_free(p); })> owned(
      der);
  return {der, der + size};
}

PrivateKey generate_like(const Certificate& certificate) {
  const int bits = EVP_PKEY_get_bits(public_key(certificate));
  return PrivateKey::generate(certificate.key_kind(), static_cast<std::size_t>(bits));
}

bool belongs_to(const Certificate& certificate, const PrivateKey& key) {
  return EVP_PKEY_eq(public_key(certificate), pkey(key)) == 1;
}

std::string request_pem(ByteView der) {
  const Bio memory(BIO_new(BIO_s_mem()));
  require(memory != nullptr &&
          PEM_write_bio(memory.get(), PEM_STRING_X509_REQ, "", der.data(),
                        static_cast<long>(der.size())) > 0);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace yizhan
