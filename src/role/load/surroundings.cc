#include "role/load/surroundings.h"

#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr std::string_view kSignSuffix = ".sign.pem";

}  // namespace

LoadScanner::LoadScanner(const std::filesystem::path& clamd) {
  if (clamd.empty()) return;
  clamd_.emplace(ClamdSettings{.socket_path = clamd.string(), .server_uid = {}});
}

Result<ScannedPart> LoadScanner::scan(const Part&, const FileHandle& file) {
  if (!clamd_) return ScannedPart{};
  const ScanAnswer answer = YZ_TRY(clamd_->scan(file.descriptor()));
  YZ_TRY(check_clean(answer));
  return ScannedPart{};
}

Surroundings::Surroundings(const LoadFiles& files)
    : directory(files.directory, read_certificates(files.directory_anchors)),
      trust(files.trust),
      scanner(files.clamd),
      workspace(files.workspace) {}

std::vector<OrgCode> agencies_in(const std::filesystem::path& folder) {
  std::vector<OrgCode> codes;
  for (const std::string& name : Folder(folder).list_files()) {
    if (!name.ends_with(kSignSuffix)) continue;
    codes.push_back(OrgCode::parse(name.substr(0, name.size() - kSignSuffix.size())).value());
  }
  return codes;
}

}  // namespace yizhan
