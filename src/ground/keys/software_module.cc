#include "ground/keys/software_module.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "ground/keys/secret_file.h"

namespace yizhan {

namespace {

Result<Bytes> read_whole(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  Bytes bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!stream) return Refusal{Reason::kMalformed, "檔案無法讀取。"};
  return bytes;
}

}  // namespace

SoftwareModule::SoftwareModule(Settings settings) : settings_(std::move(settings)) {}

ModuleDescription SoftwareModule::description() const {
  return {.kind = ModuleKind::kSoftware,
          .label = settings_.label,
          .serial = settings_.serial,
          .model = "Yizhan software module",
          .mechanisms = {"ECDSA", "RSA-PSS", "RSA-PKCS1", "RSA-OAEP-SHA256", "ECDH", "Ed25519"}};
}

Waiting SoftwareModule::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

std::vector<KeyDescription> SoftwareModule::keys() const {
  const std::lock_guard lock(mutex_);
  std::vector<KeyDescription> described;
  for (const auto& [name, key] : keys_) described.push_back(describe(name, key));
  return described;
}

std::optional<KeyDescription> SoftwareModule::find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = keys_.find(key);
  if (found == keys_.end()) return std::nullopt;
  return describe(found->first, found->second);
}

Result<Bytes> SoftwareModule::sign(const std::string& key, ByteView input) {
  SoftwareKey held = YZ_TRY(require(key));
  YZ_TRY(check_input(held.scheme(), input));
  return held.sign(input, KeyUse::kDocument);
}

Result<SecretBytes> SoftwareModule::decrypt_oaep(const std::string& key, ByteView ciphertext) {
  return YZ_TRY(require(key)).decrypt_oaep(ciphertext);
}

Result<SecretBytes> SoftwareModule::agree(const std::string& key, ByteView peer_point) {
  return YZ_TRY(require(key)).agree(peer_point);
}

Result<void> SoftwareModule::login() {
  auto passphrase = read_secret(settings_.passphrase_file);
  if (!passphrase) {
    const std::lock_guard lock(mutex_);
    waiting_ = Waiting::kPin;
    return passphrase.refusal();
  }
  Keys keys;
  std::string problems;
  for (const auto& entry : std::filesystem::directory_iterator(settings_.folder)) {
    if (entry.path().extension() != ".key") continue;
    auto key = load(entry.path(), *passphrase);
    if (key) {
      keys.emplace(entry.path().stem().string(), std::move(*key));
    } else {
      problems += entry.path().filename().string() + "：" + key.refusal().detail + " ";
    }
  }
  const std::lock_guard lock(mutex_);
  if (keys.empty() && !problems.empty()) {
    waiting_ = Waiting::kPin;
    return Refusal{Reason::kTokenLocked, "密碼檔無法開啟任何金鑰，請更正密碼。" + problems};
  }
  keys_ = std::move(keys);
  waiting_ = Waiting::kNothing;
  if (!problems.empty()) return Refusal{Reason::kMalformed, problems};
  return {};
}

Result<SoftwareKey> SoftwareModule::load(const std::filesystem::path& file,
                                         const SecretBytes& passphrase) const {
  if (!is_key_name(file.stem().string())) {
    return Refusal{Reason::kMalformed, "檔名僅能用小寫英數字、-、_、.，請更名。"};
  }
  const Bytes pem = YZ_TRY(read_whole(file));
  // A key at rest is never in the clear, whoever put it there.
  if (text_of(pem).find("BEGIN ENCRYPTED PRIVATE KEY") == std::string_view::npos) {
    return Refusal{Reason::kMalformed, "金鑰未加密，請以 openssl pkcs8 -topk8 加密後再放入。"};
  }
  PrivateKey key = YZ_TRY(PrivateKey::parse_pem(pem, passphrase));
  auto certificate_file = file;
  certificate_file.replace_extension(".crt");
  const Bytes certificate = YZ_TRY(read_whole(certificate_file));
  return SoftwareKey::make(std::move(key), YZ_TRY(Certificate::parse_pem(text_of(certificate))));
}

KeyDescription SoftwareModule::describe(const std::string& name, const SoftwareKey& key) const {
  return {.name = name,
          .certificate = key.certificate(),
          .scheme = key.scheme(),
          .operations = operations_of(key.certificate()),
          .module_kind = ModuleKind::kSoftware,
          .module_serial = settings_.serial};
}

Result<SoftwareKey> SoftwareModule::require(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = keys_.find(key);
  if (found != keys_.end()) return found->second;
  return waiting_ == Waiting::kNothing ? Reason::kKeyUnknown : Reason::kTokenLocked;
}

}  // namespace yizhan
