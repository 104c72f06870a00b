#include "duty/baseline/host_state.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "ground/control/control.h"
#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr std::size_t kSmallFileMax = 64U << 10;
constexpr std::size_t kListMax = 32U << 20;

std::optional<std::string> find_text(const std::filesystem::path& file, std::size_t bytes_max) {
  const auto bytes = find_file(file, bytes_max);
  return bytes ? std::optional(std::string(text_of(*bytes))) : std::nullopt;
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::string unquoted(std::string text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

std::optional<SystemRelease> read_system(const std::filesystem::path& root) {
  std::istringstream lines(find_text(root / "etc/os-release", kSmallFileMax).value_or(""));
  std::map<std::string, std::string> values;
  for (std::string line; std::getline(lines, line);) {
    const auto sign = line.find('=');
    if (sign != std::string::npos) values[line.substr(0, sign)] = unquoted(line.substr(sign + 1));
  }
  return SystemRelease::parse(values["ID"] + " " + values["VERSION_ID"]);
}

// dpkg's own list: paragraphs of "Package:", "Status:", "Version:" and more.
std::map<std::string, std::string> read_packages(const std::string& status) {
  std::map<std::string, std::string> packages;
  std::istringstream lines(status);
  std::string name;
  bool installed = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) installed = false;
    if (line.starts_with("Package: ")) name = line.substr(9);
    if (line.starts_with("Status: ")) installed = line.ends_with(" installed");
    if (installed && line.starts_with("Version: ")) packages[name] = line.substr(9);
  }
  return packages;
}

// 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104, as the kernel writes them: 32 bits at a time, each
// with its lowest octet first.
bool is_loopback(std::string_view address) {
  if (address.size() == 8) return address.ends_with("7F");
  if (address == "00000000000000000000000001000000") return true;
  return address.starts_with("0000000000000000FFFF0000") && address.ends_with("7F");
}

// "  0: 00000000:20FB 00000000:0000 0A …": TCP listens in state 0A, UDP waits for anybody in 07.
std::optional<std::int64_t> listening_on(const std::string& line, std::string_view state_wanted) {
  std::istringstream words(line);
  std::string number, local, remote, state;
  words >> number >> local >> remote >> state;
  const auto colon = local.find(':');
  if (state != state_wanted || colon == std::string::npos) return std::nullopt;
  if (is_loopback(std::string_view(local).substr(0, colon))) return std::nullopt;
  std::int64_t port = 0;
  std::from_chars(local.data() + colon + 1, local.data() + local.size(), port, 16);
  return port == 0 ? std::nullopt : std::optional(port);
}

Result<std::set<ListeningPort>> read_ports(const std::filesystem::path& root) {
  std::set<ListeningPort> ports;
  for (const char* family : {"tcp", "udp", "tcp6", "udp6"}) {
    const std::string protocol(family, 3);
    const auto table = find_text(root / "proc/net" / family, kListMax);
    // A host without IPv6 has no tables of it.
    if (!table && family == protocol) {
      return Refusal{Reason::kUnavailable, "無法讀取 /proc/net/" + protocol};
    }
    std::istringstream lines(table.value_or(""));
    for (std::string line; std::getline(lines, line);) {
      const auto port = listening_on(line, protocol == "tcp" ? "0A" : "07");
      if (port) ports.insert({protocol, *port});
    }
  }
  return ports;
}

// "net.ipv4.ip_forward" stands in proc/sys/net/ipv4/ip_forward.
std::optional<std::string> read_setting(const std::filesystem::path& root, std::string name) {
  std::ranges::replace(name, '.', '/');
  // No name leads out of the folder: its parts were separated by dots.
  const auto text = find_text(root / "proc/sys" / name, kSmallFileMax);
  return text ? std::optional(trimmed(*text)) : std::nullopt;
}

bool matches(std::string_view pattern, std::string_view name) {
  return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1))
                                : name == pattern;
}

void compare_packages(const Baseline& baseline, const HostState& host,
                      std::vector<Deviation>& found) {
  for (const auto& [name, version] : baseline.at_least) {
    const auto installed = host.packages.find(name);
    if (installed == host.packages.end()) continue;
    const auto has = DebianVersion::parse(installed->second);
    if (has && *has >= version) continue;
    found.push_back({"old:" + name, installed->second + "，須為 " + version.text() + " 以上"});
  }
  for (const std::string& name : baseline.required) {
    if (!host.packages.contains(name)) found.push_back({"missing:" + name, "須安裝而未安裝"});
  }
  for (const auto& [name, version] : host.packages) {
    const bool forbidden = std::ranges::any_of(
        baseline.forbidden, [&](const std::string& pattern) { return matches(pattern, name); });
    if (upheld("forbidden_software", !forbidden)) continue;
    found.push_back({"forbidden:" + name, "禁止安裝，現有 " + version});
  }
}

void compare_settings(const Baseline& baseline, const HostState& host,
                      std::vector<Deviation>& found) {
  for (const auto& [name, wanted] : baseline.settings) {
    const auto set = host.settings.find(name);
    const std::string has = set == host.settings.end() ? "（無此設定）" : set->second;
    if (has != wanted) found.push_back({"setting:" + name, has + "，須為 " + wanted});
  }
}

}  // namespace

Result<HostState> HostState::read(const std::filesystem::path& root,
                                  const std::map<std::string, std::string>& settings) {
  HostState host;
  host.system = read_system(root);
  const auto status = find_text(root / "var/lib/dpkg/status", kListMax);
  if (!status) return Refusal{Reason::kUnavailable, "無法讀取 /var/lib/dpkg/status"};
  host.packages = read_packages(*status);
  host.ports = YZ_TRY(read_ports(root));
  for (const auto& [name, wanted] : settings) {
    if (auto value = read_setting(root, name)) host.settings.emplace(name, std::move(*value));
  }
  return host;
}

std::vector<Deviation> find_deviations(const Baseline& baseline, const HostState& host) {
  std::vector<Deviation> found;
  const bool known = host.system && std::ranges::find(baseline.systems, *host.system) !=
                                        baseline.systems.end();
  if (!baseline.systems.empty() && !known) {
    const std::string is = host.system ? host.system->text() : "（不明）";
    found.push_back({"system:" + is, "不在所列作業系統之內"});
  }
  compare_packages(baseline, host, found);
  for (const ListeningPort& port : host.ports) {
    const bool allowed = std::ranges::find(baseline.ports, port) != baseline.ports.end();
    if (!allowed) found.push_back({"port:" + port.text(), "不得對外開放"});
  }
  compare_settings(baseline, host, found);
  std::ranges::sort(found, {}, &Deviation::text);
  return found;
}

}  // namespace yizhan
