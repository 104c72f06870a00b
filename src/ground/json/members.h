#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>

#include "ground/json/parse.h"

namespace yizhan {

// Reads the members of one object by name and type. A reader takes what it needs without looking
// for errors, then asks check() once: it answers the first problem met, or a member nobody asked
// for. Until then, whatever is missing or wrong reads as an empty default.
//
//   Members header(json, "header");
//   const auto id = header.parsed<MessageId>("message_id", MessageId::parse);
//   const auto length = header.integer("plain_length", {.min = 0});
//   YZ_TRY(header.check());
//   return Header{*id, length};
class Members {
 public:
  struct Range {
    std::int64_t min = -kJsonIntegerMax;
    std::int64_t max = kJsonIntegerMax;
  };

  // `value` must outlive this object. `where` stands before each problem, for people.
  Members(const Json& value, std::string_view where);

  [[nodiscard]] bool has(std::string_view name);  // and counts it as asked for

  std::string text(std::string_view name);
  std::optional<std::string> optional_text(std::string_view name);  // nullopt when absent
  std::int64_t integer(std::string_view name, Range range);
  std::int64_t integer(std::string_view name) { return integer(name, Range{}); }
  bool flag(std::string_view name);
  const Json& array(std::string_view name);
  const Json& object(std::string_view name);
  Bytes base64(std::string_view name);
  Sha256 sha256(std::string_view name);  // 64 lower-case hex digits
  Time time(std::string_view name);      // RFC 3339 UTC

  // A text member through a parse function that answers optional<T> or Result<T>; a Result's own
  // reason and detail are kept. nullopt only if check() refuses.
  template <class T, class Parse>
  std::optional<T> parsed(std::string_view name, Parse&& parse) {
    const Json* member = find(name, Json::value_t::string);
    if (member == nullptr) return std::nullopt;
    return kept<T>(name, std::invoke(parse, member->get_ref<const std::string&>()));
  }

  // A problem that the caller found with a member; only the first one counts.
  void refuse(std::string_view name, std::string_view problem);

  // Refuses kMalformed (or what a parse function answered) with the first problem.
  [[nodiscard]] Result<void> check() const;

 private:
  const Json* find(std::string_view name, Json::value_t type);
  void keep(std::string_view name, const Refusal& refusal);

  template <class T>
  std::optional<T> kept(std::string_view name, std::optional<T> value) {
    if (!value) refuse(name, "內容不合格式");
    return value;
  }
  template <class T>
  std::optional<T> kept(std::string_view name, Result<T> value) {
    if (value.ok()) return std::move(value).value();
    keep(name, value.refusal());
    return std::nullopt;
  }

  const Json& value_;
  std::string where_;
  std::set<std::string, std::less<>> asked_;
  std::optional<Refusal> problem_;
};

}  // namespace yizhan
