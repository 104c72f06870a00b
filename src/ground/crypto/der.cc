#include "ground/crypto/der.h"

#include <algorithm>

namespace yizhan::der {
namespace {

constexpr std::uint8_t kConstructed = 0x20;
constexpr int kDepthMax = 24;

struct Header {
  std::size_t header_length;
  std::size_t content_length;
};

// Low tag numbers only: nothing in X.509 or CMS uses others.
std::optional<Header> read_header(ByteView bytes) {
  if (bytes.size() < 2 || (bytes[0] & 0x1F) == 0x1F) return std::nullopt;
  if (bytes[1] < 0x80) return Header{2, bytes[1]};
  const std::size_t octets = bytes[1] & 0x7F;
  if (octets == 0 || octets > 4 || bytes.size() < 2 + octets || bytes[2] == 0) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < octets; ++i) length = length << 8 | bytes[2 + i];
  if (length < 0x80) return std::nullopt;
  return Header{2 + octets, length};
}

bool is_minimal_integer(ByteView content) {
  if (content.empty()) return false;
  if (content.size() == 1) return true;
  const bool high = (content[1] & 0x80) != 0;
  return !(content[0] == 0x00 && !high) && !(content[0] == 0xFF && high);
}

bool is_strict_primitive(std::uint8_t tag, ByteView content) {
  switch (tag) {
    case 0x01:
      return content.size() == 1 && (content[0] == 0x00 || content[0] == 0xFF);
    case kInteger:
      return is_minimal_integer(content);
    case kBitString:
      return !content.empty() && content[0] < 8;
    case 0x05:
      return content.empty();
    case kOid:
      return !content.empty() && (content.back() & 0x80) == 0;
    case 0x10:
    case 0x11:
      return false;  // SEQUENCE and SET are always constructed
    default:
      return true;
  }
}

bool is_strict_at(ByteView bytes, int depth);

bool are_strict_members(ByteView content, bool sorted, int depth) {
  ByteView before;
  while (!content.empty()) {
    const auto header = read_header(content);
    if (!header || header->content_length > content.size() - header->header_length) return false;
    const ByteView member = content.first(header->header_length + header->content_length);
    if (!is_strict_at(member, depth)) return false;
    if (sorted && std::ranges::lexicographical_compare(member, before)) return false;
    before = member;
    content = content.subspan(member.size());
  }
  return true;
}

bool is_strict_at(ByteView bytes, int depth) {
  const auto header = read_header(bytes);
  if (!header || depth > kDepthMax) return false;
  if (header->content_length != bytes.size() - header->header_length) return false;
  const std::uint8_t tag = bytes[0];
  const ByteView content = bytes.subspan(header->header_length);
  if ((tag & kConstructed) == 0) return is_strict_primitive(tag, content);
  const bool universal = (tag & 0xC0) == 0;
  if (universal && tag != kSequence && tag != kSet) return false;
  return are_strict_members(content, tag == kSet, depth + 1);
}

}  // namespace

Bytes encode(Tag tag, ByteView content) {
  Bytes out{tag};
  if (content.size() < 0x80) {
    out.push_back(static_cast<std::uint8_t>(content.size()));
  } else {
    std::uint8_t octets = 1;
    while (content.size() >> (8 * octets) != 0) ++octets;
    out.push_back(static_cast<std::uint8_t>(0x80 | octets));
    for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8) {
      out.push_back(static_cast<std::uint8_t>(content.size() >> shift));
    }
  }
  append(out, content);
  return out;
}

Bytes encode(Tag tag, std::initializer_list<ByteView> parts) {
  Bytes content;
  for (const ByteView part : parts) append(content, part);
  return encode(tag, content);
}

Bytes encode_set(std::vector<Bytes> members, Tag tag) {
  std::ranges::sort(members);
  Bytes content;
  for (const Bytes& member : members) append(content, member);
  return encode(tag, content);
}

Result<Reader::Element> Reader::take(Tag tag) {
  const auto header = read_header(rest_);
  if (!header || rest_[0] != tag || header->content_length > rest_.size() - header->header_length) {
    return Reason::kMalformed;
  }
  const ByteView whole = rest_.first(header->header_length + header->content_length);
  rest_ = rest_.subspan(whole.size());
  return Element{.whole = whole, .content = whole.subspan(header->header_length)};
}

Result<ByteView> Reader::content(Tag tag) { return YZ_TRY(take(tag)).content; }

Result<ByteView> Reader::whole(Tag tag) { return YZ_TRY(take(tag)).whole; }

Result<void> Reader::expect(ByteView whole) {
  if (rest_.size() < whole.size() || !std::ranges::equal(rest_.first(whole.size()), whole)) {
    return Reason::kMalformed;
  }
  rest_ = rest_.subspan(whole.size());
  return {};
}

Result<void> Reader::check_end() const {
  if (!rest_.empty()) return Reason::kMalformed;
  return {};
}

bool is_strict(ByteView bytes) { return is_strict_at(bytes, 0); }

}  // namespace yizhan::der
