#pragma once

#include "ground/config/config.h"

// Between the text of a value and the value.

namespace yizhan {

// nullopt when the text is none of that kind. Not for kTables.
std::optional<ConfigValue> parse_value(ConfigKind kind, std::string_view text);

// As it would stand in TOML: quoted, with the largest unit that fits.
std::string written_value(ConfigKind kind, const ConfigValue& value);

// What `min` and `max` hold.
std::int64_t measure_of(const ConfigValue& value);

std::string_view kind_in_words(ConfigKind kind);   // with an example
std::string range_in_words(const ConfigKey& key);  // "" when there is no limit

}  // namespace yizhan
