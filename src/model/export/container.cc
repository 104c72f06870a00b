#include "model/export/container.h"

#include <zip.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>

#include "ground/archive/archive.h"
#include "ground/files/files.h"
#include "model/export/detached.h"
#include "model/export/verify_files.h"

namespace yizhan {

namespace {

constexpr std::size_t kManifestBytesMax = 32U << 20;
constexpr std::size_t kSignatureBytesMax = 64U << 10;
constexpr std::size_t kIndexBytesMax = 32U << 20;
constexpr std::size_t kPieceBytes = 1U << 20;
constexpr std::uint64_t kMimetypeDataOffset = 30 + kMimetypeName.size();  // no extra field
// An export is not what a letter encloses: to thousands of recipients, and 1 GiB of attachments.
constexpr ArchiveLimits kLimits{.members_max = 1'000'000,
                                .unpacked_bytes_max = 1ULL << 40,
                                .member_bytes_max = 1ULL << 40};

// Line by line as docs/protocol/export.md has it.
constexpr std::string_view kNamespaces = R"( xmlns:asic="http://uri.etsi.org/02918/v1.2.1#")"
                                         R"( xmlns:ds="http://www.w3.org/2000/09/xmldsig#")";
constexpr std::string_view kSignatureReference =
    R"( URI="META-INF/signature001.p7s" MimeType="application/pkcs7-signature"/)";
constexpr std::string_view kDigestMethod =
    R"( Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/)";

std::string tag(std::string_view name, std::string_view attributes = "") {
  return "<" + std::string(name).append(attributes) + ">";
}

// RFC 3986: the path as it stands, every other octet of UTF-8 in hexadecimal.
std::string uri_of(std::string_view name) {
  constexpr std::string_view kPlain = "-._~/";
  std::string uri;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') || kPlain.find(c) != std::string_view::npos;
    if (plain) {
      uri += c;
      continue;
    }
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const auto octet = static_cast<unsigned char>(c);
    uri.append({'%', kDigits[octet >> 4], kDigits[octet & 15]});
  }
  return uri;
}

class UnpackedFolder {
 public:
  UnpackedFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "yizhan-asic-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw FileError(errno, "mkdtemp", name);
    path_ = name;
  }
  ~UnpackedFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  UnpackedFolder(const UnpackedFolder&) = delete;
  UnpackedFolder& operator=(const UnpackedFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct Enclosure {
  Bytes manifest;
  Bytes signature;  // detached
};

Result<Bytes> read_whole(const FileHandle& file, const ZipEntry& entry, std::size_t max) {
  if (entry.unpacked > max) return broken_at(entry.name, "容器", "檔案過大");
  return file.read_at(entry.data_offset, static_cast<std::size_t>(entry.unpacked));
}

void unpack(const FileHandle& file, const ZipEntry& entry, const Folder& folder) {
  const std::string parent = std::filesystem::path(entry.name).parent_path().string();
  if (!parent.empty()) folder.make_folders(parent);
  FileHandle to = folder.open_for_writing(entry.name);
  for (std::uint64_t at = 0; at < entry.unpacked;) {
    const std::uint64_t rest = std::min<std::uint64_t>(entry.unpacked - at, kPieceBytes);
    const Bytes piece =
        file.read_at(entry.data_offset + at, static_cast<std::size_t>(rest));
    if (piece.empty()) break;  // shorter than it was; the index will say so
    to.write_at(at, piece);
    at += piece.size();
  }
}

// EN 319 162-1 A.1: the first member, stored, without extra field.
Result<void> check_mimetype(const FileHandle& file, const std::vector<ZipEntry>& entries) {
  const ZipEntry& first = entries.front();
  if (first.name == kMimetypeName && first.data_offset == kMimetypeDataOffset &&
      YZ_TRY(read_whole(file, first, kContainerType.size())) == copy_of(bytes_of(kContainerType))) {
    return {};
  }
  return broken_at(kMimetypeName, "容器", "不是 ASiC-E 容器之第一個檔案，或其內容不符");
}

Result<Enclosure> open_container(const FileHandle& file, const Folder& folder) {
  const auto entries =
      YZ_TRY(at_link("ZIP", "容器", read_zip_directory(file.descriptor(), kLimits)));
  if (entries.empty()) return broken_at("ZIP", "容器", "沒有檔案");
  for (const ZipEntry& entry : entries) {
    // Stored only: what was signed is what lies there.
    if (entry.method != 0) return broken_at(shown_name(entry.name), "容器", "不得壓縮");
  }
  YZ_TRY(check_mimetype(file, entries));
  Enclosure enclosure;
  for (const ZipEntry& entry : std::span(entries).subspan(1)) {
    if (entry.name == kManifestName) {
      enclosure.manifest = YZ_TRY(read_whole(file, entry, kManifestBytesMax));
    } else if (entry.name == kContainerSignatureName) {
      enclosure.signature = YZ_TRY(read_whole(file, entry, kSignatureBytesMax));
    } else if (entry.name.ends_with('/')) {
      return broken_at(shown_name(entry.name), "容器", "不得有資料夾");
    } else {
      unpack(file, entry, folder);
    }
  }
  return enclosure;
}

// The manifest names every file with its digest; who signed the index has signed it, in the same
// second, so its path and registration are judged already.
Result<void> check_enclosure(const Enclosure& enclosure, const std::filesystem::path& folder) {
  const Bytes index_json = read_file(folder / "index.json", kIndexBytesMax);
  const Bytes index_cms = read_file(folder / "index.p7m", kIndexBytesMax);
  const ExportIndex index = YZ_TRY(ExportIndex::parse(index_json));
  const SignedContent index_signature = YZ_TRY(cms_verify(index_cms, kIndexBytesMax));
  std::vector<ExportFile> files = {
      {"index.json", index_json.size(), sha256(index_json), std::nullopt},
      {"index.p7m", index_cms.size(), sha256(index_cms), std::nullopt}};
  for (const auto& [name, file] : index.files) files.push_back(file);
  if (container_manifest(files) != enclosure.manifest) {
    return broken_at(kManifestName, "容器", "與容器內之檔案不符");
  }
  const Bytes cms = YZ_TRY(at_link(kContainerSignatureName, "容器簽章",
                                   attached(enclosure.signature, enclosure.manifest)));
  const SignedContent signature = YZ_TRY(at_link(
      kContainerSignatureName, "容器簽章", cms_verify(cms, kManifestBytesMax + kSignatureBytesMax)));
  if (signature.signer == index_signature.signer &&
      signature.signing_time == index_signature.signing_time) {
    return {};
  }
  return broken_at(kContainerSignatureName, "容器簽章", "簽署者或時間與 index.p7m 不同");
}

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, Discard>;

[[noreturn]] void fail(zip_t* archive, const std::filesystem::path& file) {
  throw std::runtime_error("無法寫入 " + file.string() + "：" + zip_strerror(archive));
}

}  // namespace

Bytes container_manifest(std::span<const ExportFile> files) {
  std::map<std::string, Sha256> sorted;
  for (const ExportFile& file : files) sorted.emplace(file.name, file.sha256);
  std::string text = R"(<?xml version="1.0" encoding="UTF-8"?>)";
  text += "\n" + tag("asic:ASiCManifest", kNamespaces);
  text += "\n" + tag("asic:SigReference", kSignatureReference) + "\n";
  for (const auto& [name, digest] : sorted) {
    text += tag("asic:DataObjectReference", " URI=\"" + uri_of(name) + "\"") + "\n";
    text += tag("ds:DigestMethod", kDigestMethod) + "\n";
    text += tag("ds:DigestValue") + to_base64(digest.view()) + tag("/ds:DigestValue") + "\n";
    text += tag("/asic:DataObjectReference") + "\n";
  }
  return copy_of(bytes_of(text + tag("/asic:ASiCManifest") + "\n"));
}

void write_container(const std::filesystem::path& folder, std::span<const std::string> names,
                     const std::filesystem::path& file) {
  int error = 0;
  Archive archive(zip_open(file.c_str(), ZIP_CREATE | ZIP_EXCL, &error));
  if (!archive) throw std::runtime_error("無法建立 " + file.string() + "，請確認其不存在且可寫入");
  for (const std::string& name : names) {
    zip_source_t* const source = zip_source_file(archive.get(), (folder / name).c_str(), 0, -1);
    if (source == nullptr) fail(archive.get(), file);
    const zip_int64_t place =
        zip_file_add(archive.get(), name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (place < 0) {
      zip_source_free(source);
      fail(archive.get(), file);
    }
    const auto index = static_cast<zip_uint64_t>(place);
    if (zip_set_file_compression(archive.get(), index, ZIP_CM_STORE, 0) != 0) {
      fail(archive.get(), file);
    }
  }
  if (zip_close(archive.get()) != 0) fail(archive.get(), file);
  static_cast<void>(archive.release());  // closed
  const Folder parent(file.has_parent_path() ? file.parent_path() : ".");
  parent.sync_file(file.filename().string());
  parent.sync();
}

ExportReport verify_container(const std::filesystem::path& file, const ExportTrust& trust) {
  const UnpackedFolder unpacked;
  const FileHandle handle = open_for_reading(file);
  const Result<Enclosure> enclosure = open_container(handle, Folder(unpacked.path()));
  ExportReport report;
  if (!enclosure) {
    report.broken = enclosure.refusal();
    return report;
  }
  report = verify_export(unpacked.path(), trust);
  if (report.standing == ExportStanding::kBroken) return report;
  const Result<void> checked = check_enclosure(*enclosure, unpacked.path());
  if (checked) return report;
  ExportReport broken;
  broken.broken = checked.refusal();
  return broken;
}

}  // namespace yizhan
