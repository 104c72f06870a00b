#include "ground/config/config_value.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace yizhan {

namespace {

using enum ConfigKind;

constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

struct Unit {
  std::string_view name;
  std::int64_t size;
};

// The smallest first.
constexpr std::array<Unit, 5> kTimes{
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 4> kSizes{
    {{"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}};

std::span<const Unit> units_of(ConfigKind kind) {
  static constexpr std::array<Unit, 1> kNone{{{"", 1}}};
  if (kind == kDuration) return kTimes;
  if (kind == kBytes) return kSizes;
  return kNone;
}

std::optional<std::int64_t> parse_number(std::string_view text, std::span<const Unit> units) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc()) return std::nullopt;
  const auto unit = std::ranges::find(units, std::string_view(rest, end), &Unit::name);
  if (unit == units.end()) return std::nullopt;
  if (number > kUnlimited / unit->size || number < -kUnlimited / unit->size) return std::nullopt;
  return number * unit->size;
}

std::vector<std::string> parse_list(std::string_view text) {
  std::vector<std::string> list;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    list.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return list;
}

std::string with_unit(std::int64_t number, std::span<const Unit> units) {
  const Unit* best = &units.front();
  for (const Unit& unit : units) {
    if (number != 0 && number % unit.size == 0) best = &unit;
  }
  return std::to_string(number / best->size) + std::string(best->name);
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
      out += c;
      continue;
    }
    const auto octet = static_cast<std::uint8_t>(c);
    out += "\\u00" + to_hex(ByteView(&octet, 1));
  }
  return out + '"';
}

}  // namespace

std::optional<ConfigValue> parse_value(ConfigKind kind, std::string_view text) {
  switch (kind) {
    case kText:
    case kPath:
      return std::string(text);
    case kInteger:
    case kDuration:
    case kBytes: {
      const auto number = parse_number(text, units_of(kind));
      return number ? std::optional<ConfigValue>(*number) : std::nullopt;
    }
    case kFlag:
      if (text != "true" && text != "false") return std::nullopt;
      return text == "true";
    case kList:
      return parse_list(text);
    case kTables:
      break;
  }
  YZ_ASSERT(false);
}

std::string written_value(ConfigKind kind, const ConfigValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return toml_string(*text);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    const std::string text = with_unit(*number, units_of(kind));
    return std::ranges::all_of(text, [](char c) { return c < 'A'; }) ? text : toml_string(text);
  }
  std::string list;
  for (const std::string& text : std::get<std::vector<std::string>>(value)) {
    list += (list.empty() ? "" : ", ") + toml_string(text);
  }
  return "[" + list + "]";
}

std::int64_t measure_of(const ConfigValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* text = std::get_if<std::string>(&value)) {
    return static_cast<std::int64_t>(text->size());
  }
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    return static_cast<std::int64_t>(list->size());
  }
  return 0;
}

std::string_view kind_in_words(ConfigKind kind) {
  switch (kind) {
    case kText:
      return "文字";
    case kInteger:
      return "整數";
    case kFlag:
      return "true 或 false";
    case kDuration:
      return "時間長度（如 \"30s\"、\"10m\"）";
    case kBytes:
      return "大小（如 4096、\"64KiB\"）";
    case kPath:
      return "檔案路徑";
    case kList:
      return "文字清單（如 [\"a\", \"b\"]）";
    case kTables:
      return "表格陣列 [[…]]";
  }
  YZ_ASSERT(false);
}

std::string range_in_words(const ConfigKey& key) {
  const bool limited = key.max != kUnlimited;
  if (!limited && key.min == 0) return {};
  const auto bound = [&](std::int64_t number) { return with_unit(number, units_of(key.kind)); };
  const bool text = key.kind == kText || key.kind == kPath;
  const bool count = key.kind == kList || key.kind == kTables;
  return std::string(text    ? "長度 "
                     : count ? "項數 "
                             : "") +
         bound(key.min) + (limited ? " 至 " + bound(key.max) : " 以上");
}

}  // namespace yizhan
