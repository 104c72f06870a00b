#pragma once

#include <map>
#include <vector>

#include "duty/baseline/debian_version.h"
#include "ground/json/json.h"
#include "ground/trust/trust.h"
#include "model/calendar/calendar.h"
#include "model/host/host.h"

namespace yizhan {

// Where a host listens for others: not on its loopback.
struct ListeningPort {
  std::string protocol;  // "tcp" or "udp"
  std::int64_t number;   // 1 to 65535

  // "tcp/8443"; nullopt: anything else.
  static std::optional<ListeningPort> parse(std::string_view text);
  [[nodiscard]] std::string text() const { return protocol + "/" + std::to_string(number); }
  auto operator<=>(const ListeningPort&) const = default;
};

// An operating system as /etc/os-release names it: "debian 12".
struct SystemRelease {
  std::string id, version;

  static std::optional<SystemRelease> parse(std::string_view text);
  [[nodiscard]] std::string text() const { return id + " " + version; }
  auto operator<=>(const SystemRelease&) const = default;
};

// Approved: that node may deviate so, until the end of that day. Two officers sign it with the
// rest.
struct BaselineException {
  std::string node;       // code of the centre or agency
  std::string deviation;  // as Deviation::text
  std::string reason;
  Day until;
};

// 標準組態列表 of the hosts of one layer (五(一)4): the target baselines/exchange.json of the
// distribution, which two officers sign. Another edition takes its place.
struct Baseline {
  Layer layer;
  std::int64_t edition;
  Day issued;
  std::vector<SystemRelease> systems = {};            // one of these; none: any
  std::map<std::string, DebianVersion> at_least = {};  // where it is installed, not older
  std::vector<std::string> required = {};              // installed
  std::vector<std::string> forbidden = {};  // not installed; "transmission*" is all that begin so
  std::vector<ListeningPort> ports = {};    // what may listen, and nothing else
  std::map<std::string, std::string> settings = {};  // of the kernel: net.ipv4.ip_forward is 0
  std::vector<BaselineException> exceptions = {};

  static constexpr std::size_t kBytesMax = 256U << 10;
  static std::string path_of(Layer layer);  // "baselines/exchange.json"

  // The content of the target of that path. Refuses kMalformed (also another layer's),
  // kUnknownFormat.
  static Result<Baseline> parse(std::string_view path, ByteView json);
  [[nodiscard]] std::string path() const { return path_of(layer); }
  [[nodiscard]] Bytes json() const;  // canonical
  [[nodiscard]] Json describe() const;
};

// The one that is handed down for the layer; none: there is none. After the client's refresh().
// Refuses what the source refuses, and as Baseline::parse().
Result<std::optional<Baseline>> find_baseline(TrustClient& client, Layer layer);

}  // namespace yizhan
