#include "model/content/picture.h"

#include "model/content/file_bytes.h"

namespace yizhan {

namespace {

using namespace std::literals;

class Numbers {
 public:
  Numbers(ByteView bytes, bool little_endian) : bytes_(bytes), little_(little_endian) {}
  // 0 beyond the end.
  [[nodiscard]] std::uint64_t at(std::size_t place, std::size_t octets) const {
    if (place + octets > bytes_.size()) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < octets; ++i) {
      value = value << 8 | bytes_[place + (little_ ? octets - 1 - i : i)];
    }
    return value;
  }

 private:
  ByteView bytes_;
  bool little_;
};

std::optional<std::uint64_t> area(std::uint64_t width, std::uint64_t height) {
  if (width == 0 || height == 0) return std::nullopt;
  return width * height;
}

// From marker to marker up to the frame header (ITU T.81 B.2.2).
std::optional<std::uint64_t> jpeg_pixels(int descriptor) {
  std::uint64_t place = 2;
  for (int markers = 0; markers < 1000; ++markers) {
    const Bytes bytes = read_bytes(descriptor, place, 9);
    const Numbers marker(bytes, false);
    if (marker.at(0, 1) != 0xff) return std::nullopt;
    const std::uint64_t code = marker.at(1, 1);
    const bool frame = code >= 0xc0 && code <= 0xcf && code != 0xc4 && code != 0xc8 && code != 0xcc;
    if (frame) return area(marker.at(7, 2), marker.at(5, 2));
    place += code == 0xff ? 1 : 2 + marker.at(2, 2);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> tiff_pixels(int descriptor, bool little_endian) {
  const Bytes head = read_bytes(descriptor, 0, 8);
  const std::uint64_t directory = Numbers(head, little_endian).at(4, 4);
  const Bytes bytes = read_bytes(descriptor, directory, 2 + 12 * 200);
  const Numbers numbers(bytes, little_endian);
  std::uint64_t width = 0;
  std::uint64_t height = 0;
  for (std::size_t field = 0; field < numbers.at(0, 2) && field < 200; ++field) {
    const std::size_t place = 2 + 12 * field;
    const std::uint64_t value = numbers.at(place + 8, numbers.at(place + 2, 2) == 3 ? 2 : 4);
    if (numbers.at(place, 2) == 256) width = value;
    if (numbers.at(place, 2) == 257) height = value;
  }
  return area(width, height);
}

}  // namespace

std::optional<std::uint64_t> picture_pixels(int descriptor) {
  const Bytes bytes = read_bytes(descriptor, 0, 32);
  const std::string_view head = text_of(bytes);
  if (head.starts_with("\x89PNG")) {
    const Numbers numbers(bytes, false);
    return area(numbers.at(16, 4), numbers.at(20, 4));
  }
  if (head.starts_with("GIF8")) {
    const Numbers numbers(bytes, true);
    return area(numbers.at(6, 2), numbers.at(8, 2));
  }
  if (head.starts_with("\xff\xd8")) return jpeg_pixels(descriptor);
  if (head.starts_with("II*\0"sv)) return tiff_pixels(descriptor, true);
  if (head.starts_with("MM\0*"sv)) return tiff_pixels(descriptor, false);
  return std::nullopt;
}

}  // namespace yizhan
