#include "model/package/manifest.h"

#include <set>

#include "ground/json/json.h"
#include "model/package/limits.h"

namespace yizhan {

namespace {

constexpr std::size_t kBlindBytes = 32;

constexpr std::array<std::pair<PartKind, std::string_view>, 5> kPartKinds = {{
    {PartKind::kDi, "di"},
    {PartKind::kSw, "sw"},
    {PartKind::kDm, "dm"},
    {PartKind::kAttachment, "attachment"},
    {PartKind::kRendition, "rendition"},
}};

Refusal malformed(std::string_view what) {
  return Refusal{Reason::kMalformed, "內容清單：" + std::string(what)};
}

Result<PartKind> parse_part_kind(const std::string& text) {
  for (const auto& [kind, name] : kPartKinds) {
    if (name == text) return kind;
  }
  return malformed("不認得的檔案種類");
}

Result<Part> parse_part(const Json& json) {
  Members members(json, "parts");
  const std::string name = members.text("name"), media_type = members.text("media_type"),
                    kind = members.text("kind");
  const std::int64_t length = members.integer("length");
  const Sha256 digest = members.sha256("sha256");
  YZ_TRY(members.check());
  YZ_TRY(check_part_name(name));
  const PartKind known = YZ_TRY(parse_part_kind(kind));
  Part part{name, media_type, known, static_cast<std::uint64_t>(length), digest};
  if (length < 0 || part.length > kPackageLimits.part_bytes_max) {
    return Refusal{Reason::kTooLarge, name};
  }
  const bool xml = part.kind == PartKind::kDi || part.kind == PartKind::kSw;
  if (xml && part.length > kPackageLimits.document_bytes_max) {
    return Refusal{Reason::kTooLarge, name};
  }
  return part;
}

Result<void> check_parts(const std::vector<Part>& parts) {
  std::set<std::string> names;
  int documents = 0;
  for (const Part& part : parts) {
    if (!names.insert(folded_name(part.name)).second) return malformed("檔名重複：" + part.name);
    documents += part.kind == PartKind::kDi ? 1 : 0;
  }
  if (documents != 1) return malformed("須恰有一個文書本文檔 (DI)");
  return {};
}

}  // namespace

std::string_view text_of(PartKind kind) {
  return kPartKinds.at(static_cast<std::size_t>(kind)).second;
}

Result<Manifest> Manifest::parse(ByteView bytes) {
  const JsonLimits limits{.bytes_max = kPackageLimits.manifest_bytes_max, .depth_max = 4};
  const Json json = YZ_TRY(parse_json(bytes, limits));
  Members members(json, "manifest");
  Manifest manifest{members.base64("blind"),
                    members.text("subject"),
                    members.text("document_number"),
                    members.text("document_type"),
                    members.text("secrecy"),
                    {}};
  const Json& parts = members.array("parts");
  YZ_TRY(members.check());
  if (manifest.blind.size() != kBlindBytes) return malformed("blind 須為 32 位元組");
  if (parts.size() > kPackageLimits.parts_max) return Refusal{Reason::kTooLarge, "檔案件數過多"};
  for (const Json& item : parts) manifest.parts.push_back(YZ_TRY(parse_part(item)));
  YZ_TRY(check_parts(manifest.parts));
  return manifest;
}

Bytes Manifest::json() const {
  Json items = Json::array();
  for (const Part& part : parts) {
    items.push_back({{"name", part.name},
                     {"media_type", part.media_type},
                     {"kind", text_of(part.kind)},
                     {"length", part.length},
                     {"sha256", part.sha256.hex()}});
  }
  return canonical_json({{"blind", to_base64(blind)},
                         {"subject", subject},
                         {"document_number", document_number},
                         {"document_type", document_type},
                         {"secrecy", secrecy},
                         {"parts", std::move(items)}});
}

std::uint64_t Manifest::plain_length() const {
  std::uint64_t length = 8 + json().size();
  for (const Part& part : parts) length += part.length;
  return length;
}

}  // namespace yizhan
