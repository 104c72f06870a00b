#pragma once

#include <map>
#include <string>
#include <string_view>

#include "ground/base/base.h"

namespace yizhan {

struct Target {
  std::string path;                          // begins with "/"
  std::map<std::string, std::string> query;  // "+" is a space, as browsers write it
};

// The origin-form of RFC 9112 §3.2.1, decoded once and so narrow that only one reading exists.
// Refuses kBadRequest: another form, a fragment, characters outside RFC 3986, an empty, "." or ".."
// segment, an encoded "/", control characters, bad UTF-8, a query name given twice.
Result<Target> parse_target(std::string_view raw);

}  // namespace yizhan
