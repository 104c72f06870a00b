#include "ground/json/members.h"

#include <utility>

#include "ground/json/code_points.h"

namespace yizhan {

namespace {

std::string_view type_name(Json::value_t type) {
  switch (type) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::object:
      return "物件";
    case Json::value_t::array:
      return "陣列";
    case Json::value_t::string:
      return "字串";
    case Json::value_t::boolean:
      return "布林值";
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
      return "整數";
    case Json::value_t::binary:
    case Json::value_t::discarded:
      break;
  }
  return "其他";
}

bool same_type(const Json& value, Json::value_t type) {
  return value.type() == type ||
         (type == Json::value_t::number_integer && value.is_number_integer());
}

const Json& empty(Json::value_t type) {
  static const Json array = Json::array();
  static const Json object = Json::object();
  return type == Json::value_t::array ? array : object;
}

}  // namespace

Members::Members(const Json& value, std::string_view where) : value_(value), where_(where) {
  if (!value.is_object()) problem_ = Refusal{Reason::kMalformed, where_ + "：須為物件"};
}

bool Members::has(std::string_view name) {
  asked_.emplace(name);
  return value_.is_object() && value_.contains(name);
}

const Json* Members::find(std::string_view name, Json::value_t type) {
  if (!has(name)) {
    refuse(name, "缺少此成員");
    return nullptr;
  }
  const Json& member = *value_.find(name);
  if (same_type(member, type)) return &member;
  refuse(name, "須為" + std::string(type_name(type)));
  return nullptr;
}

std::string Members::text(std::string_view name) {
  const Json* member = find(name, Json::value_t::string);
  return member == nullptr ? std::string() : member->get<std::string>();
}

std::optional<std::string> Members::optional_text(std::string_view name) {
  return has(name) ? std::optional(text(name)) : std::nullopt;
}

std::int64_t Members::integer(std::string_view name, Range range) {
  const Json* member = find(name, Json::value_t::number_integer);
  if (member == nullptr) return 0;
  const bool fits =
      member->is_number_unsigned()
          ? std::cmp_less_equal(member->get<std::uint64_t>(), range.max) &&
                std::cmp_greater_equal(member->get<std::uint64_t>(), range.min)
          : member->get<std::int64_t>() <= range.max && member->get<std::int64_t>() >= range.min;
  if (fits) return member->get<std::int64_t>();
  refuse(name, "須介於 " + std::to_string(range.min) + " 與 " + std::to_string(range.max));
  return 0;
}

bool Members::flag(std::string_view name) {
  const Json* member = find(name, Json::value_t::boolean);
  return member != nullptr && member->get<bool>();
}

const Json& Members::array(std::string_view name) {
  const Json* member = find(name, Json::value_t::array);
  return member == nullptr ? empty(Json::value_t::array) : *member;
}

const Json& Members::object(std::string_view name) {
  const Json* member = find(name, Json::value_t::object);
  return member == nullptr ? empty(Json::value_t::object) : *member;
}

Bytes Members::base64(std::string_view name) {
  return parsed<Bytes>(name, from_base64).value_or(Bytes());
}

Sha256 Members::sha256(std::string_view name) {
  return parsed<Sha256>(name, Sha256::from_hex).value_or(Sha256());
}

Time Members::time(std::string_view name) {
  return parsed<Time>(name, Time::parse).value_or(Time());
}

void Members::refuse(std::string_view name, std::string_view problem) {
  keep(name, {Reason::kMalformed, std::string(problem)});
}

void Members::keep(std::string_view name, const Refusal& refusal) {
  if (problem_) return;
  const std::string what = refusal.detail.empty() ? "內容不合格式" : refusal.detail;
  problem_ = Refusal{refusal.reason, where_ + "：" + std::string(name) + " " + what};
}

Result<void> Members::check() const {
  if (problem_) return *problem_;
  for (const auto& [name, member] : value_.items()) {
    if (asked_.contains(name)) continue;
    return Refusal{Reason::kMalformed, where_ + "：不認得之成員" + shown_name(name)};
  }
  return {};
}

}  // namespace yizhan
