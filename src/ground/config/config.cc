#include "ground/config/config.h"

#include <algorithm>

#include "ground/config/config_value.h"

namespace yizhan {

namespace {

std::string joined(const std::vector<std::string>& problems) {
  std::string text = "設定檔有誤：";
  for (const std::string& problem : problems) text += "\n  " + problem;
  return text;
}

std::string standard_in_words(const ConfigKey& key) {
  if (key.kind == ConfigKind::kTables) return "無";
  if (!key.standard) return "必填";
  const auto value = parse_value(key.kind, *key.standard);
  YZ_ASSERT(value);
  return "`" + written_value(key.kind, *value) + "`";
}

std::string manual_lines(ConfigTable table, const std::string& prefix) {
  std::string lines;
  for (const ConfigKey& key : table) {
    const std::string name = prefix + std::string(key.key);
    lines += "| `" + name + "` | " + std::string(kind_in_words(key.kind)) + " | " +
             standard_in_words(key) + " | " + range_in_words(key) + " | " +
             std::string(key.sentence) + " |\n";
    lines += manual_lines(key.table, name + "[].");
  }
  return lines;
}

}  // namespace

ConfigError::ConfigError(std::vector<std::string> problems)
    : std::runtime_error(joined(problems)), problems_(std::move(problems)) {}

const ConfigValue& Config::require(std::string_view key, ConfigKind kind) const {
  const auto line = std::ranges::find(table_, key, &ConfigKey::key);
  YZ_ASSERT(line != table_.end() && line->kind == kind);
  const auto setting = settings_.find(key);
  YZ_ASSERT(setting != settings_.end());
  return setting->second.value;
}

const std::string& Config::text(std::string_view key) const {
  return std::get<std::string>(require(key, ConfigKind::kText));
}

std::int64_t Config::integer(std::string_view key) const {
  return std::get<std::int64_t>(require(key, ConfigKind::kInteger));
}

bool Config::flag(std::string_view key) const {
  return std::get<bool>(require(key, ConfigKind::kFlag));
}

Milliseconds Config::duration(std::string_view key) const {
  return Milliseconds(std::get<std::int64_t>(require(key, ConfigKind::kDuration)));
}

std::int64_t Config::bytes(std::string_view key) const {
  return std::get<std::int64_t>(require(key, ConfigKind::kBytes));
}

std::filesystem::path Config::path(std::string_view key) const {
  return std::get<std::string>(require(key, ConfigKind::kPath));
}

const std::vector<std::string>& Config::list(std::string_view key) const {
  return std::get<std::vector<std::string>>(require(key, ConfigKind::kList));
}

const std::vector<Config>& Config::tables(std::string_view key) const {
  const auto found = tables_.find(key);
  YZ_ASSERT(found != tables_.end());
  return found->second;
}

std::string Config::print() const {
  std::string text;
  for (const ConfigKey& key : table_) {
    if (key.kind == ConfigKind::kTables) continue;
    const Setting& setting = settings_.find(key.key)->second;
    text += std::string(key.key) + " = " + written_value(key.kind, setting.value) + "  # " +
            setting.origin + "\n";
  }
  for (const auto& [key, elements] : tables_) {
    for (const Config& element : elements) text += "\n[[" + key + "]]\n" + element.print();
  }
  return text;
}

std::string config_manual(ConfigTable table) {
  return "| 鍵 | 型別 | 預設 | 範圍 | 說明 |\n| --- | --- | --- | --- | --- |\n" +
         manual_lines(table, "");
}

}  // namespace yizhan
