#include <algorithm>

#include "ground/json/json.h"
#include "model/content/content.h"
#include "model/content/type.h"

// A question to a confined child, and its answer: JSON, read strictly on both sides.

namespace yizhan {

namespace {

constexpr std::size_t kQuestionMax = 65536;

Json json_of(std::uint64_t number) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(number, kJsonIntegerMax));
}

Json describe(const ArchiveLimits& limits) {
  return {{"members_max", json_of(limits.members_max)},
          {"depth_max", limits.depth_max},
          {"ratio_max", json_of(limits.ratio_max)},
          {"unpacked_bytes_max", json_of(limits.unpacked_bytes_max)},
          {"member_bytes_max", json_of(limits.member_bytes_max)},
          {"nested_bytes_max", json_of(limits.nested_bytes_max)},
          {"time_max_ms", limits.time_max.count()}};
}

Result<ArchiveLimits> parse_limits(const Json& json) {
  Members members(json, "archive");
  const auto number = [&](std::string_view name) {
    return static_cast<std::uint64_t>(members.integer(name, {.min = 0}));
  };
  ArchiveLimits limits;
  limits.members_max = number("members_max");
  limits.depth_max = static_cast<int>(members.integer("depth_max", {.min = 0, .max = 100}));
  limits.ratio_max = static_cast<std::uint64_t>(members.integer("ratio_max", {.min = 1}));
  limits.unpacked_bytes_max = number("unpacked_bytes_max");
  limits.member_bytes_max = number("member_bytes_max");
  limits.nested_bytes_max = number("nested_bytes_max");
  limits.time_max = Milliseconds(members.integer("time_max_ms", {.min = 0}));
  YZ_TRY(members.check());
  return limits;
}

struct Question {
  std::string name;
  ContentPolicy policy;
};

Result<Question> parse_question(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kQuestionMax}));
  Members members(json, "question");
  Question question;
  question.name = text_of(members.base64("name"));
  const Json& policy = members.object("policy");
  YZ_TRY(members.check());
  question.policy = YZ_TRY(parse_policy(policy));
  return question;
}

Json describe(const ContentFacts& facts) {
  return {{"extension", facts.extension},
          {"mime", facts.mime},
          {"active_content", facts.active_content},
          {"is_archive", facts.is_archive},
          {"members", json_of(facts.inventory.members)},
          {"bytes", json_of(facts.inventory.bytes)},
          {"depth", facts.inventory.depth}};
}

std::optional<Refusal> parse_refusal(const Json& json) {
  Members members(json, "refusal");
  const std::optional<Reason> reason = find_reason(members.text("reason"));
  const std::string detail = members.text("detail");
  if (!members.check().ok() || !reason) return std::nullopt;
  return Refusal{*reason, detail};
}

Result<ContentFacts> parse_facts(const Json& json) {
  Members members(json, "facts");
  ContentFacts facts;
  facts.extension = members.text("extension");
  facts.mime = members.text("mime");
  facts.active_content = members.flag("active_content");
  facts.is_archive = members.flag("is_archive");
  facts.inventory.members = static_cast<std::uint64_t>(members.integer("members", {.min = 0}));
  facts.inventory.bytes = static_cast<std::uint64_t>(members.integer("bytes", {.min = 0}));
  facts.inventory.depth = static_cast<int>(members.integer("depth", {.min = 0, .max = 100}));
  const ContentType* type = find_known_type(facts.extension);
  if (type == nullptr || !may_be(*type, facts.mime)) members.refuse("mime", "與副檔名不符");
  YZ_TRY(members.check());
  facts.kind = type->kind;
  facts.preferred = type->preferred;
  return facts;
}

}  // namespace

Json describe_policy(const ContentPolicy& policy) {
  return {{"extensions", policy.extensions},
          {"pixels_max", json_of(policy.pixels_max)},
          {"archive", describe(policy.archive)}};
}

Result<ContentPolicy> parse_policy(const Json& json) {
  Members members(json, "policy");
  ContentPolicy policy;
  policy.extensions.clear();
  for (const Json& extension : members.array("extensions")) {
    if (!extension.is_string())
      members.refuse("extensions", "須為文字");
    else
      policy.extensions.insert(extension.get<std::string>());
  }
  policy.pixels_max = static_cast<std::uint64_t>(members.integer("pixels_max", {.min = 0}));
  const Json& archive = members.object("archive");
  YZ_TRY(members.check());
  policy.archive = YZ_TRY(parse_limits(archive));
  return policy;
}

Json describe_judged(const Result<ContentFacts>& judged) {
  if (judged.ok()) return {{"facts", describe(*judged)}};
  return {{"refusal", {{"reason", code_of(judged.reason())}, {"detail", judged.refusal().detail}}}};
}

Bytes write_part_question(std::string_view name, const ContentPolicy& policy) {
  return canonical_json({{"name", to_base64(bytes_of(name))}, {"policy", describe_policy(policy)}});
}

Bytes answer_part_question(ByteView question, std::span<const int> descriptors) {
  YZ_ASSERT(descriptors.size() == 1);
  const Result<Question> asked = parse_question(question);
  if (!asked.ok()) return canonical_json(describe_judged(asked.refusal()));
  return canonical_json(describe_judged(judge_part(asked->name, descriptors[0], asked->policy)));
}

Result<ContentFacts> parse_part_answer(ByteView answer) {
  const Result<Json> json = parse_json(answer, {.bytes_max = kQuestionMax});
  return parse_judged(json.ok() ? *json : Json());
}

Result<ContentFacts> parse_judged(const Json& json) {
  const Refusal unreadable{Reason::kScanIncomplete, "檢查程式之答覆無法辨識，視為未完成檢查。"};
  if (!json.is_object() || json.size() != 1) return unreadable;
  if (json.contains("refusal")) return parse_refusal(json.at("refusal")).value_or(unreadable);
  if (!json.contains("facts")) return unreadable;
  const Result<ContentFacts> facts = parse_facts(json.at("facts"));
  return facts.ok() ? facts : Result<ContentFacts>(unreadable);
}

void warm_content() {
  warm_archive();
  warm_magic();
  static_cast<void>(check_part_name("warm.txt"));
}

}  // namespace yizhan
