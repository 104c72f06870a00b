#include "role/cli/release_scan.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "ground/antivirus/antivirus.h"
#include "ground/files/files.h"
#include "role/cli/outside_command.h"

namespace yizhan {

namespace {

constexpr const char* kUnpacker = "/usr/bin/dpkg-deb";

Result<void> check(const Clamd& engine, const FileHandle& content, const std::string& package) {
  const ScanAnswer answer = YZ_TRY(engine.scan(content.descriptor()));
  const Result<void> clean = check_clean(answer);
  if (clean) return {};
  return Refusal{clean.reason(), package + "：" + clean.refusal().detail};
}

// As a tar archive, which the engine reads file by file; a Debian package it does not.
Result<void> check_unpacked(const Clamd& engine, const std::string& part,
                            const std::string& package) {
  const FileHandle content(::memfd_create("package", MFD_CLOEXEC), package);
  if (!YZ_TRY(run_outside({kUnpacker, part, package}, content.descriptor()))) {
    return Refusal{Reason::kMalformed, package + " 不是完整之 Debian 套件（.deb）"};
  }
  return check(engine, content, package);
}

}  // namespace

Result<ReleaseScan> scan_packages(const std::string& clamd_socket,
                                  const std::vector<std::string>& packages) {
  ClamdSettings settings;
  settings.socket_path = clamd_socket;
  const Clamd engine(settings);
  YZ_TRY(engine.check());
  for (const std::string& package : packages) {
    const FileHandle file(::open(package.c_str(), O_RDONLY | O_CLOEXEC), package);
    YZ_TRY(check(engine, file, package));
    YZ_TRY(check_unpacked(engine, "--fsys-tarfile", package));
    YZ_TRY(check_unpacked(engine, "--ctrl-tarfile", package));
  }
  const EngineVersion version = YZ_TRY(engine.version());
  return ReleaseScan{version.engine, version.signatures_version, SystemClock().now()};
}

}  // namespace yizhan
