#include "ground/keys/software_module.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "ground/files/files.h"
#include "ground/keys/certificate_request.h"
#include "ground/keys/secret_file.h"

namespace yizhan {

namespace {

constexpr const char* kNextExtension = ".next";

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

std::optional<KeyDescription> SoftwareModule::newest(std::string_view base) const {
  const std::lock_guard lock(mutex_);
  std::optional<KeyDescription> found;
  for (const auto& [name, key] : keys_) {
    if (base_name(name) != base) continue;
    if (!found || generation_of(found->name) < generation_of(name)) found = describe(name, key);
  }
  return found;
}

Result<std::optional<SoftwareModule::Waiter>> SoftwareModule::find_waiting(
    const std::string& base, const SecretBytes& passphrase) const {
  for (const std::string& file : list_files(settings_.folder)) {
    const std::filesystem::path path = settings_.folder / file;
    if (path.extension() != kNextExtension || base_name(path.stem().string()) != base) continue;
    const Bytes pem = YZ_TRY(read_whole(path));
    PrivateKey key = YZ_TRY(PrivateKey::parse_pem(pem, passphrase));
    return std::optional<Waiter>(Waiter{path.stem().string(), std::move(key)});
  }
  return std::optional<Waiter>();
}

Result<NextKey> SoftwareModule::prepare(const std::string& key) {
  const std::lock_guard lock(renewing_);
  const std::string base(base_name(key));
  const std::optional<KeyDescription> before = newest(base);
  if (!before) return waiting() == Waiting::kNothing ? Reason::kKeyUnknown : Reason::kTokenLocked;
  const SecretBytes passphrase = YZ_TRY(read_secret(settings_.passphrase_file));
  if (const auto waits = YZ_TRY(find_waiting(base, passphrase))) {
    return NextKey{waits->name, certificate_request(waits->key, before->certificate), {}};
  }
  const std::string name = base + "@" + std::to_string(generation_of(before->name) + 1);
  if (!is_key_name(name)) return Refusal{Reason::kConflict, "金鑰之世代已用盡，請另取新名。"};
  const PrivateKey next = generate_like(before->certificate);
  const SecretBytes pem = next.pem(passphrase);
  write_durably(settings_.folder / (name + kNextExtension), pem.view());
  return NextKey{name, certificate_request(next, before->certificate), {}};
}

Result<std::string> SoftwareModule::install(const std::string& key,
                                            const Certificate& certificate) {
  const std::lock_guard lock(renewing_);
  const SecretBytes passphrase = YZ_TRY(read_secret(settings_.passphrase_file));
  auto waits = YZ_TRY(find_waiting(std::string(base_name(key)), passphrase));
  if (!waits || !belongs_to(certificate, waits->key)) {
    return Refusal{Reason::kCertificateUnregistered,
                   "憑證與待換發之金鑰不符，請先以 yizhan key renew 產生申請檔，並以其申請憑證。"};
  }
  SoftwareKey whole = YZ_TRY(SoftwareKey::make(std::move(waits->key), certificate));
  const Folder folder(settings_.folder);
  // The certificate first: a crash between leaves a key that still waits.
  folder.write_durably(waits->name + ".crt", bytes_of(certificate.pem()));
  folder.rename(waits->name + kNextExtension, waits->name + ".key");
  folder.sync();
  const std::lock_guard keys(mutex_);
  keys_.insert_or_assign(waits->name, std::move(whole));
  return waits->name;
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
