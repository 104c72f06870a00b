#include "model/content/type.h"

#include <magic.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <new>
#include <stdexcept>

#include "model/content/file_bytes.h"

namespace yizhan {

namespace {

// What a file is shows at its beginning: of what may be a text as far as those look that guess by
// themselves (WHATWG MIME Sniffing, 5.2: 1445 bytes). That it stays one is looked for further on.
constexpr std::size_t kHeadBytes = 4U << 10;
constexpr std::size_t kTextHeadBytes = 1445;
constexpr std::size_t kTextBytes = 256U << 10;
constexpr std::string_view kUnknown = "application/octet-stream";

constexpr std::string_view kPlain =
    "text/plain text/csv application/csv application/json message/rfc822 text/x-c text/x-c++ "
    "text/x-diff application/x-empty";
constexpr std::string_view kXml = "text/xml application/xml text/plain";
// Of what most documents are made.
constexpr std::string_view kWarmText =
    "主旨：檢送會議紀錄 1 份，請查照。\n說明：\n一、依據 115 年 1 月 2 日函辦理。\n"
    "name,number\r\nalpha (beta), 12.5; \"gamma\" = {delta} <eta> #theta $iota [1] %x @y\n"
    "The quick brown fox jumps over 13 lazy dogs: see https://example.org/a?b=c&d\n";
constexpr std::string_view kWarmXml =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!DOCTYPE 函 SYSTEM \"104_2_utf8.dtd\">\n"
    "<函><發文機關><全銜>機關</全銜></發文機關><主旨><文字>請查照。</文字></主旨></函>\n";
constexpr std::string_view kOleAny =
    " application/x-ole-storage application/CDFV2 application/vnd.ms-office";

struct KnownType {
  ContentType type;
  std::string_view mimes;       // as libmagic or our own reading of a zip calls it
  std::string_view more_mimes;  // likewise
};

using enum ContentKind;

// ODF and PDF first: what agencies are to prefer.
constexpr std::array kKnown{
    KnownType{{"odt", kOdf, true}, "application/vnd.oasis.opendocument.text", ""},
    KnownType{{"ods", kOdf, true}, "application/vnd.oasis.opendocument.spreadsheet", ""},
    KnownType{{"odp", kOdf, true}, "application/vnd.oasis.opendocument.presentation", ""},
    KnownType{{"odg", kOdf, true}, "application/vnd.oasis.opendocument.graphics", ""},
    KnownType{{"pdf", kPdf, true}, "application/pdf", ""},
    KnownType{{"txt", kText, false}, kPlain, ""},
    KnownType{{"csv", kText, false}, kPlain, ""},
    KnownType{{"json", kText, false}, kPlain, ""},
    KnownType{{"png", kPicture, false}, "image/png", ""},
    KnownType{{"jpg", kPicture, false}, "image/jpeg", ""},
    KnownType{{"jpeg", kPicture, false}, "image/jpeg", ""},
    KnownType{{"tif", kPicture, false}, "image/tiff", ""},
    KnownType{{"tiff", kPicture, false}, "image/tiff", ""},
    KnownType{{"gif", kPicture, false}, "image/gif", ""},
    KnownType{{"zip", kArchive, false}, "application/zip", ""},
    KnownType{{"7z", kArchive, false}, "application/x-7z-compressed", ""},
    KnownType{{"docx", kOffice, false},
              "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
              ""},
    KnownType{{"xlsx", kOffice, false},
              "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
              ""},
    KnownType{{"pptx", kOffice, false},
              "application/vnd.openxmlformats-officedocument.presentationml.presentation",
              ""},
    KnownType{{"doc", kOldOffice, false}, "application/msword", kOleAny},
    KnownType{{"xls", kOldOffice, false}, "application/vnd.ms-excel", kOleAny},
    KnownType{{"ppt", kOldOffice, false}, "application/vnd.ms-powerpoint", kOleAny},
    KnownType{{"xml", kMarkup, false}, kXml, ""},
    KnownType{{"di", kMarkup, false}, kXml, ""},
    KnownType{{"sw", kMarkup, false}, kXml, ""},
    KnownType{{"dm", kMarkup, false}, kXml, ""},
};

constexpr auto kTypes = [] {
  std::array<ContentType, kKnown.size()> types{};
  for (std::size_t i = 0; i < types.size(); ++i) types[i] = kKnown[i].type;
  return types;
}();

bool is_listed(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t end = words.find(' ');
    if (words.substr(0, end) == word) return true;
    words.remove_prefix(end == std::string_view::npos ? words.size() : end + 1);
  }
  return false;
}

// The database is read once, before a child is confined; a cookie is not for two threads.
magic_t cookie() {
  using Cookie = std::unique_ptr<magic_set, decltype(&magic_close)>;
  thread_local const Cookie loaded = [] {
    Cookie fresh(magic_open(MAGIC_MIME_TYPE), &magic_close);
    if (!fresh || magic_load(fresh.get(), nullptr) != 0) {
      throw std::runtime_error("libmagic has no database");
    }
    return fresh;
  }();
  return loaded.get();
}

// libmagic needs a few bytes to call something text.
std::string magic_mime(ByteView head) {
  const char* mime = magic_buffer(cookie(), head.data(), head.size());
  if (mime == nullptr && magic_errno(cookie()) == ENOMEM) throw std::bad_alloc();
  if (mime == nullptr) return std::string(kUnknown);  // half a UTF-32 text, for one
  const bool visible = std::all_of(head.begin(), head.end(), [](std::uint8_t c) {
    return (c >= ' ' && c < 0x7f) || c == '\n' || c == '\r' || c == '\t';
  });
  return mime == kUnknown && visible ? "text/plain" : mime;
}

// What stands in no text of any encoding but UTF-16 and UTF-32; so libmagic has it.
bool is_binary(ByteView bytes) {
  constexpr std::size_t kBlock = 256;  // looked at as a whole, which is quicker than one by one
  while (!bytes.empty()) {
    const ByteView block = bytes.first(std::min(bytes.size(), kBlock));
    unsigned found = 0;
    for (const std::uint8_t c : block) {
      const unsigned control =
          unsigned(c > 0x0d) & unsigned(c < 0x20) & unsigned(c != 0x1b);
      found |= unsigned(c < 0x07) | control | unsigned(c == 0x7f);
    }
    if (found != 0) return true;
    bytes = bytes.subspan(block.size());
  }
  return false;
}

// By its head; a text that is something else further on is no text.
std::string mime_of(ByteView bytes) {
  const ByteView head = bytes.first(std::min(bytes.size(), kHeadBytes));
  const bool visible = !is_binary(head);
  std::string mime = magic_mime(visible ? head.first(std::min(head.size(), kTextHeadBytes)) : head);
  const bool text = is_listed(kPlain, mime) || is_listed(kXml, mime);
  const bool changes = text && visible && is_binary(bytes.subspan(head.size()));
  return changes ? std::string(kUnknown) : mime;
}

bool has_entry(const std::vector<ZipEntry>& entries, std::string_view name) {
  return std::any_of(entries.begin(), entries.end(),
                     [&](const ZipEntry& entry) { return entry.name == name; });
}

// ODF Part 2, 3.3: "mimetype" comes first, stored, without extra fields.
std::string odf_mime(int descriptor, const std::vector<ZipEntry>& entries) {
  if (entries.empty()) return {};
  const ZipEntry& first = entries.front();
  constexpr std::size_t kHeaderBytes = 30 + 8;
  const bool right = first.name == "mimetype" && first.method == 0 && first.packed <= 100 &&
                     first.data_offset == kHeaderBytes;
  if (!right) return {};
  const Bytes mime = read_bytes(descriptor, kHeaderBytes, static_cast<std::size_t>(first.packed));
  return std::string(text_of(mime));
}

std::string zip_mime(int descriptor, const std::vector<ZipEntry>& entries) {
  const std::string odf = odf_mime(descriptor, entries);
  if (odf.starts_with("application/vnd.oasis.opendocument.")) return odf;
  if (has_entry(entries, "[Content_Types].xml")) {
    const std::string office = "application/vnd.openxmlformats-officedocument.";
    const bool word = has_entry(entries, "word/document.xml");
    const bool sheet = has_entry(entries, "xl/workbook.xml");
    const bool slides = has_entry(entries, "ppt/presentation.xml");
    if (word && !sheet && !slides) return office + "wordprocessingml.document";
    if (sheet && !word && !slides) return office + "spreadsheetml.sheet";
    if (slides && !word && !sheet) return office + "presentationml.presentation";
    return "application/vnd.openxmlformats-package";
  }
  if (has_entry(entries, "META-INF/MANIFEST.MF")) return "application/java-archive";
  if (has_entry(entries, "mimetype")) return "application/vnd.unknown-package";
  return "application/zip";
}

}  // namespace

std::span<const ContentType> known_content_types() { return kTypes; }

const ContentType* find_known_type(std::string_view extension) {
  const auto found = std::find_if(kTypes.begin(), kTypes.end(), [&](const ContentType& type) {
    return type.extension == extension;
  });
  return found == kTypes.end() ? nullptr : &*found;
}

bool may_be(const ContentType& type, std::string_view mime) {
  const auto known = std::find_if(kKnown.begin(), kKnown.end(), [&](const KnownType& candidate) {
    return candidate.type.extension == type.extension;
  });
  return known != kKnown.end() &&
         (is_listed(known->mimes, mime) || is_listed(known->more_mimes, mime));
}

Result<FoundType> find_type(int descriptor, const ArchiveLimits& limits) {
  FoundType found;
  const Bytes bytes = read_bytes(descriptor, 0, kTextBytes);
  const std::string_view text = text_of(bytes);
  found.zip = text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06");
  if (!found.zip) {
    found.mime = mime_of(bytes);
    return found;
  }
  found.entries = YZ_TRY(read_zip_directory(descriptor, limits));
  found.mime = zip_mime(descriptor, found.entries);
  return found;
}

// Its expressions are compiled when text first comes to them, and kept.
void warm_magic() {
  for (const std::string_view sample : {kWarmText, kWarmXml}) magic_mime(bytes_of(sample));
}

}  // namespace yizhan
