#include "model/export/verify_files.h"

#include <algorithm>

#include "ground/files/files.h"
#include "ground/json/json.h"

namespace yizhan {

namespace {

constexpr std::size_t kIndexBytesMax = 16U << 20;
constexpr std::size_t kSignatureBytesMax = kIndexBytesMax + (64U << 10);
constexpr std::size_t kFileBytesMax = 512U << 20;  // of what is held in memory: all but parts
constexpr std::size_t kPieceBytes = 1U << 20;
constexpr std::string_view kIndexName = "index.json";
constexpr std::string_view kSignatureName = "index.p7m";

Refusal malformed(std::string what) { return {Reason::kMalformed, std::move(what)}; }

bool is_plain(std::string_view component) {
  return std::all_of(component.begin(), component.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-';
  });
}

// A relative path that means the same on every system.
bool is_name(std::string_view name) {
  const bool is_part = name.starts_with("parts/");
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view component = name.substr(begin, end - begin);
    const bool is_last = end == name.size();
    if (component.empty() || component == "." || component == "..") return false;
    if (!is_plain(component) && !(is_part && is_last && check_part_name(component))) return false;
    begin = end + 1;
  }
  return name != kIndexName && name != kSignatureName;
}

// What somebody put there is named where its name is harmless on a screen; if not, its folder is.
std::string shown_path(const std::string& name) {
  if (is_name(name)) return name;
  const std::string folder = name.substr(0, name.rfind('/') + 1);
  const bool is_known = !folder.empty() && is_name(folder.substr(0, folder.size() - 1));
  return (is_known ? folder : "") + shown_name(name.substr(folder.size()));
}

Result<std::map<std::string, ExportFile>> parse_files(const Json& items) {
  std::map<std::string, ExportFile> files;
  std::string last;
  for (const Json& item : items) {
    Members m(item, "files");
    const std::string name = m.text("name");
    const std::int64_t size = m.integer("size", {.min = 0});
    const Sha256 digest = m.sha256("sha256");
    YZ_TRY(m.check());
    if (!is_name(name)) return malformed("檔名不合規定：" + shown_name(name));
    if (name <= last) return malformed("檔名未依序排列或重複：" + shown_name(name));
    files.emplace(name, ExportFile{name, static_cast<std::uint64_t>(size), digest, std::nullopt});
    last = name;
  }
  return files;
}

Result<std::vector<MessageKey>> parse_packages(const Json& items) {
  std::vector<MessageKey> packages;
  for (const Json& item : items) {
    Members m(item, "packages");
    const std::int64_t number = m.integer("number", {.min = 1});
    const auto sender = m.parsed<OrgCode>("sender", OrgCode::parse);
    const auto message = m.parsed<MessageId>("message_id", MessageId::parse);
    YZ_TRY(m.check());
    packages.push_back({*sender, *message});
    if (static_cast<std::size_t>(number) != packages.size()) return malformed("封裝序號不連續");
  }
  if (packages.empty()) return malformed("沒有封裝");
  return packages;
}

Result<Bytes> read_index_file(const std::filesystem::path& folder, std::string_view name,
                              std::size_t bytes_max) {
  const std::filesystem::path file = folder / name;
  if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(file))) {
    return broken_at(name, "檔案清單", "沒有此檔，或不是一般檔案");
  }
  if (std::filesystem::file_size(file) > bytes_max) {
    return broken_at(name, "檔案清單", "檔案過大");
  }
  return read_file(file, bytes_max);
}

Result<SignedContent> read_index(const std::filesystem::path& folder) {
  const Bytes json = YZ_TRY(read_index_file(folder, kIndexName, kIndexBytesMax));
  const Bytes cms = YZ_TRY(read_index_file(folder, kSignatureName, kSignatureBytesMax));
  SignedContent signature =
      YZ_TRY(at_link(kSignatureName, "清單簽章", cms_verify(cms, kSignatureBytesMax)));
  if (signature.content != json) {
    return broken_at(kIndexName, "清單簽章", "內容與 index.p7m 所簽者不同");
  }
  return signature;
}

// Hashed as it is read; kept unless it is a part.
Result<Bytes> read_checked(const FileHandle& file, const ExportFile& listed, bool keep) {
  if (file.size() != listed.size) {
    return broken_at(
        listed.name, "檔案清單",
        "大小為 " + std::to_string(file.size()) + "，清單載為 " + std::to_string(listed.size));
  }
  if (keep && listed.size > kFileBytesMax) {
    return broken_at(listed.name, "檔案清單", "檔案過大");
  }
  Sha256Stream digest;
  Bytes kept;
  for (std::uint64_t offset = 0; offset < listed.size;) {
    const Bytes piece = file.read_at(offset, kPieceBytes);
    if (piece.empty()) break;
    digest.update(piece);
    if (keep) append(kept, piece);
    offset += piece.size();
  }
  if (digest.finish() != listed.sha256) {
    return broken_at(listed.name, "檔案清單", "SHA-256 與清單不符，檔案已遭變更");
  }
  return kept;
}

std::set<std::string> folders_of(const ExportIndex& index) {
  std::set<std::string> folders;
  for (const auto& [name, file] : index.files) {
    for (auto end = name.find('/'); end != std::string::npos; end = name.find('/', end + 1)) {
      folders.insert(name.substr(0, end));
    }
  }
  return folders;
}

}  // namespace

Refusal broken_at(std::string_view file, std::string_view link, const Refusal& why) {
  const ReasonText& text = describe(why.reason);
  std::string detail(file);
  detail.append("（").append(link).append("）：").append(text.title);
  if (!why.detail.empty()) detail.append("：").append(why.detail);
  return {why.reason, std::move(detail)};
}

Refusal broken_at(std::string_view file, std::string_view link, std::string_view what) {
  std::string detail(file);
  return {Reason::kExportBroken, detail.append("（").append(link).append("）：").append(what)};
}

std::string two_digits(std::size_t number) {
  const std::string text = std::to_string(number);
  return text.size() < 2 ? "0" + text : text;
}

Result<ExportIndex> ExportIndex::parse(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kIndexBytesMax, .depth_max = 4}));
  Members m(json, "index");
  const std::string format = m.text("format");
  const auto exporter = m.parsed<OrgCode>("exporter", OrgCode::parse);
  const auto role = m.parsed<ExportRole>("role", find_export_role);
  const auto document = m.parsed<DocumentId>("document_id", DocumentId::parse);
  const Time time = m.time("time");
  const std::int64_t version = m.integer("directory_version", {.min = 0});
  const std::int64_t unproven = m.integer("unproven", {.min = 0});
  const Json& packages = m.array("packages");
  const Json& files = m.array("files");
  if (format != "yizhan-export-1") return Refusal{Reason::kUnknownFormat, shown_name(format)};
  YZ_TRY(m.check());
  if (!std::ranges::equal(canonical_json(json), bytes)) return malformed("不是 RFC 8785 形式");
  auto listed_packages = YZ_TRY(parse_packages(packages));
  auto listed_files = YZ_TRY(parse_files(files));
  return ExportIndex{*exporter, *role,    *document,
                     time,      version,  std::move(listed_packages),
                     unproven,  std::move(listed_files)};
}

Result<ExportFiles> ExportFiles::read(const std::filesystem::path& folder) {
  SignedContent signature = YZ_TRY(read_index(folder));
  ExportIndex index =
      YZ_TRY(at_link(kIndexName, "檔案清單", ExportIndex::parse(signature.content)));
  ExportFiles files(std::move(index), std::move(signature));
  YZ_TRY(files.check_nothing_else(folder));
  YZ_TRY(files.read_listed(folder));
  return files;
}

Result<void> ExportFiles::check_nothing_else(const std::filesystem::path& folder) const {
  const std::set<std::string> folders = folders_of(index_);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    const std::filesystem::file_status status = entry.symlink_status();
    const bool is_index = name == kIndexName || name == kSignatureName;
    if (std::filesystem::is_directory(status) && folders.contains(name)) continue;
    if (std::filesystem::is_regular_file(status) && (is_index || index_.files.contains(name))) {
      continue;
    }
    const bool is_odd =
        !std::filesystem::is_directory(status) && !std::filesystem::is_regular_file(status);
    return broken_at(shown_path(name), "檔案清單",
                     is_odd ? "是連結或特殊檔案，不得存在" : "清單未列，不得存在");
  }
  return {};
}

Result<void> ExportFiles::read_listed(const std::filesystem::path& path) {
  const Folder folder(path);
  for (const auto& [name, listed] : index_.files) {
    const auto file = folder.find(name);
    if (!file) return broken_at(name, "檔案清單", "清單所列之檔案不存在");
    const bool is_part = name.starts_with("parts/");
    Bytes kept = YZ_TRY(read_checked(*file, listed, !is_part));
    if (is_part) {
      parts_.emplace(listed.sha256, name);
    } else {
      bytes_.emplace(name, std::move(kept));
    }
  }
  return {};
}

Result<ByteView> ExportFiles::require(const std::string& name) {
  const Bytes* bytes = find(name);
  if (bytes == nullptr) return broken_at(name, "檔案清單", "缺少必要之檔案");
  return ByteView(*bytes);
}

const Bytes* ExportFiles::find(const std::string& name) {
  const auto found = bytes_.find(name);
  if (found == bytes_.end()) return nullptr;
  used_.insert(name);
  return &found->second;
}

bool ExportFiles::find_part(const Part& part) {
  const auto [first, last] = parts_.equal_range(part.sha256);
  const auto found = std::find_if(first, last, [&](const auto& listed) {
    // parts/PP/NAME
    const std::size_t slash = listed.second.find('/', std::string_view("parts/").size());
    return slash != std::string::npos && listed.second.substr(slash + 1) == part.name &&
           index_.files.at(listed.second).size == part.length;
  });
  if (found == last) return false;
  used_.insert(found->second);
  return true;
}

std::vector<std::string> ExportFiles::names_in(const std::string& folder) const {
  std::vector<std::string> names;
  for (auto i = index_.files.lower_bound(folder); i != index_.files.end(); ++i) {
    if (!i->first.starts_with(folder)) break;
    names.push_back(i->first);
  }
  return names;
}

Result<void> ExportFiles::check_all_used() const {
  for (const auto& [name, file] : index_.files) {
    if (!used_.contains(name)) return broken_at(name, "檔案清單", "沒有任何封裝使用此檔");
  }
  return {};
}

}  // namespace yizhan
