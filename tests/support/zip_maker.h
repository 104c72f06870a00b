#pragma once

#include <zlib.h>

#include <string>
#include <vector>

#include "ground/base/base.h"

// Makes zips, honest and hostile: whatever a field should say, it can be made to say otherwise.
// Link ZLIB::ZLIB.

namespace yizhan {

struct ZipMember {
  std::string name;
  Bytes packed = {};
  std::uint64_t unpacked = 0;
  std::uint32_t checksum = 0;
  std::uint16_t method = 0;
  std::uint16_t flags = 0x0800;  // the name is UTF-8
  std::uint32_t attributes = 0;
  std::string central_name = {};  // when the directory is to say another name
};

inline std::uint32_t checksum_of(ByteView content) {
  return static_cast<std::uint32_t>(
      crc32(crc32(0, nullptr, 0), content.data(), static_cast<uInt>(content.size())));
}

// Raw deflate; a block that ends on a byte and needs nothing before it unless `last`.
inline Bytes deflated(ByteView content, bool last = true) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  Bytes packed(deflateBound(&stream, static_cast<uLong>(content.size())) + 64);
  stream.next_in = const_cast<Bytef*>(content.data());
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, last ? Z_FINISH : Z_FULL_FLUSH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

inline ZipMember stored(std::string name, std::string_view content) {
  return {.name = std::move(name),
          .packed = copy_of(bytes_of(content)),
          .unpacked = content.size(),
          .checksum = checksum_of(bytes_of(content))};
}

inline ZipMember packed(std::string name, std::string_view content) {
  return {.name = std::move(name),
          .packed = deflated(bytes_of(content)),
          .unpacked = content.size(),
          .checksum = checksum_of(bytes_of(content)),
          .method = 8};
}

// So many MiB of zeros, in about a thousandth of their size.
inline ZipMember zeros(std::string name, std::uint64_t mebibytes) {
  const Bytes mebibyte(1U << 20);
  const Bytes block = deflated(mebibyte, false);
  ZipMember member{.name = std::move(name), .unpacked = mebibytes << 20, .method = 8};
  uLong sum = crc32(0, nullptr, 0);
  for (std::uint64_t i = 0; i < mebibytes; ++i) {
    append(member.packed, block);
    sum = crc32_combine(sum, checksum_of(mebibyte), 1L << 20);
  }
  append(member.packed, deflated({}));
  member.checksum = static_cast<std::uint32_t>(sum);
  return member;
}

class ZipMaker {
 public:
  ZipMaker& add(const ZipMember& member) {
    point_at(member, bytes_.size());
    append_header(bytes_, member, 0x04034b50, member.name);
    append(bytes_, member.packed);
    return *this;
  }
  // Another entry of the directory over the bytes of an earlier one.
  ZipMaker& point_at(const ZipMember& member, std::size_t offset) {
    const std::string& name = member.central_name.empty() ? member.name : member.central_name;
    append_header(directory_, member, 0x02014b50, name);
    put(directory_, offset, 4, directory_.size() - name.size() - 4);
    put(directory_, member.attributes, 4, directory_.size() - name.size() - 8);
    ++entries_;
    return *this;
  }
  ZipMaker& raw(std::string_view bytes) {  // between the members, or before them
    append(bytes_, bytes_of(bytes));
    return *this;
  }
  [[nodiscard]] Bytes make(std::string_view comment = "") const {
    Bytes zip = bytes_;
    append(zip, directory_);
    const std::size_t end = zip.size();
    zip.resize(end + 22);
    put(zip, 0x06054b50, 4, end);
    put(zip, entries_, 2, end + 8);
    put(zip, entries_, 2, end + 10);
    put(zip, directory_.size(), 4, end + 12);
    put(zip, bytes_.size(), 4, end + 16);
    put(zip, comment.size(), 2, end + 20);
    append(zip, bytes_of(comment));
    return zip;
  }

 private:
  static void put(Bytes& into, std::uint64_t value, std::size_t octets, std::size_t place) {
    for (std::size_t i = 0; i < octets; ++i) {
      into[place + i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
  }
  static void append_header(Bytes& into, const ZipMember& member, std::uint32_t signature,
                            std::string_view name) {
    const bool central = signature == 0x02014b50;
    std::size_t place = into.size();
    into.resize(place + (central ? 46 : 30));
    put(into, signature, 4, place);
    put(into, 0x031e, 2, place + 4);  // made by Unix
    place += central ? 6 : 4;
    put(into, 20, 2, place);
    put(into, member.flags, 2, place + 2);
    put(into, member.method, 2, place + 4);
    put(into, 0x5821, 2, place + 8);  // a date
    put(into, member.checksum, 4, place + 10);
    put(into, member.packed.size(), 4, place + 14);
    put(into, member.unpacked, 4, place + 18);
    put(into, name.size(), 2, place + 22);
    append(into, bytes_of(name));
  }

  Bytes bytes_;
  Bytes directory_;
  std::uint64_t entries_ = 0;
};

inline Bytes zip_of(const std::vector<ZipMember>& members) {
  ZipMaker maker;
  for (const ZipMember& member : members) maker.add(member);
  return maker.make();
}

}  // namespace yizhan
