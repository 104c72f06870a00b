#pragma once

#include "ground/base/base.h"

// How roles, targets and their files are named in a repository.

namespace yizhan {

// 1–64 of [A-Za-z0-9-], and as many again after one '/': "orders", "orders/CENTRE-1".
bool is_role_name(std::string_view name);

// 1–200 of [A-Za-z0-9._/-]: at most four parts between '/', none empty and none beginning with '.'.
bool is_target_path(std::string_view path);

// A delegated path: as a target path, where '*' stands for any characters and '?' for one, neither
// of them for '/'.
bool is_path_pattern(std::string_view pattern);
bool matches_path(std::string_view pattern, std::string_view path);

// "metadata/7.orders%2FCENTRE-1.json"
std::string metadata_location(std::string_view role, std::int64_t version);
inline constexpr std::string_view kTimestampLocation = "metadata/timestamp.json";
// "targets/directory/<sha256>.directory.p7m"
std::string target_location(std::string_view path, const Sha256& sha256);
// One of the above: what a mirror serves, and nothing else.
bool is_repository_location(std::string_view location);

}  // namespace yizhan
