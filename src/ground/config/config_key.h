#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

namespace yizhan {

enum class ConfigKind {
  kText,
  kInteger,
  kFlag,      // true or false
  kDuration,  // "500ms", "30s", "10m", "2h", "7d"
  kBytes,     // 4096, "64KiB", "1MiB", "2GiB"
  kPath,      // relative ones start at the folder of the file that names them
  kList,      // of texts
  kTables,    // [[…]], each with the keys of `table`
};

// One line of a role's configuration table. The manual is printed from it.
struct ConfigKey {
  std::string_view key;  // "exchange.listen"; within kTables without the key of the array
  ConfigKind kind = ConfigKind::kText;
  // As one would write it, without quotes; a list separated by commas. Nothing: must be given.
  // For kTables without meaning: absent is empty.
  std::optional<std::string_view> standard = std::nullopt;
  // kInteger: the value. kDuration: ms. kBytes: bytes. kText, kPath: length in bytes.
  // kList, kTables: how many.
  std::int64_t min = 0;
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::string_view sentence;  // what it does (zh-TW)
  std::span<const ConfigKey> table = {};
};

// Keys that end in password, secret or pin must be kPath (YZ_ASSERT): secrets never stand in a
// configuration file.
using ConfigTable = std::span<const ConfigKey>;

}  // namespace yizhan
