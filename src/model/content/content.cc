#include "model/content/content.h"

#include <algorithm>
#include <array>

#include "model/content/file_bytes.h"
#include "model/content/pdf.h"
#include "model/content/picture.h"
#include "model/content/type.h"

namespace yizhan {

namespace {

using namespace std::literals;

Refusal wrong_type(const std::string& what) { return {Reason::kAttachmentType, what}; }

std::string lower(std::string_view text) {
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return small;
}

// After the last dot, lower case; empty when there is none.
std::string extension_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? "" : lower(name.substr(dot + 1));
}

// "letter.exe.pdf": shown without its last extension it passes for something else, and the other
// way round.
bool hides_a_program(std::string_view name) {
  constexpr std::array<std::string_view, 24> kPrograms{
      "exe", "com", "scr", "bat", "cmd", "pif", "msi", "dll", "cpl", "lnk",  "js",  "jse",
      "vbs", "vbe", "wsf", "wsh", "hta", "ps1", "jar", "sh",  "reg", "html", "htm", "svg"};
  const std::size_t dot = name.rfind('.');
  const std::string inner = extension_of(name.substr(0, dot));
  return std::find(kPrograms.begin(), kPrograms.end(), inner) != kPrograms.end();
}

bool contains(int descriptor, std::string_view bytes) {
  return look_through(descriptor, [&](std::uint64_t, std::string_view window) {
    return window.find(bytes) != std::string_view::npos;
  });
}

// A second format behind or inside the first: what one program shows, another one runs.
Result<void> check_single_format(int descriptor, const FoundType& found, ContentKind kind) {
  if (!found.zip && ends_like_zip(descriptor)) return wrong_type("檔案之後藏有壓縮檔。");
  const std::uint64_t size = file_size(descriptor);
  if (kind == ContentKind::kPdf) {
    const Bytes head = read_bytes(descriptor, 0, 5);
    const Bytes tail = read_bytes(descriptor, size - std::min<std::uint64_t>(size, 1024), 1024);
    if (text_of(head) != "%PDF-" || text_of(tail).find("%%EOF") == std::string_view::npos) {
      return wrong_type("PDF 檔之前或之後另有資料，或檔案不完整。");
    }
  }
  if (kind == ContentKind::kPicture &&
      (contains(descriptor, "Rar!\x1a\x07") || contains(descriptor, "7z\xbc\xaf\x27\x1c") ||
       contains(descriptor, "%PDF-"))) {
    return wrong_type("圖檔內藏有其他格式之檔案。");
  }
  return {};
}

Result<void> check_pixels(int descriptor, std::uint64_t pixels_max) {
  const std::optional<std::uint64_t> pixels = picture_pixels(descriptor);
  if (!pixels) return wrong_type("圖檔標頭不完整。");
  if (*pixels > pixels_max) {
    return Refusal{Reason::kContentRefused, "圖檔之像素數超過上限，請縮小後再附。"};
  }
  return {};
}

// Macros, scripts and embedded controls, by where the formats keep them.
bool has_active_member(const std::vector<ZipEntry>& entries) {
  return std::any_of(entries.begin(), entries.end(), [](const ZipEntry& entry) {
    const std::string name = lower(entry.name);
    const bool folder = name.ends_with('/');
    return (!folder && (name.starts_with("basic/") || name.starts_with("scripts/"))) ||
           name.ends_with("vbaproject.bin") || name.find("/activex/") != std::string::npos ||
           name.find("/embeddings/oleobject") != std::string::npos;
  });
}

bool has_active_content(int descriptor, const FoundType& found, ContentKind kind) {
  switch (kind) {
    case ContentKind::kPdf:
      return has_active_pdf_content(descriptor);
    case ContentKind::kOdf:
    case ContentKind::kOffice:
      return has_active_member(found.entries);
    case ContentKind::kOldOffice:  // the storage of macros, by its name in UTF-16
      return contains(descriptor, "_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0"sv);
    case ContentKind::kText:
    case ContentKind::kPicture:
    case ContentKind::kArchive:
    case ContentKind::kMarkup:
      return false;
  }
  return false;
}

}  // namespace

std::set<std::string> ContentPolicy::default_extensions() {
  std::set<std::string> all;
  for (const ContentType& type : known_content_types()) all.emplace(type.extension);
  return all;
}

bool is_preferred_name(std::string_view name) {
  const ContentType* type = find_known_type(extension_of(name));
  return type != nullptr && type->preferred;
}

Result<ContentFacts> inspect_content(std::string_view name, int descriptor,
                                     const ContentPolicy& policy, std::string_view read_as) {
  const std::string extension = extension_of(name);
  const ContentType* type = find_known_type(extension);
  if (type == nullptr || !policy.extensions.contains(extension)) {
    return wrong_type("不接受此副檔名；請改用 ODF 或 PDF。");
  }
  if (hides_a_program(name)) return wrong_type("檔名含程式之副檔名，請重新命名。");
  const FoundType found = read_as.empty() ? YZ_TRY(find_type(descriptor, policy.archive))
                                          : FoundType{.mime = std::string(read_as)};
  if (!may_be(*type, found.mime)) {
    return wrong_type("副檔名 ." + extension + " 與內容（" + found.mime + "）不符。");
  }
  YZ_TRY(check_single_format(descriptor, found, type->kind));
  if (type->kind == ContentKind::kPicture) YZ_TRY(check_pixels(descriptor, policy.pixels_max));
  ContentFacts facts;
  facts.kind = type->kind;
  facts.mime = found.mime;
  facts.extension = extension;
  facts.preferred = type->preferred;
  facts.active_content = has_active_content(descriptor, found, type->kind);
  facts.is_archive = found.zip || type->kind == ContentKind::kArchive;
  return facts;
}

Result<ContentFacts> judge_part(std::string_view name, int descriptor,
                                const ContentPolicy& policy, std::string_view read_as) {
  YZ_TRY(check_part_name(name));
  ContentFacts facts = YZ_TRY(inspect_content(name, descriptor, policy, read_as));
  if (facts.is_archive) facts.inventory = YZ_TRY(take_inventory(descriptor, policy.archive));
  return facts;
}

}  // namespace yizhan
