#include "model/agency/directory_source.h"

#include <algorithm>
#include <stdexcept>

#include "ground/control/control.h"
#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr std::size_t kSnapshotBytesMax = 512u << 20;
constexpr std::size_t kEditionsBytesMax = 16u << 20;
// A document lives 30 days, and may rely on a directory that was replaced the day before.
constexpr Milliseconds kEditionKept = std::chrono::hours{24 * 32};

}  // namespace

Result<Bytes> sign_directory(const Directory& directory, SigningKey& key, Time now) {
  return cms_sign(canonical_json(directory.describe()), key, KeyUse::kDirectory, now);
}

Result<Directory> verify_directory(ByteView signed_snapshot,
                                   const std::vector<Certificate>& anchors) {
  const SignedContent opened = YZ_TRY(cms_verify(signed_snapshot, kSnapshotBytesMax));
  const bool known = std::find(anchors.begin(), anchors.end(), opened.signer) != anchors.end();
  if (!upheld("directory_signer", known)) {
    return Refusal{Reason::kCertificateUntrusted, "目錄非由管理層簽署"};
  }
  return Directory::parse(opened.content);
}

DirectorySource::DirectorySource(std::filesystem::path file, std::vector<Certificate> anchors,
                                 std::filesystem::path editions)
    : file_(std::move(file)), anchors_(std::move(anchors)), editions_(std::move(editions)) {
  load_editions();
  const Result<bool> loaded = reload();
  if (!loaded) {
    throw std::runtime_error("目錄 " + file_.string() + " 無法使用：" +
                             std::string(code_of(loaded.reason())) + " " +
                             loaded.refusal().detail);
  }
}

std::shared_ptr<const Directory> DirectorySource::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

std::shared_ptr<const Directory> DirectorySource::as_signed() const {
  const std::lock_guard lock(mutex_);
  return as_signed_;
}

Bytes DirectorySource::signed_bytes() const {
  const std::lock_guard lock(mutex_);
  return signed_bytes_;
}

Result<bool> DirectorySource::reload() { return take(read_file(file_, kSnapshotBytesMax)); }

// Whether it replaces the one in force.
Result<bool> DirectorySource::advances(const Directory& fresh) const {
  const auto now = as_signed();
  if (!now) return true;
  if (!upheld("directory_rollback", fresh.version() >= now->version())) {
    return Reason::kDirectoryStale;
  }
  if (fresh.version() > now->version()) return true;
  // Signed again it may be; two contents of one version would let two centres disagree.
  if (canonical_json(fresh.describe()) == canonical_json(now->describe())) return false;
  return Refusal{Reason::kConflict, "同一版次之目錄內容不同，請洽管理層"};
}

Result<bool> DirectorySource::adopt(ByteView signed_snapshot) {
  const Directory fresh = YZ_TRY(verify_directory(signed_snapshot, anchors_));
  if (!YZ_TRY(advances(fresh))) return false;
  // The file first: a restart must not find an older version than the one that was in force.
  write_durably(file_, signed_snapshot, 0644);
  return take(signed_snapshot);
}

void DirectorySource::load_editions() {
  if (editions_.empty() || !std::filesystem::exists(editions_)) return;
  const Result<Json> json =
      parse_json(read_file(editions_, kEditionsBytesMax), {.bytes_max = kEditionsBytesMax,
                                                           .depth_max = 3});
  if (json && json->is_array()) {
    for (const Json& item : *json) {
      Members members(item, "edition");
      const std::int64_t version = members.integer("version");
      const Time issued = members.time("issued");
      if (members.check()) issued_.emplace(version, issued);
    }
  }
  if (json && json->is_array() && issued_.size() == json->size()) return;
  throw std::runtime_error("目錄版本紀錄 " + editions_.string() + " 已損壞，請移除後重新啟動");
}

void DirectorySource::save_editions(const std::map<std::int64_t, Time>& issued) const {
  Json list = Json::array();
  for (const auto& [version, time] : issued) {
    list.push_back({{"version", version}, {"issued", time.text()}});
  }
  write_durably(editions_, canonical_json(list));
}

std::shared_ptr<const Directory> DirectorySource::laid_over(
    const std::shared_ptr<const Directory>& as_signed) const {
  if (restrictions_.empty()) return as_signed;
  return std::make_shared<const Directory>(as_signed->restricted(restrictions_));
}

void DirectorySource::lay_over(Restrictions restrictions) {
  const std::lock_guard replacing(replacing_);
  if (restrictions == restrictions_) return;
  restrictions_ = std::move(restrictions);
  auto laid = laid_over(as_signed());
  const std::lock_guard lock(mutex_);
  current_ = std::move(laid);
}

Result<bool> DirectorySource::take(ByteView signed_snapshot) {
  const std::lock_guard replacing(replacing_);
  if (std::ranges::equal(signed_bytes(), signed_snapshot)) return false;
  auto fresh = std::make_shared<Directory>(YZ_TRY(verify_directory(signed_snapshot, anchors_)));
  if (!YZ_TRY(advances(*fresh))) return false;
  const Time oldest = fresh->issued() - kEditionKept;
  std::erase_if(issued_, [&](const auto& edition) { return edition.second < oldest; });
  issued_.emplace(fresh->version(), fresh->issued());
  fresh->remember_earlier(issued_);
  auto laid = laid_over(fresh);
  {
    const std::lock_guard lock(mutex_);
    as_signed_ = std::move(fresh);
    current_ = std::move(laid);
    signed_bytes_ = copy_of(signed_snapshot);
  }
  // A crash before this is made good at the next start, which finds the same version.
  if (!editions_.empty()) save_editions(issued_);
  return true;
}

}  // namespace yizhan
