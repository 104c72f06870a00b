#include "duty/baseline/layer_baseline.h"

#include <algorithm>
#include <charconv>

namespace yizhan {

namespace {

constexpr std::string_view kFormat = "yizhan-baseline-1";
constexpr std::size_t kItemsMax = 4096;
constexpr std::size_t kNameMax = 128;
constexpr std::size_t kReasonMax = 1000;

bool is_name_sign(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._+-").find(c) != std::string_view::npos;
}

// Of packages, systems and settings of the kernel.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameMax && std::ranges::all_of(text, is_name_sign);
}

Refusal unfit(const char* member, const std::string& what) {
  return {Reason::kMalformed, std::string("標準組態之 ") + member + "：" + what};
}

// A list of texts, each read by `parse`.
template <class T, class Parse>
Result<std::vector<T>> parse_list(const Json& items, const char* member, Parse parse) {
  std::vector<T> list;
  if (items.size() > kItemsMax) return unfit(member, "逾 4096 項");
  for (const Json& item : items) {
    if (!item.is_string()) return unfit(member, "須為文字");
    const auto& text = item.template get_ref<const std::string&>();
    std::optional<T> value = parse(text);
    if (!value) return unfit(member, text);
    list.push_back(std::move(*value));
  }
  return list;
}

// Names of its own, each with a text that is read by `parse`.
template <class T, class Parse>
Result<std::map<std::string, T>> parse_map(const Json& items, const char* member, Parse parse) {
  std::map<std::string, T> map;
  if (items.size() > kItemsMax) return unfit(member, "逾 4096 項");
  for (const auto& [name, item] : items.items()) {
    if (!is_name(name) || !item.is_string()) return unfit(member, name);
    std::optional<T> value = parse(item.template get_ref<const std::string&>());
    if (!value) return unfit(member, name);
    map.emplace(name, std::move(*value));
  }
  return map;
}

std::optional<std::string> find_package(std::string_view text) {
  return is_name(text) ? std::optional(std::string(text)) : std::nullopt;
}

// With a star at its end, if it has one.
std::optional<std::string> find_pattern(std::string_view text) {
  const std::string_view name = text.ends_with('*') ? text.substr(0, text.size() - 1) : text;
  return is_name(name) ? std::optional(std::string(text)) : std::nullopt;
}

std::optional<std::string> find_setting(std::string_view text) {
  const bool fits = text.size() <= kNameMax && text.find('\n') == std::string_view::npos;
  return fits ? std::optional(std::string(text)) : std::nullopt;
}

Result<std::vector<BaselineException>> parse_exceptions(const Json& items) {
  std::vector<BaselineException> exceptions;
  if (items.size() > kItemsMax) return unfit("exceptions", "逾 4096 項");
  for (const Json& item : items) {
    Members m(item, "exception");
    BaselineException one{m.text("node"), m.text("deviation"), m.text("reason"), {}};
    const auto until = m.parsed<Day>("until", find_day);
    if (one.reason.empty() || one.reason.size() > kReasonMax) m.refuse("reason", "須載明理由");
    YZ_TRY(m.check());
    one.until = *until;
    exceptions.push_back(std::move(one));
  }
  return exceptions;
}

template <class Items>
Json texts_of(const Items& items) {
  Json texts = Json::array();
  for (const auto& item : items) texts.push_back(item.text());
  return texts;
}

}  // namespace

std::optional<ListeningPort> ListeningPort::parse(std::string_view text) {
  for (const std::string_view protocol : {"tcp", "udp"}) {
    if (!text.starts_with(protocol) || text.size() < 5 || text[3] != '/') continue;
    ListeningPort port{std::string(protocol), 0};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + 4, end, port.number);
    const bool whole = error == std::errc() && stop == end && text[4] != '0';
    if (whole && port.number >= 1 && port.number <= 65535) return port;
  }
  return std::nullopt;
}

std::optional<SystemRelease> SystemRelease::parse(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view id = text.substr(0, space), version = text.substr(space + 1);
  if (!is_name(id) || !is_name(version)) return std::nullopt;
  return SystemRelease{std::string(id), std::string(version)};
}

std::string Baseline::path_of(Layer layer) {
  return "baselines/" + std::string(text_of(layer)) + ".json";
}

Result<Baseline> Baseline::parse(std::string_view path, ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kBytesMax, .depth_max = 4}));
  Members m(json, "baseline");
  const std::string format = m.text("format");
  const auto layer = m.parsed<Layer>("layer", find_layer);
  const std::int64_t edition = m.integer("edition", {.min = 1});
  const auto issued = m.parsed<Day>("issued", find_day);
  const Json &systems = m.array("systems"), &at_least = m.object("at_least"),
             &required = m.array("required"), &forbidden = m.array("forbidden"),
             &ports = m.array("ports"), &settings = m.object("settings"),
             &exceptions = m.array("exceptions");
  YZ_TRY(m.check());
  if (format != kFormat) return Refusal{Reason::kUnknownFormat, "標準組態之格式：" + format};
  Baseline read{*layer, edition, *issued};
  read.systems = YZ_TRY(parse_list<SystemRelease>(systems, "systems", SystemRelease::parse));
  read.at_least = YZ_TRY(parse_map<DebianVersion>(at_least, "at_least", DebianVersion::parse));
  read.required = YZ_TRY(parse_list<std::string>(required, "required", find_package));
  read.forbidden = YZ_TRY(parse_list<std::string>(forbidden, "forbidden", find_pattern));
  read.ports = YZ_TRY(parse_list<ListeningPort>(ports, "ports", ListeningPort::parse));
  read.settings = YZ_TRY(parse_map<std::string>(settings, "settings", find_setting));
  read.exceptions = YZ_TRY(parse_exceptions(exceptions));
  if (read.path() != path) {
    return Refusal{Reason::kMalformed, std::string(path) + " 所載為 " + read.path()};
  }
  return read;
}

Json Baseline::describe() const {
  Json versions = Json::object(), excepted = Json::array();
  for (const auto& [name, version] : at_least) versions[name] = version.text();
  for (const BaselineException& one : exceptions) {
    excepted.push_back({{"node", one.node},
                        {"deviation", one.deviation},
                        {"reason", one.reason},
                        {"until", text_of(one.until)}});
  }
  return {{"layer", text_of(layer)},      {"edition", edition},
          {"issued", text_of(issued)},    {"systems", texts_of(systems)},
          {"at_least", versions},         {"required", required},
          {"forbidden", forbidden},       {"ports", texts_of(ports)},
          {"settings", Json(settings)},   {"exceptions", std::move(excepted)}};
}

Bytes Baseline::json() const {
  Json all = describe();
  all["format"] = kFormat;
  return canonical_json(all);
}

Result<std::optional<Baseline>> find_baseline(TrustClient& client, Layer layer) {
  const std::string path = Baseline::path_of(layer);
  const auto targets = YZ_TRY(client.list_targets(path));
  if (!targets.contains(path)) return std::optional<Baseline>();
  const Bytes content = YZ_TRY(client.fetch_target(path));
  return std::optional(YZ_TRY(Baseline::parse(path, content)));
}

}  // namespace yizhan
