#pragma once

#include "duty/release/release.h"
#include "tests/support/clause.h"
#include "tests/support/followed_repository.h"
#include "tests/support/small_exchange.h"

// Releases for exchanges, each with one package. kTestNow is 2026-11-22.

namespace yizhan {

inline ReleaseVersion version(std::string_view text) { return ReleaseVersion::parse(text).value(); }
inline Day day(std::string_view text) { return find_day(text).value(); }

inline std::string package_text(std::string_view version) {
  return "the package of " + std::string(version);
}

inline Release release_of(std::string_view text, Layer layer = Layer::kExchange) {
  const std::string content = package_text(text), name(text_of(layer));
  return {layer,
          version(text),
          {{"releases/" + name + "/yizhan-" + name + "_" + std::string(text) + "_amd64.deb",
            sha256(bytes_of(content)), static_cast<std::int64_t>(content.size())}},
          "修正排程",
          day("2026-11-22"),
          {"ClamAV 1.4.6", "27500", kTestNow}};
}

inline void put(FollowedRepository& repository, const Release& release) {
  repository.put(release.packages.at(0).path, package_text(release.version.text()));
  repository.put(release.path(), text_of(release.json()));
}

}  // namespace yizhan
