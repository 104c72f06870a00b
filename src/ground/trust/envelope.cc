#include "ground/trust/envelope.h"

#include <algorithm>

#include "ground/control/control.h"
#include "ground/trust/canonical.h"

namespace yizhan {

namespace {

constexpr JsonLimits kMetadataLimits{.bytes_max = 16u << 20, .depth_max = 12};
constexpr std::size_t kSignaturesMax = 64;
constexpr std::string_view kKeyType = "ecdsa";
constexpr std::string_view kScheme = "ecdsa-sha2-nistp256";
constexpr std::string_view kCertificateMember = "x-certificate";

Result<void> check_names(const Json& value) {
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) {
      const bool ascii = std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~'; });
      if (!ascii) return Refusal{Reason::kMalformed, "成員名稱須為 ASCII：" + shown_name(name)};
      YZ_TRY(check_names(member));
    }
  }
  if (value.is_array()) {
    for (const Json& item : value) YZ_TRY(check_names(item));
  }
  return {};
}

bool holds(const MetadataSignature& signature, const TrustedKey& key, ByteView digest) {
  std::string hex = signature.hex;
  std::ranges::transform(hex, hex.begin(), [](char c) {
    return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const auto der = from_hex(hex);
  return der && verify_signature(key.certificate, SignatureScheme::kEcdsaSha256, digest, *der).ok();
}

}  // namespace

Result<TrustedKey> TrustedKey::of(const Certificate& certificate) {
  if (certificate.key_kind() != KeyKind::kEcP256) {
    return Refusal{Reason::kAlgorithmRefused,
                   "派送之簽署金鑰須為 ECDSA P-256：" + certificate.subject()};
  }
  TrustedKey key{"", certificate};
  key.id = sha256(tuf_canonical_json(key.describe())).hex();
  return key;
}

Result<TrustedKey> TrustedKey::parse(const std::string& id, const Json& json) {
  Members members(json, "key");
  const Bytes der = members.base64(kCertificateMember);
  for (const char* name : {"keytype", "scheme", "keyval"}) static_cast<void>(members.has(name));
  YZ_TRY(members.check());
  const Certificate certificate = YZ_TRY(Certificate::parse(der));
  TrustedKey key = YZ_TRY(TrustedKey::of(certificate));
  // Whatever else it says would be another object, and so another id.
  if (json != key.describe() || id != key.id) {
    return Refusal{Reason::kMalformed, "金鑰與其識別碼或憑證不符：" + shown_name(id)};
  }
  return key;
}

Json TrustedKey::describe() const {
  return {{"keytype", kKeyType},
          {"scheme", kScheme},
          {"keyval", {{"public", certificate.public_key_pem()}}},
          {kCertificateMember, to_base64(certificate.der())}};
}

Result<SignedMetadata> SignedMetadata::parse(ByteView bytes) {
  Json json = YZ_TRY(parse_json(bytes, kMetadataLimits));
  YZ_TRY(check_names(json));
  Members members(json, "metadata");
  const Json& items = members.array("signatures");
  const Json& content = members.object("signed");
  YZ_TRY(members.check());
  if (items.size() > kSignaturesMax) return Refusal{Reason::kMalformed, "簽章過多"};
  SignedMetadata metadata(content);
  for (const Json& item : items) {
    Members signature(item, "signature");
    const std::string key_id = signature.text("keyid"), hex = signature.text("sig");
    YZ_TRY(signature.check());
    if (std::ranges::count(metadata.signatures_, key_id, &MetadataSignature::key_id) > 0) {
      return Refusal{Reason::kMalformed, "同一金鑰有兩個簽章"};
    }
    metadata.signatures_.push_back({key_id, hex});
  }
  return metadata;
}

Bytes SignedMetadata::bytes() const {
  Json items = Json::array();
  for (const MetadataSignature& signature : signatures_) {
    items.push_back({{"keyid", signature.key_id}, {"sig", signature.hex}});
  }
  return copy_of(bytes_of(Json{{"signatures", items}, {"signed", content_}}.dump(1) + "\n"));
}

std::set<std::string> SignedMetadata::signers(const RoleKeys& role, const TrustedKeys& keys) const {
  const Sha256 digest = sha256(tuf_canonical_json(content_));
  std::set<std::string> found;
  for (const MetadataSignature& signature : signatures_) {
    const auto key = keys.find(signature.key_id);
    const bool of_role = std::ranges::count(role.key_ids, signature.key_id) > 0;
    if (of_role && key != keys.end() && holds(signature, key->second, digest.view())) {
      found.insert(key->first);
    }
  }
  return found;
}

Result<void> SignedMetadata::check(const RoleKeys& role, const TrustedKeys& keys) const {
  const auto valid = static_cast<std::int64_t>(signers(role, keys).size());
  if (upheld("tuf_threshold", valid >= role.threshold)) return {};
  return Refusal{Reason::kThresholdNotMet, "須 " + std::to_string(role.threshold) +
                                               " 人簽署，有效者 " + std::to_string(valid) + " 人"};
}

void SignedMetadata::take_signatures(const SignedMetadata& other,
                                     const std::set<std::string>& key_ids) {
  YZ_ASSERT(other.content_ == content_);
  for (const MetadataSignature& signature : other.signatures_) {
    if (!key_ids.contains(signature.key_id)) continue;
    std::erase_if(signatures_,
                  [&](const auto& earlier) { return earlier.key_id == signature.key_id; });
    signatures_.push_back(signature);
  }
}

Result<void> SignedMetadata::sign(SigningKey& key) {
  const TrustedKey own = YZ_TRY(TrustedKey::of(key.certificate()));
  const Sha256 digest = sha256(tuf_canonical_json(content_));
  const Bytes signature = YZ_TRY(key.sign(digest.view(), KeyUse::kDirectory));
  YZ_TRY(verify_signature(own.certificate, key.scheme(), digest.view(), signature));
  std::erase_if(signatures_, [&](const auto& earlier) { return earlier.key_id == own.id; });
  signatures_.push_back({own.id, to_hex(signature)});
  return {};
}

}  // namespace yizhan
