#include "duty/release/layer_release.h"

#include <algorithm>
#include <array>

#include "ground/control/control.h"

namespace yizhan {

namespace {

constexpr std::string_view kFormat = "yizhan-release-1";
constexpr std::string_view kEnding = ".json";
constexpr std::size_t kPackagesMax = 16;
constexpr std::size_t kNotesBytesMax = 16'000;

std::string folder_of(Layer layer) {
  return std::string(Release::kFolder) + std::string(text_of(layer)) + "/";
}

Result<std::vector<ReleasePackage>> parse_packages(const Json& items, const std::string& folder) {
  std::vector<ReleasePackage> packages;
  for (const Json& item : items) {
    Members m(item, "package");
    std::string path = m.text("path");
    const Sha256 sha256 = m.sha256("sha256");
    const std::int64_t length = m.integer("length", {.min = 1});
    YZ_TRY(m.check());
    if (!path.starts_with(folder) || !path.ends_with(".deb")) {
      return Refusal{Reason::kMalformed, "套件須在 " + folder + " 之下，以 .deb 為副檔名：" + path};
    }
    packages.push_back({std::move(path), sha256, length});
  }
  if (packages.empty() || packages.size() > kPackagesMax) {
    return Refusal{Reason::kMalformed, "一個版本須有 1 至 16 個套件"};
  }
  return packages;
}

Result<ReleaseScan> parse_scan(const Json& json) {
  Members m(json, "scan");
  ReleaseScan scan{m.text("engine"), m.text("signatures"), m.time("time")};
  if (scan.engine.empty()) m.refuse("engine", "須載明掃毒引擎");
  YZ_TRY(m.check());
  return scan;
}

Result<ReleaseMinimum> parse_minimum(const Json& json) {
  Members m(json, "minimum");
  const auto version = m.parsed<ReleaseVersion>("version", ReleaseVersion::parse);
  const auto grace = m.parsed<Day>("grace", find_day);
  YZ_TRY(m.check());
  return ReleaseMinimum{*version, *grace};
}

}  // namespace

bool Release::is_release(std::string_view path, Layer layer) {
  return path.starts_with(folder_of(layer)) && path.ends_with(kEnding);
}

std::string Release::path() const {
  return folder_of(layer) + version.text() + std::string(kEnding);
}

Result<Release> Release::parse(std::string_view path, ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kBytesMax, .depth_max = 4}));
  Members m(json, "release");
  const std::string format = m.text("format");
  const auto layer = m.parsed<Layer>("layer", find_layer);
  const auto version = m.parsed<ReleaseVersion>("version", ReleaseVersion::parse);
  const Json& packages = m.array("packages");
  std::string notes = m.text("notes");
  const auto issued = m.parsed<Day>("issued", find_day);
  const Json& scanned = m.object("scan");
  const bool has_minimum = m.has("minimum");
  if (notes.empty() || notes.size() > kNotesBytesMax) m.refuse("notes", "須載明更新內容");
  YZ_TRY(m.check());
  if (format != kFormat) return Refusal{Reason::kUnknownFormat, "版本之格式：" + format};
  const ReleaseScan scan = YZ_TRY(parse_scan(scanned));
  Release release{*layer, *version, {}, std::move(notes), *issued, scan};
  release.packages = YZ_TRY(parse_packages(packages, folder_of(*layer)));
  if (has_minimum) release.minimum = YZ_TRY(parse_minimum(json.at("minimum")));
  if (release.minimum && release.minimum->version > release.version) {
    return Refusal{Reason::kMalformed, "最低版本不得高於所派送之版本"};
  }
  if (release.path() != path) {
    return Refusal{Reason::kMalformed, std::string(path) + " 所載為 " + release.path()};
  }
  return release;
}

Json Release::describe() const {
  Json items = Json::array();
  for (const ReleasePackage& one : packages) {
    items.push_back({{"path", one.path}, {"sha256", one.sha256.hex()}, {"length", one.length}});
  }
  Json all = {{"layer", text_of(layer)},
              {"version", version.text()},
              {"packages", std::move(items)},
              {"notes", notes},
              {"issued", text_of(issued)},
              {"scan",
               {{"engine", scan.engine},
                {"signatures", scan.signatures},
                {"time", scan.time.text()}}}};
  if (minimum) {
    all["minimum"] = {{"version", minimum->version.text()}, {"grace", text_of(minimum->grace)}};
  }
  return all;
}

Bytes Release::json() const {
  Json all = describe();
  all["format"] = kFormat;
  return canonical_json(all);
}

Result<void> check_packages(TrustClient& client, const Release& release) {
  for (const ReleasePackage& package : release.packages) {
    const TargetFile target = YZ_TRY(client.find_target(package.path));
    const bool same = target.sha256 == package.sha256 && target.length == package.length;
    if (upheld("check_code", same)) continue;
    return Refusal{Reason::kMetadataMismatch, "檢核碼不符：" + package.path};
  }
  return {};
}

Result<std::optional<Release>> find_newest(TrustClient& client, Layer layer,
                                           const RefuseRelease& refuse) {
  std::optional<Release> newest;
  const auto targets = YZ_TRY(client.list_targets(folder_of(layer)));
  for (const auto& [path, target] : targets) {
    if (!Release::is_release(path, layer)) continue;
    const Bytes content = YZ_TRY(client.fetch_target(path));
    Result<Release> release = Release::parse(path, content);
    const Result<void> holds =
        release ? check_packages(client, *release) : Result<void>(release.refusal());
    if (!holds) refuse(path, holds.refusal());
    if (holds && (!newest || release->version > newest->version)) newest = std::move(*release);
  }
  return newest;
}

}  // namespace yizhan
