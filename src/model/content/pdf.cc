#include "model/content/pdf.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "model/content/file_bytes.h"

namespace yizhan {

namespace {

constexpr std::size_t kUnpackedMax = 64U << 20;  // of all object streams together
constexpr std::string_view kWhite("\0\t\n\f\r ", 6);

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool ends_name(char c) {
  return kWhite.find(c) != std::string_view::npos ||
         std::string_view("()<>[]{}/%").find(c) != std::string_view::npos;
}

// The name that begins at `text` (after the slash), with its #xx undone; cut after 40.
std::string read_name(std::string_view& text) {
  std::string name;
  while (!text.empty() && !ends_name(text.front()) && name.size() < 40) {
    if (text.size() > 2 && text[0] == '#' && hex_value(text[1]) >= 0 && hex_value(text[2]) >= 0) {
      name += static_cast<char>(hex_value(text[1]) * 16 + hex_value(text[2]));
      text.remove_prefix(3);
    } else {
      name += text.front();
      text.remove_prefix(1);
    }
  }
  return name;
}

bool is_active(std::string_view objects) {
  constexpr std::array<std::string_view, 5> kActive{"JavaScript", "Launch", "RichMedia",
                                                    "ImportData", "SubmitForm"};
  while (true) {
    const std::size_t slash = objects.find('/');
    if (slash == std::string_view::npos) return false;
    objects.remove_prefix(slash + 1);
    const std::string name = read_name(objects);
    if (std::find(kActive.begin(), kActive.end(), name) != kActive.end()) return true;
    const std::size_t place = objects.find_first_not_of(kWhite);
    const char value = place == std::string_view::npos ? '[' : objects[place];
    if (name == "OpenAction" && value != '[') return true;
    // Short enough to stand in a picture by chance: only with a text or a reference behind it.
    if (name == "JS" && std::string_view("(<0123456789").find(value) != std::string::npos)
      return true;
  }
}

// Inflates what begins at `place`, for as long as it is deflate.
std::string inflated(int descriptor, std::uint64_t place, std::size_t bytes_max) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return {};
  std::string unpacked;
  int state = Z_OK;
  while (state == Z_OK && unpacked.size() < bytes_max) {
    Bytes packed = read_bytes(descriptor, place, 65536);
    if (packed.empty()) break;
    place += packed.size();
    stream.next_in = packed.data();
    stream.avail_in = static_cast<uInt>(packed.size());
    while (state == Z_OK && stream.avail_in > 0 && unpacked.size() < bytes_max) {
      std::array<char, 65536> block;
      stream.next_out = reinterpret_cast<Bytef*>(block.data());
      stream.avail_out = block.size();
      state = inflate(&stream, Z_NO_FLUSH);
      unpacked.append(block.data(), block.size() - stream.avail_out);
    }
  }
  inflateEnd(&stream);
  return unpacked;
}

class ObjectStreams {
 public:
  explicit ObjectStreams(int descriptor) : descriptor_(descriptor) {}

  // Every object stream that begins in the window.
  bool have_active(std::uint64_t place, std::string_view window) {
    std::size_t found = 0;
    while ((found = window.find("ObjStm", found)) != std::string_view::npos) {
      found += 6;
      std::size_t begin = window.find("stream", found);
      if (begin == std::string_view::npos || begin - found > kWindowOverlap / 2) continue;
      begin += 6;
      if (begin < window.size() && window[begin] == '\r') ++begin;
      if (begin < window.size() && window[begin] == '\n') ++begin;
      const std::string objects = inflated(descriptor_, place + begin, left_);
      left_ -= std::min(left_, objects.size());
      if (left_ == 0 || is_active(objects)) return true;  // beyond measure is suspect, too
    }
    return false;
  }

 private:
  int descriptor_;
  std::size_t left_ = kUnpackedMax;
};

}  // namespace

bool has_active_pdf_content(int descriptor) {
  ObjectStreams streams(descriptor);
  return look_through(descriptor, [&](std::uint64_t place, std::string_view window) {
    return is_active(window) || streams.have_active(place, window);
  });
}

}  // namespace yizhan
