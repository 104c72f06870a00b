// yizhan-floor SIZE FOLDER: what nobody can save of the work of one document of SIZE bytes.
//
// Each primitive alone, through OpenSSL and the file system and nothing of ours, so that the floor
// does not sink when the product does. JSON on stdout: CPU and wall time of one, in microseconds.
// How many of which a party needs stands in bench.py.

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Bytes = std::vector<unsigned char>;
template <class T>
using Owned = std::unique_ptr<T, void (*)(T*)>;

constexpr std::size_t kChunk = 16U << 10;
constexpr double kSecondsEach = 0.3;

void must(bool done, const char* what) {
  if (!done) throw std::runtime_error(what);
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool first_line = true;

// Does it again and again for a while, and prints what one time costs.
void measure(const std::string& name, const std::function<void()>& work, double share = 1) {
  work();  // warm
  const double cpu = cpu_seconds(), wall = wall_seconds();
  int count = 0;
  do {
    work();
    ++count;
  } while (wall_seconds() - wall < kSecondsEach);
  const double each = 1e6 * share / count;
  std::cout << (first_line ? "{" : ",") << "\n  \"" << name << "\": {\"cpu_us\": "
            << (cpu_seconds() - cpu) * each << ", \"wall_us\": " << (wall_seconds() - wall) * each
            << "}";
  first_line = false;
}

Owned<EVP_PKEY> new_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

Owned<EVP_PKEY_CTX> context_of(EVP_PKEY* key) {
  return {EVP_PKEY_CTX_new(key, nullptr), EVP_PKEY_CTX_free};
}

void measure_signatures() {
  const auto key = new_key();
  const Bytes digest(32, 7);
  Bytes signature(80);
  std::size_t length = 0;
  const auto signing = context_of(key.get());
  must(EVP_PKEY_sign_init(signing.get()) == 1, "sign");
  measure("sign", [&] {
    length = signature.size();
    must(EVP_PKEY_sign(signing.get(), signature.data(), &length, digest.data(), 32) == 1, "sign");
  });
  const auto verifying = context_of(key.get());
  must(EVP_PKEY_verify_init(verifying.get()) == 1, "verify");
  measure("verify", [&] {
    must(EVP_PKEY_verify(verifying.get(), signature.data(), length, digest.data(), 32) == 1,
         "verify");
  });
}

// ECDH, HKDF-SHA-256, AES-256 key wrap of a content key; or the way back.
void agree_and_wrap(EVP_PKEY* own, EVP_PKEY* other, Bytes& block, bool wrap) {
  const auto agreement = context_of(own);
  Bytes secret(32), key(32), out(48);
  std::size_t length = secret.size();
  must(EVP_PKEY_derive_init(agreement.get()) == 1 &&
           EVP_PKEY_derive_set_peer_ex(agreement.get(), other, 0) == 1 &&
           EVP_PKEY_derive(agreement.get(), secret.data(), &length) == 1,
       "derive");
  const Owned<EVP_PKEY_CTX> kdf(EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr), EVP_PKEY_CTX_free);
  length = key.size();
  must(EVP_PKEY_derive_init(kdf.get()) == 1 &&
           EVP_PKEY_CTX_set_hkdf_md(kdf.get(), EVP_sha256()) == 1 &&
           EVP_PKEY_CTX_set1_hkdf_key(kdf.get(), secret.data(), 32) == 1 &&
           EVP_PKEY_derive(kdf.get(), key.data(), &length) == 1,
       "hkdf");
  const Owned<EVP_CIPHER_CTX> cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  EVP_CIPHER_CTX_set_flags(cipher.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  int written = 0;
  must(EVP_CipherInit_ex(cipher.get(), EVP_aes_256_wrap(), nullptr, key.data(), nullptr, wrap) == 1,
       "wrap");
  must(EVP_CipherUpdate(cipher.get(), out.data(), &written, block.data(),
                        static_cast<int>(block.size())) == 1,
       "wrap");
  out.resize(static_cast<std::size_t>(written));
  block = out;
}

void measure_key_wrap() {
  const auto recipient = new_key();
  Bytes block;
  auto sender = new_key();
  measure("wrap", [&] {
    sender = new_key();  // of this document alone
    block.assign(32, 5);
    agree_and_wrap(sender.get(), recipient.get(), block, true);
  });
  measure("unwrap", [&] {
    Bytes wrapped = block;
    agree_and_wrap(recipient.get(), sender.get(), wrapped, false);
  });
}

void measure_bulk(const Bytes& plain) {
  const Bytes key(32, 1), nonce(12, 2);
  Bytes cipher(plain.size() + 16);
  const Owned<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  measure("aead", [&] {
    for (std::size_t at = 0; at < plain.size(); at += kChunk) {
      const auto length = static_cast<int>(std::min(kChunk, plain.size() - at));
      int written = 0;
      Bytes tag(16);
      must(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(),
                              nonce.data()) == 1 &&
               EVP_EncryptUpdate(context.get(), cipher.data() + at, &written, plain.data() + at,
                                 length) == 1 &&
               EVP_EncryptFinal_ex(context.get(), cipher.data() + at, &written) == 1 &&
               EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, 16, tag.data()) == 1,
           "aead");
    }
  });
  measure("hash", [&] {
    Bytes digest(32);
    must(EVP_Digest(plain.data(), plain.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1,
         "hash");
  });
}

Owned<X509> self_signed(EVP_PKEY* key) {
  Owned<X509> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  must(X509_sign(certificate.get(), key, EVP_sha256()) > 0, "certificate");
  return certificate;
}

// One kept connection of TLS 1.3, in memory: the records alone, no socket.
void measure_tls(const Bytes& plain) {
  const auto key = new_key();
  const auto certificate = self_signed(key.get());
  const Owned<SSL_CTX> context(SSL_CTX_new(TLS_method()), SSL_CTX_free);
  must(SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) == 1 &&
           SSL_CTX_use_certificate(context.get(), certificate.get()) == 1 &&
           SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1,
       "tls");
  const Owned<SSL> client(SSL_new(context.get()), SSL_free);
  const Owned<SSL> server(SSL_new(context.get()), SSL_free);
  BIO *left = nullptr, *right = nullptr;
  must(BIO_new_bio_pair(&left, 4U << 20, &right, 4U << 20) == 1, "pair");
  SSL_set_bio(client.get(), left, left);
  SSL_set_bio(server.get(), right, right);
  SSL_set_connect_state(client.get());
  SSL_set_accept_state(server.get());
  for (int i = 0; i < 10; ++i) {
    SSL_do_handshake(client.get());
    SSL_do_handshake(server.get());
  }
  must(SSL_is_init_finished(client.get()) == 1 && SSL_is_init_finished(server.get()) == 1,
       "handshake");
  Bytes into(plain.size());
  measure("tls_both_ends", [&] {
    for (std::size_t at = 0; at < plain.size(); at += kChunk) {
      const auto length = static_cast<int>(std::min(kChunk, plain.size() - at));
      must(SSL_write(client.get(), plain.data() + at, length) == length &&
               SSL_read(server.get(), into.data() + at, length) == length,
           "tls");
    }
  });
}

void write_all(int file, const Bytes& bytes) {
  must(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "write");
}

// Appended to one file with a record beside it, one sync for the whole group.
void measure_commits(const Bytes& body, const std::filesystem::path& folder) {
  const Bytes record(1024, 'r');
  for (const int group : {1, 8, 32}) {
    const auto path = folder / "floor.segment";
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(file >= 0, "segment");
    const auto commit = [&](bool with_body) {
      for (int i = 0; i < group; ++i) {
        if (with_body) write_all(file, body);
        write_all(file, record);
      }
      must(::fdatasync(file) == 0, "fdatasync");
    };
    const std::string number = std::to_string(group);
    measure("commit_body_" + number, [&] { commit(true); }, 1.0 / group);
    measure("commit_row_" + number, [&] { commit(false); }, 1.0 / group);
    ::close(file);
    ::unlink(path.c_str());
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "yizhan-floor SIZE FOLDER\n";
    return 2;
  }
  try {
    Bytes plain(std::stoul(arguments[1]));
    for (std::size_t i = 0; i < plain.size(); ++i) plain[i] = static_cast<unsigned char>(i * 31);
    measure_signatures();
    measure_key_wrap();
    measure_bulk(plain);
    measure_tls(plain);
    measure_commits(plain, arguments[2]);
    std::cout << "\n}\n";
  } catch (const std::exception& accident) {
    std::cerr << accident.what() << "\n";
    return 1;
  }
  return 0;
}
