#include "ground/keys/module.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace yizhan {

namespace {

constexpr std::array<std::pair<KeyUse, std::string_view>, 6> kKeyUses = {{
    {KeyUse::kDocument, "document"},
    {KeyUse::kEvidence, "evidence"},
    {KeyUse::kVerdict, "verdict"},
    {KeyUse::kTls, "tls"},
    {KeyUse::kLog, "log"},
    {KeyUse::kDirectory, "directory"},
}};

constexpr char kGenerationMark = '@';
constexpr int kGenerationMax = 999;

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

Refusal not_here(const ModuleDescription& module) {
  return {Reason::kForbidden, "模組「" + module.label +
                                  "」之金鑰須以廠商工具產製；新金鑰及憑證放入後，於 names 命名為"
                                  "「名稱@2」即可與舊者並用。"};
}

}  // namespace

std::string_view code_of(ModuleKind kind) {
  switch (kind) {
    case ModuleKind::kSoftware:
      return "software";
    case ModuleKind::kHardware:
      return "hardware";
  }
  YZ_ASSERT(false);
}

std::string_view code_of(KeyOperation operation) {
  switch (operation) {
    case KeyOperation::kSign:
      return "sign";
    case KeyOperation::kDecryptOaep:
      return "decrypt_oaep";
    case KeyOperation::kAgree:
      return "agree";
    case KeyOperation::kPrepare:
      return "prepare";
    case KeyOperation::kInstall:
      return "install";
  }
  YZ_ASSERT(false);
}

std::string_view code_of(Waiting waiting) {
  switch (waiting) {
    case Waiting::kNothing:
      return "nothing";
    case Waiting::kPin:
      return "pin";
    case Waiting::kLocked:
      return "locked";
    case Waiting::kRemoved:
      return "removed";
    case Waiting::kSilent:
      return "silent";
  }
  YZ_ASSERT(false);
}

std::string_view code_of(KeyUse use) {
  const auto* found = std::find_if(kKeyUses.begin(), kKeyUses.end(),
                                   [&](const auto& entry) { return entry.first == use; });
  YZ_ASSERT(found != kKeyUses.end());
  return found->second;
}

std::string_view code_of(SignatureScheme scheme) {
  switch (scheme) {
    case SignatureScheme::kEcdsaSha256:
      return "ecdsa_sha256";
    case SignatureScheme::kEcdsaSha384:
      return "ecdsa_sha384";
    case SignatureScheme::kRsaPssSha256:
      return "rsa_pss_sha256";
    case SignatureScheme::kRsaPkcs1Sha256:
      return "rsa_pkcs1_sha256";
    case SignatureScheme::kEd25519:
      return "ed25519";
  }
  YZ_ASSERT(false);
}

std::optional<KeyUse> find_key_use(std::string_view code) {
  const auto* found = std::find_if(kKeyUses.begin(), kKeyUses.end(),
                                   [&](const auto& entry) { return entry.second == code; });
  return found == kKeyUses.end() ? std::nullopt : std::optional(found->first);
}

bool is_key_name(std::string_view text) {
  const std::string_view base = base_name(text);
  const bool generation = base.size() == text.size() || generation_of(text) >= 2;
  return generation && !base.empty() && base.size() <= 64 && base.front() != '.' &&
         std::all_of(base.begin(), base.end(), is_key_character);
}

std::string_view base_name(std::string_view key) {
  return key.substr(0, key.find(kGenerationMark));
}

int generation_of(std::string_view key) {
  const auto mark = key.find(kGenerationMark);
  if (mark == std::string_view::npos) return 1;
  int number = 0;
  const auto* const end = key.data() + key.size();
  const auto read = std::from_chars(key.data() + mark + 1, end, number);
  // One way to write each: no sign, no leading zero.
  const bool plain = read.ec == std::errc() && read.ptr == end && key[mark + 1] != '0';
  return plain && number <= kGenerationMax ? number : 0;
}

Result<NextKey> CryptoModule::prepare(const std::string& /*key*/) {
  return not_here(description());
}

Result<std::string> CryptoModule::install(const std::string& /*key*/,
                                          const Certificate& /*certificate*/) {
  return not_here(description());
}

SignatureScheme scheme_of(KeyKind kind) {
  switch (kind) {
    case KeyKind::kRsa:
      return SignatureScheme::kRsaPssSha256;
    case KeyKind::kEcP256:
      return SignatureScheme::kEcdsaSha256;
    case KeyKind::kEcP384:
      return SignatureScheme::kEcdsaSha384;
    case KeyKind::kEd25519:
      return SignatureScheme::kEd25519;
  }
  YZ_ASSERT(false);
}

std::set<KeyOperation> operations_of(const Certificate& certificate) {
  std::set<KeyOperation> operations;
  if (certificate.allows_signature()) operations.insert(KeyOperation::kSign);
  if (!certificate.allows_key_transport()) return operations;
  switch (certificate.key_kind()) {
    case KeyKind::kRsa:
      operations.insert(KeyOperation::kDecryptOaep);
      break;
    case KeyKind::kEcP256:
    case KeyKind::kEcP384:
      operations.insert(KeyOperation::kAgree);
      break;
    case KeyKind::kEd25519:
      break;
  }
  return operations;
}

Result<void> check_input(SignatureScheme scheme, ByteView input) {
  bool fits = true;
  switch (scheme) {
    case SignatureScheme::kEcdsaSha256:
    case SignatureScheme::kRsaPssSha256:
    case SignatureScheme::kRsaPkcs1Sha256:
      fits = input.size() == 32;
      break;
    case SignatureScheme::kEcdsaSha384:
      fits = input.size() == 48;
      break;
    case SignatureScheme::kEd25519:
      break;
  }
  if (!fits) return Refusal{Reason::kMalformed, "待簽摘要之長度與簽章演算法不符。"};
  return {};
}

}  // namespace yizhan
