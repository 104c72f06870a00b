#include "model/agency/trust_source.h"

#include <stdexcept>

#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr std::size_t kBundleBytesMax = 4U << 20;
constexpr std::size_t kRevocationBytesMax = 16U << 20;

std::vector<Certificate> certificates_in(const std::filesystem::path& folder) {
  std::vector<Certificate> all;
  for (const std::string& name : list_files(folder)) {
    const std::vector<Certificate> bundle = read_certificates(folder / name);
    all.insert(all.end(), bundle.begin(), bundle.end());
  }
  return all;
}

// Changes with every file that comes, goes or is written anew.
std::string look_of(const std::filesystem::path& folder) {
  std::string look;
  for (const char* part : {"anchors", "intermediates", "revocation"}) {
    for (const std::string& name : list_files(folder / part)) {
      const std::filesystem::path file = folder / part / name;
      std::error_code gone;
      const auto size = std::filesystem::file_size(file, gone);
      const auto changed = std::filesystem::last_write_time(file, gone).time_since_epoch().count();
      look += file.string() + ' ' + std::to_string(size) + ' ' + std::to_string(changed) + '\n';
    }
  }
  return look;
}

}  // namespace

std::vector<Certificate> read_certificates(const std::filesystem::path& pem_file) {
  const Bytes pem = read_file(pem_file, kBundleBytesMax);
  Result<std::vector<Certificate>> bundle = parse_pem_bundle(text_of(pem));
  if (bundle && !bundle->empty()) return std::move(*bundle);
  throw std::runtime_error("憑證檔無法讀取：" + pem_file.string() +
                           "，請改放 PEM 格式（-----BEGIN CERTIFICATE-----）之憑證");
}

TrustSource::TrustSource(std::filesystem::path folder, CryptoPolicy policy)
    : folder_(std::move(folder)), policy_(std::move(policy)) {
  reload();
}

std::shared_ptr<const Trust> TrustSource::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void TrustSource::reload() {
  // Before reading: what changes meanwhile is seen as a change next time.
  std::string look = look_of(folder_);
  if (current_ && look == seen_) return;
  auto fresh = std::make_shared<Trust>();
  fresh->policy = policy_;
  std::vector<Certificate> issuers = certificates_in(folder_ / "anchors");
  if (issuers.empty()) {
    throw std::runtime_error("沒有信任起點：" + (folder_ / "anchors").string() +
                             "，請放入經其他管道取得並核對指紋之根憑證（PEM）");
  }
  fresh->anchors = TrustAnchors(issuers);
  fresh->intermediates = certificates_in(folder_ / "intermediates");
  issuers.insert(issuers.end(), fresh->intermediates.begin(), fresh->intermediates.end());
  for (const std::string& name : list_files(folder_ / "revocation")) {
    // A list that does not verify is as good as none: its certificates become "unknown", and wait.
    const Bytes list = read_file(folder_ / "revocation" / name, kRevocationBytesMax);
    if (const auto added = fresh->revocations.add(list, issuers); !added) {
      left_out_.push_back(name + "：" + std::string(code_of(added.reason())) + " " +
                          added.refusal().detail);
    }
  }
  seen_ = std::move(look);
  const std::lock_guard lock(mutex_);
  current_ = std::move(fresh);
}

}  // namespace yizhan
