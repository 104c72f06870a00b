#pragma once

// The face of ground/config: a role's settings, from TOML files, checked against its table.

#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "ground/base/base.h"
#include "ground/config/config_key.h"

namespace yizhan {

// Everything that is wrong with the configuration, each with file, line and remedy (zh-TW).
class ConfigError final : public std::runtime_error {
 public:
  explicit ConfigError(std::vector<std::string> problems);
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  std::vector<std::string> problems_;
};

using ConfigValue = std::variant<std::string, std::int64_t, bool, std::vector<std::string>>;

class Config {
 public:
  // Later files override earlier ones, key by key; an array of tables as a whole.
  // Throws ConfigError: unreadable, not TOML, unknown key, wrong type, out of range, missing.
  // The table must outlive the configuration.
  static Config load(const std::vector<std::filesystem::path>& files, ConfigTable table);

  // Each by its key; a key not in the table or of another kind is a bug (YZ_ASSERT).
  [[nodiscard]] const std::string& text(std::string_view key) const;
  [[nodiscard]] std::int64_t integer(std::string_view key) const;
  [[nodiscard]] bool flag(std::string_view key) const;
  [[nodiscard]] Milliseconds duration(std::string_view key) const;
  [[nodiscard]] std::int64_t bytes(std::string_view key) const;
  [[nodiscard]] std::filesystem::path path(std::string_view key) const;  // empty when not set
  [[nodiscard]] const std::vector<std::string>& list(std::string_view key) const;
  [[nodiscard]] const std::vector<Config>& tables(std::string_view key) const;

  // What is in force, and where each value comes from; itself a valid configuration file.
  [[nodiscard]] std::string print() const;

 private:
  friend class ConfigReader;

  struct Setting {
    ConfigValue value;
    std::string origin;  // "file:line", or "預設"
  };

  explicit Config(ConfigTable table) : table_(table) {}
  [[nodiscard]] const ConfigValue& require(std::string_view key, ConfigKind kind) const;

  ConfigTable table_;
  std::map<std::string, Setting, std::less<>> settings_;
  std::map<std::string, std::vector<Config>, std::less<>> tables_;
};

// The manual of a table: Markdown, one line a key.
std::string config_manual(ConfigTable table);

}  // namespace yizhan
