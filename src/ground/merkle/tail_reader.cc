#include "ground/merkle/tail_reader.h"

#include <algorithm>

#include "ground/crypto/crypto.h"
#include "ground/merkle/tile.h"

namespace yizhan {

namespace {

constexpr std::size_t kLengthBytes = 4, kIndexBytes = 8, kDigestBytes = 32;
constexpr std::size_t kHeadBytes = kLengthBytes + kIndexBytes + kDigestBytes;
// No tail is so long that more entries than these stand in it.
constexpr std::uint64_t kEntriesMax = 1U << 25;

struct Record {
  std::uint64_t first;
  ByteView bundle;
};

std::optional<Record> record_at(ByteView tail, std::size_t place) {
  if (place + kHeadBytes > tail.size()) return std::nullopt;
  const ByteView head = tail.subspan(place, kHeadBytes);
  std::size_t length = 0;
  for (const std::uint8_t octet : head.first(kLengthBytes)) length = length << 8 | octet;
  if (length == 0 || length > tail.size() - place - kHeadBytes) return std::nullopt;
  const Record record{read_u64_be(head.subspan(kLengthBytes, kIndexBytes)),
                      tail.subspan(place + kHeadBytes, length)};
  Bytes covered = copy_of(head.subspan(kLengthBytes, kIndexBytes));
  append(covered, record.bundle);
  if (!std::ranges::equal(sha256(covered).view(), head.last(kDigestBytes))) return std::nullopt;
  return record;
}

// Whether a whole record of later entries stands anywhere from here on. A length may be damaged as
// well as anything else, so every place is tried.
bool later_stands_behind(ByteView tail, std::size_t from, std::uint64_t size) {
  for (std::size_t place = from; place + kHeadBytes < tail.size(); ++place) {
    const std::uint64_t first = read_u64_be(tail.subspan(place + kLengthBytes, kIndexBytes));
    if (first <= size || first > size + kEntriesMax) continue;
    if (record_at(tail, place)) return true;
  }
  return false;
}

}  // namespace

TailReading read_tail_records(ByteView tail, std::uint64_t size) {
  TailReading reading;
  std::size_t place = 0;
  while (const auto record = record_at(tail, place)) {
    const auto entries = split_bundle(record->bundle);
    if (!entries || record->first != size + reading.entries.size()) break;
    reading.entries.insert(reading.entries.end(), entries->begin(), entries->end());
    place += kHeadBytes + record->bundle.size();
  }
  if (later_stands_behind(tail, place, size + reading.entries.size())) {
    reading.damaged_at = place;
  }
  return reading;
}

}  // namespace yizhan
