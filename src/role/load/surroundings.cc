#include "role/load/surroundings.h"

#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr std::size_t kPemBytesMax = 1U << 20;
constexpr std::string_view kSignSuffix = ".sign.pem";

std::vector<Certificate> certificates_in(const std::filesystem::path& file) {
  const Bytes pem = read_file(file, kPemBytesMax);
  const Result<std::vector<Certificate>> bundle = parse_pem_bundle(text_of(pem));
  if (!bundle || bundle->empty()) throw std::runtime_error("憑證檔無法讀取：" + file.string());
  return *bundle;
}

}  // namespace

LoadScanner::LoadScanner(const std::filesystem::path& clamd) {
  if (clamd.empty()) return;
  clamd_.emplace(ClamdSettings{.socket_path = clamd.string(), .server_uid = {}});
}

Result<void> LoadScanner::scan(const Part&, const FileHandle& file) {
  if (!clamd_) return {};
  const ScanAnswer answer = YZ_TRY(clamd_->scan(file.descriptor()));
  if (answer.outcome == ScanOutcome::kClean) return {};
  return Refusal{Reason::kInfected, answer.name};
}

Surroundings::Surroundings(const LoadFiles& files)
    : directory(files.directory, certificates_in(files.directory_anchors)),
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
