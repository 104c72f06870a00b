#include "ground/archive/zip_directory.h"

#include <string.h>

#include <algorithm>
#include <set>

#include "ground/archive/member_name.h"

// APPNOTE.TXT 6.3.10. Everything that two readers could read differently is refused.

namespace yizhan {

namespace {

constexpr std::uint32_t kLocalSignature = 0x04034b50;
constexpr std::uint32_t kCentralSignature = 0x02014b50;
constexpr std::uint32_t kEndSignature = 0x06054b50;
constexpr std::uint32_t kEnd64Signature = 0x06064b50;
constexpr std::uint32_t kLocator64Signature = 0x07064b50;
constexpr std::uint32_t kDescriptorSignature = 0x08074b50;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kLocatorBytes = 20;
constexpr std::uint64_t kIn64 = 0xffffffff;  // "see the ZIP64 record"
constexpr std::uint64_t kDirectoryBytesMax = 16ULL << 20;
constexpr std::uint16_t kEncryptedFlags = 0x0041;  // bits 0 and 6
constexpr std::uint16_t kDescriptorFlag = 0x0008;
constexpr std::uint16_t kAesMethod = 99;

Refusal malformed(const char* what) {
  return {Reason::kMalformed, std::string("壓縮檔結構有誤（") + what + "），請重新壓縮。"};
}

// Little-endian numbers one after the other; reading past the end yields zeros and spoils it.
class Fields {
 public:
  explicit Fields(ByteView bytes) : rest_(bytes) {}
  std::uint64_t number(std::size_t octets) {
    const ByteView taken = take(octets);
    std::uint64_t value = 0;
    for (std::size_t i = taken.size(); i > 0; --i) value = value << 8 | taken[i - 1];
    return value;
  }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  ByteView take(std::size_t count) {
    spoilt_ = spoilt_ || count > rest_.size();
    const ByteView taken = rest_.first(spoilt_ ? 0 : count);
    rest_ = spoilt_ ? ByteView{} : rest_.subspan(count);
    return taken;
  }
  [[nodiscard]] bool spoilt() const { return spoilt_; }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }

 private:
  ByteView rest_;
  bool spoilt_ = false;
};

struct Directory {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint64_t entries = 0;
  std::uint64_t end = 0;  // where the record after it begins
};

Result<Directory> find_directory64(const Source& source, std::uint64_t end_place) {
  if (end_place < kLocatorBytes) return malformed("缺 ZIP64 紀錄");
  const Bytes locator = source.read_at(end_place - kLocatorBytes, kLocatorBytes);
  Fields where(locator);
  if (where.u32() != kLocator64Signature) return malformed("缺 ZIP64 紀錄");
  where.u32();
  const std::uint64_t place = where.number(8);
  const Bytes record = source.read_at(place, 56);
  Fields fields(record);
  if (fields.u32() != kEnd64Signature) return malformed("缺 ZIP64 紀錄");
  const std::uint64_t record_rest = fields.number(8);
  fields.take(2 + 2 + 4 + 4);  // versions, disks
  const std::uint64_t here = fields.number(8);
  Directory directory{.entries = fields.number(8), .end = place};
  directory.size = fields.number(8);
  directory.offset = fields.number(8);
  if (fields.spoilt() || here != directory.entries || record_rest != 44 ||
      place + 56 != end_place - kLocatorBytes) {
    return malformed("ZIP64 紀錄");
  }
  return directory;
}

Result<Directory> find_directory(const Source& source) {
  const std::size_t tail_bytes =
      static_cast<std::size_t>(std::min<std::uint64_t>(source.size(), kZipTailMax));
  const Bytes tail = source.read_at(source.size() - tail_bytes, tail_bytes);
  const std::optional<std::size_t> found = find_zip_end(tail);
  if (!found) return malformed("缺結尾紀錄，或其後另有資料");
  const std::uint64_t end_place = source.size() - tail_bytes + *found;
  Fields fields(ByteView(tail).subspan(*found));
  fields.u32();
  const std::uint32_t disks = fields.u32();
  const std::uint16_t here = fields.u16();
  Directory directory{.entries = fields.u16(), .end = end_place};
  directory.size = fields.u32();
  directory.offset = fields.u32();
  if (disks != 0 || here != directory.entries) return malformed("分割壓縮檔");
  if (directory.entries == 0xffff || directory.size == kIn64 || directory.offset == kIn64) {
    directory = YZ_TRY(find_directory64(source, end_place));
  }
  if (directory.offset > directory.end || directory.size != directory.end - directory.offset) {
    return malformed("目錄位置不符");
  }
  return directory;
}

// ZIP64 extra field: only the sizes that do not fit, in this order. False if a field is longer than
// its place.
bool read_extra64(ByteView extra, ZipEntry& entry) {
  Fields fields(extra);
  while (fields.left() >= 4) {
    const std::uint16_t id = fields.u16();
    Fields content(fields.take(fields.u16()));
    if (id != 1) continue;
    for (std::uint64_t* value : {&entry.unpacked, &entry.packed, &entry.offset}) {
      if (*value == kIn64 && content.left() >= 8) *value = content.number(8);
    }
  }
  return !fields.spoilt();
}

struct CentralEntry {
  ZipEntry entry;
  std::uint16_t flags = 0;
};

Result<CentralEntry> read_central(Fields& fields) {
  CentralEntry central;
  const bool signed_right = fields.u32() == kCentralSignature;
  fields.u32();  // versions
  central.flags = fields.u16();
  central.entry.method = fields.u16();
  fields.take(4 + 4);  // time, checksum
  central.entry.packed = fields.u32();
  central.entry.unpacked = fields.u32();
  const std::uint16_t name_bytes = fields.u16();
  const std::uint16_t extra_bytes = fields.u16();
  const std::uint16_t comment_bytes = fields.u16();
  fields.take(2 + 2 + 4);  // disk, attributes
  central.entry.offset = fields.u32();
  central.entry.name = text_of(fields.take(name_bytes));
  const bool extra_fits = read_extra64(fields.take(extra_bytes), central.entry);
  fields.take(comment_bytes);
  if (!signed_right || !extra_fits || fields.spoilt()) return malformed("目錄");
  return central;
}

// The member's own header must say the same; fills in where its bytes begin.
Result<void> compare_local(const Source& source, CentralEntry& central) {
  ZipEntry& entry = central.entry;
  const Bytes header = source.read_at(entry.offset, 30);
  Fields fields(header);
  const bool signed_right = fields.u32() == kLocalSignature;
  fields.u16();
  const std::uint16_t flags = fields.u16();
  const std::uint16_t method = fields.u16();
  fields.take(4 + 4);
  const std::uint64_t packed = fields.u32();
  const std::uint64_t unpacked = fields.u32();
  const std::uint16_t name_bytes = fields.u16();
  const std::uint16_t extra_bytes = fields.u16();
  const Bytes name = source.read_at(entry.offset + 30, name_bytes);
  if (!signed_right || fields.spoilt() || text_of(name) != entry.name) {
    return malformed("目錄與成員檔名不符");
  }
  // Sizes unknown when the header was written follow the data; large ones stand in ZIP64 fields.
  const bool later = (flags & kDescriptorFlag) != 0;
  const auto agrees = [&](std::uint64_t said, std::uint64_t known) {
    return said == known || said == kIn64 || (later && said == 0);
  };
  if ((flags & (kEncryptedFlags | kDescriptorFlag)) !=
          (central.flags & (kEncryptedFlags | kDescriptorFlag)) ||
      method != entry.method || !agrees(packed, entry.packed) ||
      !agrees(unpacked, entry.unpacked)) {
    return malformed("目錄與成員標頭不符");
  }
  entry.data_offset = entry.offset + 30 + name_bytes + extra_bytes;
  return {};
}

Result<void> check_entry(const CentralEntry& central, const ArchiveLimits& limits) {
  const ZipEntry& entry = central.entry;
  if ((central.flags & kEncryptedFlags) != 0 || entry.method == kAesMethod) {
    return Refusal{Reason::kArchiveEncrypted,
                   "壓縮檔內「" + shown_member(entry.name) + "」已加密，無法掃描。"};
  }
  YZ_TRY(check_member_name(entry.name));
  if (entry.unpacked > limits.member_bytes_max) {
    return Refusal{Reason::kArchiveLimits,
                   "壓縮檔內「" + shown_member(entry.name) + "」宣告之大小超過上限。"};
  }
  const std::set<std::uint16_t> known{0, 8, 12, 14, 95};  // stored, deflate, bzip2, LZMA, xz
  if (!known.contains(entry.method)) {
    return Refusal{Reason::kContentRefused, "壓縮檔內「" + shown_member(entry.name) +
                                                "」之壓縮方式不支援，請改用一般 ZIP。"};
  }
  if (entry.method == 0 && entry.packed != entry.unpacked) return malformed("未壓縮成員長度不符");
  return {};
}

// From the first byte to the directory the members lie one after the other: nothing before,
// nothing between but the record that follows streamed data, nothing twice.
Result<void> check_ranges(const Source& source, const std::vector<CentralEntry>& sorted,
                          std::uint64_t directory_offset) {
  std::uint64_t place = 0;
  for (const CentralEntry& central : sorted) {
    const ZipEntry& entry = central.entry;
    if (entry.offset < place) return malformed("成員範圍重疊");
    if (entry.offset > place) return malformed("成員之間或之前藏有資料");
    if (entry.packed > directory_offset || entry.data_offset > directory_offset - entry.packed) {
      return malformed("成員超出範圍");
    }
    place = entry.data_offset + entry.packed;
    if ((central.flags & kDescriptorFlag) == 0) continue;
    const Bytes after = source.read_at(place, 4);
    const bool named = after.size() == 4 && Fields(after).u32() == kDescriptorSignature;
    const std::size_t short_form = named ? 16 : 12;
    const std::size_t long_form = short_form + 8;  // ZIP64
    const Bytes rest = source.read_at(place + short_form, 4);
    const std::uint32_t next = Fields(rest).u32();
    const bool ends_here = next == kLocalSignature || next == kCentralSignature;
    place += ends_here ? short_form : long_form;
  }
  if (place != directory_offset) return malformed("目錄之前藏有資料");
  return {};
}

Result<void> check_declared_sum(const std::vector<CentralEntry>& all, std::uint64_t file_bytes,
                                const ArchiveLimits& limits) {
  std::uint64_t sum = 0;
  for (const CentralEntry& central : all) {
    sum += central.entry.unpacked;  // each at most member_bytes_max, at most members_max of them
    const bool too_dense = sum > ArchiveLimits::kRatioFloor && sum / limits.ratio_max > file_bytes;
    if (sum > limits.unpacked_bytes_max || too_dense) {
      return Refusal{Reason::kArchiveLimits, "壓縮檔宣告之解開大小或壓縮比超過上限。"};
    }
  }
  return {};
}

}  // namespace

std::optional<std::size_t> find_zip_end(ByteView tail) {
  if (tail.size() < kEndBytes) return std::nullopt;
  for (std::size_t left = tail.size() - kEndBytes + 1; left > 0;) {
    const void* const found = ::memrchr(tail.data(), 'P', left);  // how the signature begins
    if (found == nullptr) return std::nullopt;
    const auto place = static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) -
                                                tail.data());
    left = place;
    Fields fields(tail.subspan(place));
    if (fields.u32() != kEndSignature) continue;
    fields.take(16);
    if (fields.u16() == tail.size() - place - kEndBytes) return place;
  }
  return std::nullopt;
}

bool ends_like_zip(const Source& source) {
  const std::uint64_t tail = std::min<std::uint64_t>(source.size(), kZipTailMax);
  return find_zip_end(source.read_at(source.size() - tail, static_cast<std::size_t>(tail)))
      .has_value();
}

Result<std::vector<ZipEntry>> read_zip_directory(const Source& source,
                                                 const ArchiveLimits& limits) {
  const Directory directory = YZ_TRY(find_directory(source));
  if (directory.entries > limits.members_max || directory.size > kDirectoryBytesMax) {
    return Refusal{Reason::kArchiveLimits, "壓縮檔內件數超過上限。"};
  }
  const Bytes bytes = source.read_at(directory.offset, static_cast<std::size_t>(directory.size));
  Fields fields(bytes);
  std::vector<CentralEntry> all;
  std::set<std::string> names;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    CentralEntry central = YZ_TRY(read_central(fields));
    YZ_TRY(check_entry(central, limits));
    YZ_TRY(compare_local(source, central));
    if (!names.insert(central.entry.name).second) return malformed("檔名重複");
    all.push_back(std::move(central));
  }
  if (fields.left() != 0) return malformed("目錄件數不符");
  std::sort(all.begin(), all.end(), [](const CentralEntry& a, const CentralEntry& b) {
    return a.entry.offset < b.entry.offset;
  });
  YZ_TRY(check_ranges(source, all, directory.offset));
  YZ_TRY(check_declared_sum(all, source.size(), limits));
  std::vector<ZipEntry> entries;
  for (CentralEntry& central : all) entries.push_back(std::move(central.entry));
  return entries;
}

Result<std::vector<ZipEntry>> read_zip_directory(int descriptor, const ArchiveLimits& limits) {
  return read_zip_directory(Source(descriptor), limits);
}

bool ends_like_zip(int descriptor) { return ends_like_zip(Source(descriptor)); }

}  // namespace yizhan
