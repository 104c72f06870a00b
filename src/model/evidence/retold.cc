#include "model/evidence/retold.h"

#include "ground/json/json.h"

namespace yizhan {

Result<Retold> Retold::parse(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kBytesMax, .depth_max = 3}));
  Members members(json, "retold");
  const auto sender = OrgCode::parse(members.text("sender"));
  const auto message = MessageId::parse(members.text("message_id"));
  Bytes header = members.has("header") ? members.base64("header") : Bytes{};
  const Json& items = members.array("evidence");
  YZ_TRY(members.check());
  if (!sender || !message) return Refusal{Reason::kMalformed, "sender、message_id 格式不符"};
  if (items.size() > kEvidenceMax) return Refusal{Reason::kTooLarge, "evidence 一次至多 200 件"};
  Retold retold{{*sender, *message}, std::move(header), {}};
  for (const Json& item : items) {
    auto cms = item.is_string() ? from_base64(item.get<std::string>()) : std::nullopt;
    if (!cms) return Refusal{Reason::kMalformed, "evidence 須為 base64"};
    retold.evidence.push_back(std::move(*cms));
  }
  return retold;
}

Bytes Retold::json() const {
  Json json = {{"sender", message.sender.text()},
               {"message_id", message.message.text()},
               {"evidence", Json::array()}};
  if (!header.empty()) json["header"] = to_base64(header);
  for (const Bytes& cms : evidence) json["evidence"].push_back(to_base64(cms));
  return canonical_json(json);
}

}  // namespace yizhan
