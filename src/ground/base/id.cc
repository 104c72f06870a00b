#include "ground/base/id.h"

#include <algorithm>
#include <atomic>
#include <span>

#include "ground/base/bytes.h"
#include "ground/base/random.h"

namespace yizhan {

namespace {

constexpr std::array<std::size_t, 4> kHyphens = {8, 13, 18, 23};

// RFC 9562 §6.2: 48 bits of time and 12 of counter, so that ids of the same millisecond sort in the
// order of birth too. A clock that goes back starts anew there; the random bits keep ids apart.
std::uint64_t next_stamp(Time now) {
  static std::atomic<std::uint64_t> last = 0;
  const std::uint64_t first = static_cast<std::uint64_t>(now.ms()) << 12;
  std::uint64_t previous = last;
  std::uint64_t stamp = first;
  do {
    const bool same_millisecond = previous >> 12 == first >> 12;
    stamp = same_millisecond ? previous + 1 : first;
  } while (!last.compare_exchange_weak(previous, stamp));
  return stamp;
}

}  // namespace

Uuid Uuid::generate(Time now) {
  Uuid uuid;
  fill_random(uuid.octets_);
  const std::uint64_t stamp = next_stamp(now);
  for (std::size_t i = 0; i < 6; ++i) {
    uuid.octets_[i] = static_cast<std::uint8_t>(stamp >> (52 - 8 * i));
  }
  uuid.octets_[6] = static_cast<std::uint8_t>(0x70 | ((stamp >> 8) & 0x0f));
  uuid.octets_[7] = static_cast<std::uint8_t>(stamp);
  uuid.octets_[8] = static_cast<std::uint8_t>(0x80 | (uuid.octets_[8] & 0x3f));
  return uuid;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::string hex;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = std::find(kHyphens.begin(), kHyphens.end(), i) != kHyphens.end();
    if (hyphen != (text[i] == '-')) return std::nullopt;
    if (!hyphen) hex.push_back(text[i]);
  }
  const auto bytes = from_hex(hex);
  if (!bytes || ((*bytes)[6] >> 4) != 7 || ((*bytes)[8] >> 6) != 2) return std::nullopt;
  Uuid uuid;
  std::copy(bytes->begin(), bytes->end(), uuid.octets_.begin());
  return uuid;
}

std::string Uuid::text() const {
  std::string text = to_hex(octets_);
  for (std::size_t position : kHyphens) text.insert(position, 1, '-');
  return text;
}

}  // namespace yizhan
