#include "ground/keys/first_key.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace yizhan {

namespace {

constexpr long kDays = 30;
constexpr std::size_t kSerialBytes = 16;

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
void free_octets(unsigned char* octets) { OPENSSL_free(octets); }

using Request = std::unique_ptr<X509_REQ, Free<X509_REQ_free>>;
using Own = std::unique_ptr<X509, Free<X509_free>>;
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Extensions = std::unique_ptr<STACK_OF(X509_EXTENSION), Free<free_extensions>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Octets = std::unique_ptr<unsigned char, Free<free_octets>>;
using Name = std::unique_ptr<X509_NAME, Free<X509_NAME_free>>;

// Nothing that a caller can cause: memory, or a provider that is not there.
void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL: first key");
}

EVP_PKEY* pkey(const PrivateKey& key) { return static_cast<EVP_PKEY*>(key.handle()); }

Name name_of(const std::string& common_name) {
  Name name(X509_NAME_new());
  require(name != nullptr);
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.data());
  require(X509_NAME_add_entry_by_NID(name.get(), NID_commonName, MBSTRING_UTF8, text,
                                     static_cast<int>(common_name.size()), -1, 0) == 1);
  return name;
}

void add_usage(X509_REQ* request, FirstUse use) {
  const Extensions extensions(sk_X509_EXTENSION_new_null());
  require(extensions != nullptr);
  const char* words =
      use == FirstUse::kSigning ? "critical,digitalSignature" : "critical,keyAgreement";
  X509_EXTENSION* const usage = X509V3_EXT_conf_nid(nullptr, nullptr, NID_key_usage, words);
  require(usage != nullptr && sk_X509_EXTENSION_push(extensions.get(), usage) > 0);
  require(X509_REQ_add_extensions(request, extensions.get()) == 1);
}

Bytes der_of(X509_REQ* request) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_REQ(request, &der);
  require(size > 0);
  const Octets owned(der);
  return {der, der + size};
}

}  // namespace

Bytes first_request(const PrivateKey& key, const std::string& common_name, FirstUse use) {
  const Request request(X509_REQ_new());
  const Name name = name_of(common_name);
  require(request != nullptr && X509_REQ_set_version(request.get(), 0) == 1);
  require(X509_REQ_set_subject_name(request.get(), name.get()) == 1);
  require(X509_REQ_set_pubkey(request.get(), pkey(key)) == 1);
  add_usage(request.get(), use);
  require(X509_REQ_sign(request.get(), pkey(key), EVP_sha256()) > 0);
  return der_of(request.get());
}

Certificate self_signed(const PrivateKey& key, const std::string& common_name, Time now) {
  constexpr long kDaySeconds = 86'400;
  const Own own(X509_new());
  const Name name = name_of(common_name);
  require(own != nullptr && X509_set_version(own.get(), 2) == 1);
  Bytes octets(kSerialBytes);
  fill_random(octets);
  octets.front() &= 0x7F;  // a serial number is positive
  octets.back() |= 1;
  const Number serial(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr));
  require(serial != nullptr &&
          BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(own.get())) != nullptr);
  const auto seconds = static_cast<std::time_t>(now.ms() / 1000);
  require(ASN1_TIME_adj(X509_getm_notBefore(own.get()), seconds, 0, -kDaySeconds) != nullptr);
  require(ASN1_TIME_adj(X509_getm_notAfter(own.get()), seconds, kDays, 0) != nullptr);
  require(X509_set_subject_name(own.get(), name.get()) == 1 &&
          X509_set_issuer_name(own.get(), name.get()) == 1);
  require(X509_set_pubkey(own.get(), pkey(key)) == 1);
  X509_EXTENSION* const usage =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_key_usage, "critical,digitalSignature");
  const std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>> owned(usage);
  require(usage != nullptr && X509_add_ext(own.get(), usage, -1) == 1);
  require(X509_sign(own.get(), pkey(key), EVP_sha256()) > 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509(own.get(), &der);
  require(size > 0);
  const Octets octets_of_it(der);
  return Certificate::parse(ByteView(der, static_cast<std::size_t>(size))).value();
}

Result<std::string> requested_key(ByteView request) {
  const Refusal malformed{Reason::kMalformed, "不是憑證申請檔（PKCS#10 DER）"};
  const unsigned char* at = request.data();
  const Request read(d2i_X509_REQ(nullptr, &at, static_cast<long>(request.size())));
  if (read == nullptr || at != request.data() + request.size()) return malformed;
  if (der_of(read.get()) != copy_of(request)) return malformed;
  EVP_PKEY* const key = X509_REQ_get0_pubkey(read.get());
  if (key == nullptr) return malformed;
  if (X509_REQ_verify(read.get(), key) != 1) {
    return Refusal{Reason::kBadSignature, "憑證申請檔之簽章不符"};
  }
  const Bio memory(BIO_new(BIO_s_mem()));
  require(memory != nullptr && PEM_write_bio_PUBKEY(memory.get(), key) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace yizhan
