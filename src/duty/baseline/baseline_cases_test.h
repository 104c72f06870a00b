#pragma once

#include "duty/baseline/baseline.h"
#include "ground/files/files.h"
#include "tests/support/clause.h"
#include "tests/support/temporary_folder.h"

// A host's files, and a standard configuration that it keeps. kTestNow is 2026-11-22.

namespace yizhan {

inline DebianVersion debian(std::string_view text) { return DebianVersion::parse(text).value(); }
inline Day on_day(std::string_view text) { return find_day(text).value(); }

inline Baseline baseline_of(Layer layer = Layer::kExchange) {
  Baseline baseline{layer, 3, on_day("2026-11-20")};
  baseline.systems = {{"debian", "12"}};
  baseline.at_least.emplace("openssl", debian("3.0.15-1~deb12u1"));
  baseline.required = {"clamav-daemon"};
  baseline.forbidden = {"transmission*", "telegram-desktop"};
  baseline.ports = {{"tcp", 8443}, {"udp", 123}};
  baseline.settings = {{"net.ipv4.ip_forward", "0"}};
  return baseline;
}

class TestHost {
 public:
  TestHost() {
    put("etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12\"\nVERSION_ID=\"12\"\nID=debian\n");
    put("var/lib/dpkg/status",
        "Package: openssl\nStatus: install ok installed\nVersion: 3.0.17-1~deb12u2\n\n"
        "Package: clamav-daemon\nStatus: hold ok installed\nVersion: 1.4.3+dfsg-1\n\n"
        "Package: transmission-gtk\nStatus: deinstall ok config-files\nVersion: 3.00-2\n");
    put("proc/net/tcp", head() + "   0: 00000000:20FB 00000000:0000 0A 0 0\n"  // 8443 for all
                                 "   1: 0100007F:1F90 00000000:0000 0A 0 0\n"  // 8080 on loopback
                                 "   2: 0A00000A:D431 0B00000A:01BB 01 0 0\n");  // a connection
    put("proc/net/udp", head() + "   9: 00000000:007B 00000000:0000 07 0 0\n");  // 123
    put("proc/sys/net/ipv4/ip_forward", "0\n");
  }

  static std::string head() { return "  sl  local_address rem_address   st\n"; }
  void put(const std::string& file, const std::string& text) {
    const auto path = root() / file;
    std::filesystem::create_directories(path.parent_path());
    write_durably(path, bytes_of(text));
  }
  void remove(const std::string& file) { std::filesystem::remove(root() / file); }
  void install(const std::string& package, const std::string& version) {
    const auto status = read_file(root() / "var/lib/dpkg/status", 1 << 20);
    put("var/lib/dpkg/status", std::string(text_of(status)) + "\nPackage: " + package +
                                   "\nStatus: install ok installed\nVersion: " + version + "\n");
  }
  [[nodiscard]] std::filesystem::path root() const { return folder_ / "host"; }

 private:
  TemporaryFolder folder_;
};

}  // namespace yizhan
