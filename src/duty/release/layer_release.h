#pragma once

#include <vector>

#include "duty/release/release_version.h"
#include "ground/json/json.h"
#include "ground/trust/trust.h"
#include "model/calendar/calendar.h"
#include "model/host/host.h"

namespace yizhan {

// A package (.deb) of a release, and its check code (檢核碼).
struct ReleasePackage {
  std::string path;  // of the target in the distribution
  Sha256 sha256;
  std::int64_t length;

  bool operator==(const ReleasePackage&) const = default;
};

// Older ones than that are late after the day: what they lack endangers others.
struct ReleaseMinimum {
  ReleaseVersion version;
  Day grace;
};

// By what its packages, and all that is in them, were found to be free of malware before anybody
// signed (五(一)1).
struct ReleaseScan {
  std::string engine;      // "ClamAV 1.4.6"
  std::string signatures;  // the engine's word for its signatures, where it has one
  Time time;
};

// A version of the product for one layer (五(一)3): the target releases/exchange/1.4.0.json of the
// distribution, which two officers sign, with the packages beside it.
struct Release {
  Layer layer;
  ReleaseVersion version;
  std::vector<ReleasePackage> packages;
  std::string notes;  // what is new, for who decides when to install it
  Day issued;
  ReleaseScan scan;
  std::optional<ReleaseMinimum> minimum = {};

  static constexpr std::size_t kBytesMax = 64U << 10;
  static constexpr std::string_view kFolder = "releases/";
  // Whether a path is that of a release of that layer, and not of a package.
  static bool is_release(std::string_view path, Layer layer);

  // The content of the target of that path. Refuses kMalformed (also where path and content name
  // another version or layer, or a package lies elsewhere), kUnknownFormat.
  static Result<Release> parse(std::string_view path, ByteView json);
  [[nodiscard]] std::string path() const;
  [[nodiscard]] Bytes json() const;  // canonical
  [[nodiscard]] Json describe() const;
};

// 程式檢核碼驗證: each package is the one that was signed for that path, byte for byte. After the
// client's refresh(). Refuses kMetadataMismatch (another package than the release says), kNotFound.
Result<void> check_packages(TrustClient& client, const Release& release);

// The newest release of the layer that is listed and whose packages hold; none: there is none. What
// does not hold is handed to `refuse` and left out. Refuses what the source refuses.
using RefuseRelease = std::function<void(const std::string& path, const Refusal& why)>;
Result<std::optional<Release>> find_newest(TrustClient& client, Layer layer,
                                           const RefuseRelease& refuse);

}  // namespace yizhan
