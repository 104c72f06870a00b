#include "role/cli/officer_key.h"

#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr std::size_t kKeyBytesMax = 64U << 10;

}  // namespace

void add_officer_key_options(CLI::App& app, OfficerKeyOptions& options) {
  app.add_option("--key", options.key, "私密金鑰（加密之 PEM）")->required();
  app.add_option("--certificate", options.certificate, "憑證（PEM）")->required();
  app.add_option("--passphrase-file", options.passphrase_file, "密碼檔")->required();
}

Result<SoftwareKey> read_officer_key(const OfficerKeyOptions& options) {
  Bytes passphrase = read_file(options.passphrase_file, kKeyBytesMax);
  while (!passphrase.empty() && (passphrase.back() == '\n' || passphrase.back() == '\r')) {
    passphrase.pop_back();
  }
  const SecretBytes secret(std::move(passphrase));
  const SecretBytes pem(read_file(options.key, kKeyBytesMax));
  PrivateKey key = YZ_TRY(PrivateKey::parse_pem(pem.view(), secret));
  const Bytes certificate = read_file(options.certificate, kKeyBytesMax);
  return SoftwareKey::make(std::move(key), YZ_TRY(Certificate::parse_pem(text_of(certificate))));
}

Result<Certificate> read_certificate(const std::string& file) {
  constexpr std::size_t kBytesMax = 64U << 10;
  return Certificate::parse_pem(text_of(read_file(file, kBytesMax)));
}

}  // namespace yizhan
