#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <iterator>

#include "ground/archive/archive.h"
#include "ground/archive/format.h"
#include "ground/archive/member_name.h"
#include "ground/archive/reader.h"
#include "ground/archive/zip_directory.h"
#include "ground/control/control.h"

namespace yizhan {

namespace {

using SteadyClock = std::chrono::steady_clock;

Refusal limit(const char* what) {
  return {Reason::kArchiveLimits, std::string("壓縮檔") + what + "超過檢查上限。"};
}

Refusal damaged() { return {Reason::kMalformed, "壓縮檔已損毀或內容前後不符，無法完整解開。"}; }

Refusal encrypted() { return {Reason::kArchiveEncrypted, "壓縮檔已加密，無法掃描。"}; }

Refusal hidden_zip() { return {Reason::kMalformed, "檔案之後藏有另一壓縮檔，請分開附送。"}; }

// A packed tar is walked as it streams; any other packed file is the one member of its packing.
// libarchive's own guess will not do: it takes a kilobyte of zeros for an empty tar.
ArchiveFormat format_of_unpacked(const Source& source) {
  Feed feed{source};
  const Reader reader = new_reader();
  archive_entry* entry = nullptr;
  Bytes head(kFormatHeadBytes);
  if (!open_reader(reader.get(), feed, ArchiveFormat::kPacked, true) ||
      archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK) {
    return ArchiveFormat::kPacked;
  }
  const la_ssize_t got = archive_read_data(reader.get(), head.data(), head.size());
  head.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return format_of(head) == ArchiveFormat::kTar ? ArchiveFormat::kTar : ArchiveFormat::kPacked;
}

// What is left of a member once it has been unpacked and counted.
struct Unpacked {
  ArchiveFormat format = ArchiveFormat::kNone;
  Bytes head;  // the whole member when it is an archive itself
  Bytes tail;  // else its last bytes
  std::uint64_t bytes = 0;
};

// ODF encrypts member by member and says so only in its manifest, which may be UTF-16.
class ManifestReading {
 public:
  void take(ByteView fresh) {
    std::copy_if(fresh.begin(), fresh.end(), std::back_inserter(text_),
                 [](std::uint8_t c) { return c != 0; });
    encrypted_ = encrypted_ || text_.find(kMark) != std::string::npos;
    if (text_.size() > kMark.size()) text_.erase(0, text_.size() - kMark.size());
  }
  [[nodiscard]] bool encrypted() const { return encrypted_; }

 private:
  static constexpr std::string_view kMark = "encryption-data";
  std::string text_;
  bool encrypted_ = false;
};

class Walk {
 public:
  Walk(const ArchiveLimits& limits, std::uint64_t file_bytes)
      : limits_(limits), file_bytes_(file_bytes), until_(SteadyClock::now() + limits.time_max) {}

  [[nodiscard]] const ArchiveInventory& inventory() const { return inventory_; }

  Result<void> open(const Source& source, int depth) {
    ArchiveFormat format = format_of(source.read_at(0, kFormatHeadBytes));
    if (format != ArchiveFormat::kZip && ends_like_zip(source)) return hidden_zip();
    if (format == ArchiveFormat::kNone) return {};
    if (format == ArchiveFormat::kUnreadable) {
      return Refusal{Reason::kContentRefused, "不支援檢查此種壓縮檔或映像檔，請改用 ZIP。"};
    }
    std::vector<ZipEntry> entries;
    if (format == ArchiveFormat::kZip) {
      entries = YZ_TRY(read_zip_directory(source, limits_));
      if (entries.empty()) return went(depth + 1);  // libarchive takes it for no zip
    }
    const bool packed = format == ArchiveFormat::kPacked;
    if (packed) format = format_of_unpacked(source);
    Feed feed{source};
    const Reader reader = new_reader();
    if (!open_reader(reader.get(), feed, format, packed)) return damaged();
    // A stack of packers is opened in one go, and counts as what it is.
    const int here = depth + std::max(1, archive_filter_count(reader.get()) - 1);
    YZ_TRY(went(here));
    return format == ArchiveFormat::kZip ? walk_zip(reader.get(), entries, here)
                                         : walk(reader.get(), here);
  }

 private:
  Result<void> went(int depth) {
    if (!upheld("archive_depth", depth <= limits_.depth_max)) return limit("層數");
    inventory_.depth = std::max(inventory_.depth, depth);
    return {};
  }

  static Refusal failure(archive* reader) {
    return archive_read_has_encrypted_entries(reader) > 0 ? encrypted() : damaged();
  }

  // Names and sizes are the directory's: libarchive must see the same members in the same order.
  Result<void> walk_zip(archive* reader, const std::vector<ZipEntry>& entries, int depth) {
    for (const ZipEntry& known : entries) {
      archive_entry* entry = nullptr;
      const int got = archive_read_next_header(reader, &entry);
      if (got != ARCHIVE_OK && got != ARCHIVE_WARN) return failure(reader);
      const bool same = archive_entry_filetype(entry) != AE_IFREG ||
                        !archive_entry_size_is_set(entry) ||
                        static_cast<std::uint64_t>(archive_entry_size(entry)) == known.unpacked;
      if (!same) return damaged();
      manifest_.reset();
      if (known.name == "META-INF/manifest.xml") manifest_.emplace();
      YZ_TRY(take_member(reader, entry, depth, known.unpacked));
    }
    archive_entry* entry = nullptr;
    if (archive_read_next_header(reader, &entry) != ARCHIVE_EOF) return damaged();
    return {};
  }

  Result<void> walk(archive* reader, int depth) {
    while (true) {
      archive_entry* entry = nullptr;
      const int got = archive_read_next_header(reader, &entry);
      if (got == ARCHIVE_EOF) return {};
      if (got != ARCHIVE_OK && got != ARCHIVE_WARN) return failure(reader);
      if (archive_format(reader) != ARCHIVE_FORMAT_RAW) {
        const char* name = archive_entry_pathname(entry);
        YZ_TRY(check_member_name(name == nullptr ? "" : name));
      }
      std::optional<std::uint64_t> declared;
      if (archive_entry_size_is_set(entry) && archive_entry_hardlink(entry) == nullptr) {
        declared = static_cast<std::uint64_t>(archive_entry_size(entry));
      }
      YZ_TRY(take_member(reader, entry, depth, declared));
    }
  }

  Result<void> take_member(archive* reader, archive_entry* entry, int depth,
                           std::optional<std::uint64_t> declared) {
    if (++inventory_.members > limits_.members_max) return limit("內件數");
    if (archive_entry_is_encrypted(entry) != 0) return encrypted();
    const auto type = archive_entry_filetype(entry);
    if ((type != AE_IFREG && type != AE_IFDIR) || archive_entry_hardlink(entry) != nullptr) {
      return Refusal{Reason::kContentRefused, "壓縮檔內含連結或裝置檔，請移除後重新壓縮。"};
    }
    if (declared && *declared > limits_.member_bytes_max) return limit("內單一檔案宣告之大小");
    if (declared && inventory_.bytes + *declared > limits_.unpacked_bytes_max) {
      return limit("宣告之解開大小");
    }
    const Unpacked member = YZ_TRY(unpack(reader));
    if (declared && member.bytes != *declared) return damaged();
    if (member.format != ArchiveFormat::kNone) {
      YZ_TRY(open(Source(member.head), depth));
      nested_bytes_ -= member.head.size();
    } else if (find_zip_end(member.tail)) {
      return hidden_zip();
    }
    return {};
  }

  Result<Unpacked> unpack(archive* reader) {
    Unpacked member;
    Bytes block(kArchiveBlockBytes);
    bool known = false;
    while (true) {
      const la_ssize_t got = archive_read_data(reader, block.data(), block.size());
      if (got < 0) return failure(reader);
      const ByteView fresh = ByteView(block).first(static_cast<std::size_t>(got));
      member.bytes += fresh.size();
      YZ_TRY(count(fresh.size(), member.bytes));
      if (manifest_) manifest_->take(fresh);
      if (manifest_ && manifest_->encrypted()) return encrypted();
      if (!known || member.format != ArchiveFormat::kNone) append(member.head, fresh);
      if (!known && (got == 0 || member.head.size() >= kFormatHeadBytes)) {
        known = true;
        member.format = format_of(member.head);
        nested_bytes_ += member.format == ArchiveFormat::kNone ? 0 : member.head.size();
        if (member.format == ArchiveFormat::kNone) member.tail = std::move(member.head);
      } else if (known && member.format == ArchiveFormat::kNone) {
        keep_tail(member.tail, fresh);
      } else if (known) {
        nested_bytes_ += fresh.size();
      }
      if (nested_bytes_ > limits_.nested_bytes_max) return limit("內之壓縮檔大小");
      if (got == 0) return member;
    }
  }

  static void keep_tail(Bytes& tail, ByteView fresh) {
    append(tail, fresh);
    if (tail.size() > 4 * kZipTailMax) {
      tail.erase(tail.begin(), tail.end() - static_cast<std::ptrdiff_t>(kZipTailMax));
    }
  }

  Result<void> count(std::uint64_t fresh, std::uint64_t of_member) {
    inventory_.bytes += fresh;
    if (of_member > limits_.member_bytes_max) return limit("內單一檔案大小");
    if (inventory_.bytes > limits_.unpacked_bytes_max) return limit("解開大小");
    if (inventory_.bytes > ArchiveLimits::kRatioFloor &&
        inventory_.bytes / limits_.ratio_max > file_bytes_) {
      return limit("之壓縮比");
    }
    if (SteadyClock::now() > until_) return limit("檢查時間");
    return {};
  }

  const ArchiveLimits& limits_;
  std::uint64_t file_bytes_;
  SteadyClock::time_point until_;
  std::uint64_t nested_bytes_ = 0;
  std::optional<ManifestReading> manifest_;
  ArchiveInventory inventory_;
};

}  // namespace

Result<ArchiveInventory> take_inventory(int descriptor, const ArchiveLimits& limits) {
  const Utf8Locale names;
  const Source source(descriptor);
  Walk walk(limits, source.size());
  YZ_TRY(walk.open(source, 0));
  return walk.inventory();
}

}  // namespace yizhan
