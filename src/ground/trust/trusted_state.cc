#include "ground/trust/trusted_state.h"

#include <stdexcept>

#include "ground/files/files.h"
#include "ground/json/json.h"

namespace yizhan {

namespace {

constexpr std::size_t kStateBytesMax = 128u << 20;
constexpr std::string_view kFormat = "yizhan-trusted-1";

Result<TrustedState::Content> parse_state(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kStateBytesMax, .depth_max = 3}));
  Members members(json, "trusted");
  const std::string format = members.text("format");
  TrustedState::Content content{
      members.base64("root"), members.base64("timestamp"), members.base64("snapshot"), {}};
  const Json& roles = members.object("targets");
  YZ_TRY(members.check());
  if (format != kFormat) return Refusal{Reason::kUnknownFormat, format};
  Members each(roles, "targets");
  for (const auto& [role, item] : roles.items()) content.targets[role] = each.base64(role);
  YZ_TRY(each.check());
  return content;
}

}  // namespace

TrustedState::TrustedState(std::filesystem::path file, Bytes first_root)
    : file_(std::move(file)), content_{std::move(first_root)} {
  if (file_.empty()) return;
  const auto bytes = find_file(file_, kStateBytesMax);
  if (!bytes) return;
  Result<Content> kept = parse_state(*bytes);
  if (!kept) {
    throw std::runtime_error("派送之信任狀態 " + file_.string() + " 已損壞：" +
                             kept.refusal().detail);
  }
  content_ = std::move(*kept);
}

void TrustedState::save(Content content) {
  content_ = std::move(content);
  if (file_.empty()) return;
  Json targets = Json::object();
  for (const auto& [role, bytes] : content_.targets) targets[role] = to_base64(bytes);
  write_durably(file_, canonical_json({{"format", kFormat},
                                       {"root", to_base64(content_.root)},
                                       {"timestamp", to_base64(content_.timestamp)},
                                       {"snapshot", to_base64(content_.snapshot)},
                                       {"targets", std::move(targets)}}));
}

}  // namespace yizhan
