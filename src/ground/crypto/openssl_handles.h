#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "ground/base/base.h"

// Owners for the objects of OpenSSL. Inside ground/crypto only.

namespace yizhan::openssl {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const noexcept {
    kFree(object);
  }
};

template <class T, auto kFree>
using Owned = std::unique_ptr<T, Free<kFree>>;

inline void free_certificates(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }
inline void free_lists(STACK_OF(X509_CRL) * stack) { sk_X509_CRL_pop_free(stack, X509_CRL_free); }

using Bio = Owned<BIO, BIO_free_all>;
using BigNumber = Owned<BIGNUM, BN_clear_free>;
using Cms = Owned<CMS_ContentInfo, CMS_ContentInfo_free>;
using CipherContext = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using EcSignature = Owned<ECDSA_SIG, ECDSA_SIG_free>;
using Integer = Owned<ASN1_INTEGER, ASN1_INTEGER_free>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using X509Certificate = Owned<X509, X509_free>;
using X509Certificates = Owned<STACK_OF(X509), free_certificates>;
using X509List = Owned<X509_CRL, X509_CRL_free>;
using X509Lists = Owned<STACK_OF(X509_CRL), free_lists>;
using X509Store = Owned<X509_STORE, X509_STORE_free>;
using X509StoreContext = Owned<X509_STORE_CTX, X509_STORE_CTX_free>;

// An accident inside OpenSSL (memory, provider not there): nothing that a peer can cause.
[[noreturn]] inline void fail(const char* what) {
  char text[256] = "";
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  ERR_clear_error();
  throw std::runtime_error(std::string("OpenSSL: ") + what + ": " + text);
}

inline void require(bool done, const char* what) {
  if (!done) fail(what);
}

template <class T>
T* require(T* object, const char* what) {
  if (object == nullptr) fail(what);
  return object;
}

// Parsers of hostile bytes leave errors in the thread's queue; the next call must not see them.
class QuietErrors {
 public:
  QuietErrors() { ERR_clear_error(); }
  ~QuietErrors() { ERR_clear_error(); }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
};

inline Bio reader(ByteView bytes) {
  // OpenSSL takes no null pointer for nothing, and an empty file has no other.
  const void* const begin = bytes.empty() ? "" : static_cast<const void*>(bytes.data());
  return Bio(require(BIO_new_mem_buf(begin, static_cast<int>(bytes.size())), "BIO"));
}

// DER of any object with an i2d function.
template <class T>
Bytes der_of(int (*i2d)(const T*, unsigned char**), const T* object) {
  const int length = i2d(object, nullptr);
  require(length > 0, "i2d");
  Bytes der(static_cast<std::size_t>(length));
  unsigned char* end = der.data();
  require(i2d(object, &end) == length, "i2d");
  return der;
}

}  // namespace yizhan::openssl
