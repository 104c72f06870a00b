#pragma once

#include <filesystem>
#include <set>

#include "duty/baseline/layer_baseline.h"

namespace yizhan {

// What can be measured of a host.
struct HostState {
  std::optional<SystemRelease> system = {};                // none: /etc/os-release does not say
  std::map<std::string, std::string> packages = {};        // installed, with their versions
  std::set<ListeningPort> ports = {};                      // open to others than itself
  std::map<std::string, std::string> settings = {};        // those that were asked for and exist

  // Of the host whose files stand under `root` ("/"): etc/os-release, var/lib/dpkg/status,
  // proc/net/{tcp,tcp6,udp,udp6} and proc/sys, read here and now. `settings`: their names.
  // Refuses kUnavailable: no list of packages, or none of sockets, so that nothing could be said.
  static Result<HostState> read(const std::filesystem::path& root,
                                const std::map<std::string, std::string>& settings);
};

// One thing in which a host is not as the list has it: "system:ubuntu 22.04", "old:openssl",
// "missing:clamav-daemon", "forbidden:transmission-gtk", "port:tcp/8080",
// "setting:net.ipv4.ip_forward".
struct Deviation {
  std::string text;
  std::string detail;  // for people: what is there, and what should be

  bool operator==(const Deviation&) const = default;
};

// Ordered by text. No exception is looked at.
std::vector<Deviation> find_deviations(const Baseline& baseline, const HostState& host);

}  // namespace yizhan
