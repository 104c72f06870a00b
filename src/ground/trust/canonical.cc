#include "ground/trust/canonical.h"

namespace yizhan {

namespace {

void write_text(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

// Depth is bounded by whoever parsed the value.
void write(const Json& value, std::string& out) {
  if (value.is_object()) {
    char before = '{';
    for (const auto& [name, member] : value.items()) {  // a std::map: sorted by octets
      out += before;
      before = ',';
      write_text(name, out);
      out += ':';
      write(member, out);
    }
    out += value.empty() ? "{}" : "}";
  } else if (value.is_array()) {
    out += '[';
    for (const Json& item : value) {
      if (&item != &value.front()) out += ',';
      write(item, out);
    }
    out += ']';
  } else if (value.is_string()) {
    write_text(value.get_ref<const std::string&>(), out);
  } else {
    YZ_ASSERT(!value.is_number_float());
    out += value.dump();  // null, true, false, an integer
  }
}

}  // namespace

Bytes tuf_canonical_json(const Json& value) {
  std::string out;
  write(value, out);
  return copy_of(bytes_of(out));
}

}  // namespace yizhan
