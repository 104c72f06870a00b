#include "ground/json/canonical.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "ground/json/code_points.h"

namespace yizhan {

namespace {

constexpr int kDepthMax = 256;  // our own values; parse_json stops strangers far below

// RFC 8785 §3.2.3 sorts by UTF-16 code units. That differs from the order of UTF-8 octets only in
// that U+10000 and above (octets F0–F4; surrogates D800–DFFF) come before U+E000–U+FFFF (EE, EF).
int utf16_rank(char octet) {
  const int value = static_cast<unsigned char>(octet);
  if (value >= 0xF0) return value - 0xF0 + 0xEE;
  return value >= 0xEE ? value + 5 : value;
}

bool before_in_utf16(const std::string& a, const std::string& b) {
  return std::ranges::lexicographical_compare(a, b, {}, utf16_rank, utf16_rank);
}

class Writer {
 public:
  Bytes take() { return std::move(out_); }

  // NOLINTNEXTLINE(misc-no-recursion): bounded by kDepthMax
  void value(const Json& value, int depth) {
    YZ_ASSERT(depth <= kDepthMax);
    switch (value.type()) {
      case Json::value_t::null:
        return raw("null");
      case Json::value_t::boolean:
        return raw(value.get<bool>() ? "true" : "false");
      case Json::value_t::string:
        return string(value.get_ref<const std::string&>());
      case Json::value_t::number_integer:
      case Json::value_t::number_unsigned:
        return integer(value);
      case Json::value_t::array:
        return array(value, depth);
      case Json::value_t::object:
        return object(value, depth);
      case Json::value_t::number_float:
      case Json::value_t::binary:
      case Json::value_t::discarded:
        YZ_ASSERT(false && "only I-JSON without floats has a canonical form");
    }
  }

 private:
  void raw(std::string_view text) { append(out_, bytes_of(text)); }

  void integer(const Json& value) {
    const bool fits = value.is_number_unsigned()
                          ? value.get<std::uint64_t>() <= std::uint64_t{kJsonIntegerMax}
                          : value.get<std::int64_t>() >= -kJsonIntegerMax &&
                                value.get<std::int64_t>() <= kJsonIntegerMax;
    YZ_ASSERT(fits);
    raw(value.dump());
  }

  void string(const std::string& text) {
    if (!is_utf8(text)) throw std::invalid_argument("canonical JSON of a string that is not UTF-8");
    raw("\"");
    std::string_view rest = text;
    for (std::size_t plain = 0; plain < rest.size();) {
      if (!is_special(rest[plain])) {
        ++plain;
        continue;
      }
      raw(rest.substr(0, plain));
      escaped(rest[plain]);
      rest.remove_prefix(std::exchange(plain, 0) + 1);
    }
    raw(rest);
    raw("\"");
  }

  static bool is_special(char c) {
    return static_cast<std::uint8_t>(c) < 0x20 || c == '"' || c == '\\';
  }

  void escaped(char c) {  // RFC 8785 §3.2.2.2
    switch (c) {
      case '"':
        return raw("\\\"");
      case '\\':
        return raw("\\\\");
      case '\b':
        return raw("\\b");
      case '\t':
        return raw("\\t");
      case '\n':
        return raw("\\n");
      case '\f':
        return raw("\\f");
      case '\r':
        return raw("\\r");
      default:
        break;
    }
    const auto octet = static_cast<std::uint8_t>(c);
    raw("\\u00");
    raw(to_hex(ByteView(&octet, 1)));
  }

  void array(const Json& array, int depth) {
    raw("[");
    for (std::size_t i = 0; i < array.size(); ++i) {
      if (i > 0) raw(",");
      value(array[i], depth + 1);
    }
    raw("]");
  }

  void object(const Json& object, int depth) {
    std::vector<const Json::object_t::value_type*> members;
    for (const auto& member : object.get_ref<const Json::object_t&>()) members.push_back(&member);
    std::ranges::sort(members, before_in_utf16, [](const auto* member) { return member->first; });
    raw("{");
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) raw(",");
      string(members[i]->first);
      raw(":");
      value(members[i]->second, depth + 1);
    }
    raw("}");
  }

  Bytes out_;
};

}  // namespace

Bytes canonical_json(const Json& value) {
  Writer writer;
  writer.value(value, 0);
  return writer.take();
}

}  // namespace yizhan
