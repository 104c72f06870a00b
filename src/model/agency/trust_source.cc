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
    const Bytes pem = read_file(folder / name, kBundleBytesMax);
    Result<std::vector<Certificate>> bundle = parse_pem_bundle(text_of(pem));
    if (!bundle) throw std::runtime_error("憑證檔無法讀取：" + (folder / name).string());
    all.insert(all.end(), bundle->begin(), bundle->end());
  }
  return all;
}

}  // namespace

TrustSource::TrustSource(std::filesystem::path folder) : folder_(std::move(folder)) { reload(); }

std::shared_ptr<const Trust> TrustSource::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void TrustSource::reload() {
  auto fresh = std::make_shared<Trust>();
  std::vector<Certificate> issuers = certificates_in(folder_ / "anchors");
  if (issuers.empty()) throw std::runtime_error("沒有信任起點：" + (folder_ / "anchors").string());
  fresh->anchors = TrustAnchors(issuers);
  fresh->intermediates = certificates_in(folder_ / "intermediates");
  issuers.insert(issuers.end(), fresh->intermediates.begin(), fresh->intermediates.end());
  for (const std::string& name : list_files(folder_ / "revocation")) {
    // A list that does not verify is as good as none: its certificates become "unknown", and wait.
    const Bytes list = read_file(folder_ / "revocation" / name, kRevocationBytesMax);
    static_cast<void>(fresh->revocations.add(list, issuers).ok());
  }
  const std::lock_guard lock(mutex_);
  current_ = std::move(fresh);
}

}  // namespace yizhan
