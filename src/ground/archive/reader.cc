#include "ground/archive/reader.h"

#include <iconv.h>
#include <langinfo.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "ground/archive/archive.h"

namespace yizhan {

namespace {

locale_t utf8_locale() {
  static const locale_t loaded = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (loaded == nullptr) throw std::system_error(errno, std::generic_category(), "C.UTF-8");
  return loaded;
}

la_ssize_t read_block(archive*, void* self, const void** block) {
  Feed& feed = *static_cast<Feed*>(self);
  const std::size_t got = feed.source.read_at(feed.place, std::span(feed.block));
  feed.place += got;
  *block = feed.block.data();
  return static_cast<la_ssize_t>(got);
}

la_int64_t skip_bytes(archive*, void* self, la_int64_t count) {
  Feed& feed = *static_cast<Feed*>(self);
  const auto left = static_cast<la_int64_t>(feed.source.size() - feed.place);
  const la_int64_t skipped = std::min(count, left);
  feed.place += static_cast<std::uint64_t>(skipped);
  return skipped;
}

la_int64_t seek_place(archive*, void* self, la_int64_t offset, int whence) {
  Feed& feed = *static_cast<Feed*>(self);
  const la_int64_t from = whence == SEEK_SET   ? 0
                          : whence == SEEK_CUR ? static_cast<la_int64_t>(feed.place)
                                               : static_cast<la_int64_t>(feed.source.size());
  const la_int64_t place = from + offset;
  if (place < 0 || place > static_cast<la_int64_t>(feed.source.size())) return ARCHIVE_FATAL;
  feed.place = static_cast<std::uint64_t>(place);
  return place;
}

void support(archive* reader, ArchiveFormat format) {
  switch (format) {
    case ArchiveFormat::kZip:
      archive_read_support_format_zip_seekable(reader);
      break;
    case ArchiveFormat::kTar:
      archive_read_support_format_tar(reader);
      break;
    case ArchiveFormat::kSevenZip:
      archive_read_support_format_7zip(reader);
      break;
    case ArchiveFormat::kRar:
      archive_read_support_format_rar(reader);
      archive_read_support_format_rar5(reader);
      break;
    case ArchiveFormat::kCabinet:
      archive_read_support_format_cab(reader);
      break;
    case ArchiveFormat::kPacked:
      archive_read_support_format_raw(reader);
      break;
    case ArchiveFormat::kNone:
    case ArchiveFormat::kUnreadable:
      YZ_ASSERT(false);
  }
}

void support_packers(archive* reader) {
  archive_read_support_filter_gzip(reader);
  archive_read_support_filter_bzip2(reader);
  archive_read_support_filter_xz(reader);
  archive_read_support_filter_zstd(reader);
  archive_read_support_filter_lz4(reader);
  archive_read_support_filter_lzip(reader);
  archive_read_support_filter_compress(reader);
}

}  // namespace

Utf8Locale::Utf8Locale() : before_(uselocale(utf8_locale())) {}
Utf8Locale::~Utf8Locale() { uselocale(before_); }

bool open_reader(archive* reader, Feed& feed, ArchiveFormat format, bool packed) {
  support(reader, format);
  if (packed) support_packers(reader);
  // A tar's end mark must not hide what follows it.
  archive_read_set_format_option(reader, "tar", "read_concatenated_archives", "1");
  archive_read_set_read_callback(reader, read_block);
  archive_read_set_skip_callback(reader, skip_bytes);
  archive_read_set_seek_callback(reader, seek_place);
  archive_read_set_callback_data(reader, &feed);
  return archive_read_open1(reader) == ARCHIVE_OK;
}

void warm_archive() {
  const Utf8Locale names;
  for (const char* from : {"UTF-8", "UTF-16LE", "UTF-16BE", "CP437", "CP950", "ISO-8859-1"}) {
    const iconv_t loaded = iconv_open(nl_langinfo(CODESET), from);
    if (loaded != reinterpret_cast<iconv_t>(-1)) iconv_close(loaded);
  }
}

}  // namespace yizhan
