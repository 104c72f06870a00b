#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "ground/config/config.h"
#include "ground/config/config_value.h"

namespace yizhan {

namespace {

namespace fs = std::filesystem;

std::string_view type_in_words(toml::node_type type) {
  switch (type) {
    case toml::node_type::none:
      return "空值";
    case toml::node_type::table:
      return "表格";
    case toml::node_type::array:
      return "陣列";
    case toml::node_type::string:
      return "文字";
    case toml::node_type::integer:
      return "整數";
    case toml::node_type::floating_point:
      return "小數";
    case toml::node_type::boolean:
      return "true 或 false";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "日期時間";
  }
  YZ_ASSERT(false);
}

std::string file_and_line(const toml::source_region& source) {
  return (source.path ? *source.path : std::string()) + ":" + std::to_string(source.begin.line);
}

std::optional<std::vector<std::string>> texts_of(const toml::array& array) {
  std::vector<std::string> texts;
  for (const toml::node& node : array) {
    const auto text = node.value_exact<std::string>();
    if (!text) return std::nullopt;
    texts.push_back(*text);
  }
  return texts;
}

// The value of a node that has the TOML type which the kind asks for.
std::optional<ConfigValue> value_of(ConfigKind kind, const toml::node& node) {
  if (kind == ConfigKind::kList) {
    auto texts = node.is_array() ? texts_of(*node.as_array()) : std::nullopt;
    return texts ? std::optional<ConfigValue>(*std::move(texts)) : std::nullopt;
  }
  if (kind == ConfigKind::kFlag) {
    const auto flag = node.value_exact<bool>();
    return flag ? std::optional<ConfigValue>(*flag) : std::nullopt;
  }
  if (const auto number = node.value_exact<std::int64_t>()) {
    const bool fits = kind == ConfigKind::kInteger || kind == ConfigKind::kBytes;
    return fits ? std::optional<ConfigValue>(*number) : std::nullopt;
  }
  const auto text = node.value_exact<std::string>();
  if (!text || kind == ConfigKind::kInteger) return std::nullopt;
  return parse_value(kind, *text);
}

// Walks a dotted key.
const toml::node* find_node(const toml::table& table, std::string_view key) {
  const std::size_t dot = key.find('.');
  const toml::node* node = table.get(key.substr(0, dot));
  if (node == nullptr || dot == std::string_view::npos) return node;
  return node->is_table() ? find_node(*node->as_table(), key.substr(dot + 1)) : nullptr;
}

void check_table(ConfigTable table) {
  for (const ConfigKey& key : table) {
    const bool secret =
        key.key.ends_with("password") || key.key.ends_with("secret") || key.key.ends_with("pin");
    YZ_ASSERT(!secret || key.kind == ConfigKind::kPath);
    YZ_ASSERT((key.kind == ConfigKind::kTables) == !key.table.empty());
    check_table(key.table);
  }
}

}  // namespace

// Fills one Config and gathers what is wrong.
class ConfigReader {
 public:
  explicit ConfigReader(std::vector<std::string>& problems) : problems_(problems) {}

  void read_file(Config& config, const fs::path& file) {
    std::ifstream stream(file);
    std::ostringstream text;
    if (!stream || !(text << stream.rdbuf())) {
      problems_.push_back(file.string() + "：無法讀取；請確認檔案存在且有內容與讀取權限。");
      return;
    }
    try {
      const toml::table root = toml::parse(text.str(), file.string());
      read_table(config, root, "");
    } catch (const toml::parse_error& error) {
      problems_.push_back(file_and_line(error.source()) + "：不是正確的 TOML（" +
                          std::string(error.description()) + "）；請修正該行。");
    }
  }

  // Standards for what no file set; `where` tells where it could stand.
  void complete(Config& config, const std::string& where, const std::string& prefix) {
    for (const ConfigKey& key : config.table_) {
      if (key.kind == ConfigKind::kTables) {
        config.tables_.try_emplace(std::string(key.key));
        check_count(key, config, where);
      } else if (config.settings_.contains(key.key)) {
        continue;
      } else if (key.standard) {
        auto value = parse_value(key.kind, *key.standard);
        YZ_ASSERT(value);
        config.settings_.emplace(key.key, Config::Setting{*std::move(value), "預設"});
      } else {
        problems_.push_back(where + "：缺少 " + prefix + std::string(key.key) + "（" +
                            std::string(key.sentence) + "）；請補上。");
      }
    }
  }

 private:
  void read_table(Config& config, const toml::table& table, const std::string& prefix) {
    refuse_unknown(config.table_, table, {.shown = prefix, .key = ""});
    for (const ConfigKey& key : config.table_) {
      const toml::node* node = find_node(table, key.key);
      if (node == nullptr) continue;
      if (key.kind == ConfigKind::kTables) {
        read_elements(config, key, *node, prefix);
      } else {
        read_value(config, key, *node, prefix);
      }
    }
  }

  void read_value(Config& config, const ConfigKey& key, const toml::node& node,
                  const std::string& prefix) {
    const std::string where = file_and_line(node.source());
    auto value = value_of(key.kind, node);
    const std::string name = where + "：" + prefix + std::string(key.key);
    // Set in any case, so that it is not also reported as missing.
    Config::Setting& setting = config.settings_[std::string(key.key)];
    setting.origin = where;
    if (!value) {
      problems_.push_back(name + " 須為 " + std::string(kind_in_words(key.kind)) + "，但寫成 " +
                          std::string(type_in_words(node.type())) + " " + shown(node) +
                          "；請修正。");
      return;
    }
    const std::int64_t measure = measure_of(*value);
    if (key.kind != ConfigKind::kFlag && (measure < key.min || measure > key.max)) {
      problems_.push_back(name + " 超出範圍；請改為 " + range_in_words(key) + "。");
      return;
    }
    if (key.kind == ConfigKind::kPath) make_absolute(*value, node);
    setting.value = *std::move(value);
  }

  void read_elements(Config& config, const ConfigKey& key, const toml::node& node,
                     const std::string& prefix) {
    std::vector<Config>& elements = config.tables_[std::string(key.key)];
    elements.clear();
    const std::string name = prefix + std::string(key.key);
    if (!node.is_array_of_tables()) {
      problems_.push_back(file_and_line(node.source()) + "：" + name + " 須寫成 [[" + name +
                          "]]；請修正。");
      return;
    }
    for (const toml::node& element : *node.as_array()) {
      Config& one = elements.emplace_back(Config(key.table));
      read_table(one, *element.as_table(), name + "[].");
      complete(one, file_and_line(element.source()), name + "[].");
    }
  }

  struct Place {
    std::string shown;  // for people
    std::string key;    // as in the table
  };

  void refuse_unknown(ConfigTable known, const toml::table& table, const Place& place) {
    for (const auto& [name, node] : table) {
      const std::string key = place.key + std::string(name.str());
      const std::string inside = key + ".";
      if (std::ranges::find(known, key, &ConfigKey::key) != known.end()) continue;
      const bool leads = std::ranges::any_of(
          known, [&](const ConfigKey& line) { return line.key.starts_with(inside); });
      if (leads && node.is_table()) {
        refuse_unknown(known, *node.as_table(), {.shown = place.shown, .key = inside});
        continue;
      }
      problems_.push_back(file_and_line(node.source()) + "：不認得的設定 " + place.shown + key +
                          "；請刪除，或改用手冊所列之鍵。");
    }
  }

  void check_count(const ConfigKey& key, const Config& config, const std::string& where) {
    const auto count = static_cast<std::int64_t>(config.tables_.find(key.key)->second.size());
    if (count >= key.min && count <= key.max) return;
    problems_.push_back(where + "：[[" + std::string(key.key) + "]] 有 " + std::to_string(count) +
                        " 個；請改為 " + range_in_words(key) + "。");
  }

  static std::string shown(const toml::node& node) {
    if (const auto text = node.value_exact<std::string>()) return "「" + *text + "」";
    if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
    return {};
  }

  static void make_absolute(ConfigValue& value, const toml::node& node) {
    auto& path = std::get<std::string>(value);
    if (path.empty()) return;
    const fs::path folder = fs::absolute(*node.source().path).parent_path();
    path = (folder / path).lexically_normal().string();
  }

  std::vector<std::string>& problems_;
};

Config Config::load(const std::vector<fs::path>& files, ConfigTable table) {
  YZ_ASSERT(!files.empty());
  check_table(table);
  Config config(table);
  std::vector<std::string> problems;
  ConfigReader reader(problems);
  for (const fs::path& file : files) reader.read_file(config, file);
  reader.complete(config, files.back().string(), "");
  if (!problems.empty()) throw ConfigError(std::move(problems));
  return config;
}

}  // namespace yizhan
