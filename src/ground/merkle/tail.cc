#include "ground/merkle/tail.h"

#include "ground/crypto/crypto.h"
#include "ground/merkle/tile.h"

namespace yizhan {

namespace {

constexpr const char* kFile = "tail";
// About a hundred and fifty documents' evidence: so often the tiles are settled.
constexpr std::size_t kLength = 4U << 20;
constexpr std::size_t kLengthBytes = 4, kIndexBytes = 8, kDigestBytes = 32;
constexpr std::size_t kHeadBytes = kLengthBytes + kIndexBytes + kDigestBytes;

// Four octets, so that no damaged length reaches beyond what a place in a file can be.
Bytes length_octets(std::size_t length) {
  Bytes octets;
  append_u64_be(octets, length);
  return {octets.end() - kLengthBytes, octets.end()};
}

std::uint64_t length_of(ByteView octets) {
  std::uint64_t length = 0;
  for (const std::uint8_t octet : octets) length = length << 8 | octet;
  return length;
}

Sha256 digest_of(const LogTail::Record& record) {
  Bytes covered;
  append_u64_be(covered, record.first);
  append(covered, record.bundle);
  return sha256(covered);
}

FileHandle opened(const Folder& folder) {
  // Of its full length and durable before the first record, so that records are nothing but data.
  if (!folder.find(kFile)) folder.write_durably(kFile, Bytes(kLength));
  return folder.open_for_writing(kFile);
}

}  // namespace

LogTail::LogTail(const Folder& folder) : file_(opened(folder)), length_(file_.size()) {}

bool LogTail::fits(std::size_t bundle_bytes) const {
  return end_ + kHeadBytes + bundle_bytes <= length_;
}

void LogTail::append(const Record& record) {
  YZ_ASSERT(fits(record.bundle.size()));
  Bytes bytes = length_octets(record.bundle.size());
  append_u64_be(bytes, record.first);
  yizhan::append(bytes, digest_of(record).view());
  yizhan::append(bytes, record.bundle);
  file_.write_at(end_, bytes);
  file_.sync();
  end_ += bytes.size();
}

std::optional<std::vector<LogTail::Record>> LogTail::read_from(std::uint64_t size) {
  std::vector<Record> records;
  end_ = 0;
  while (true) {
    std::optional<Record> record = record_at(end_);
    if (!record || record->first != size) break;
    size += split_bundle(record->bundle)->size();
    end_ = behind(end_);
    records.push_back(std::move(*record));
  }
  const std::optional<Record> next = record_at(behind(end_));
  if (next && next->first > size) return std::nullopt;
  return records;
}

// nullopt when what stands there is no whole record.
std::optional<LogTail::Record> LogTail::record_at(std::uint64_t place) const {
  const Bytes head = file_.read_at(place, kHeadBytes);
  if (head.size() < kHeadBytes) return std::nullopt;
  const ByteView view = head;
  const std::uint64_t bytes = length_of(view.first(kLengthBytes));
  if (bytes == 0 || place + kHeadBytes + bytes > length_) return std::nullopt;
  Record record{read_u64_be(view.subspan(kLengthBytes, kIndexBytes)),
                file_.read_at(place + kHeadBytes, static_cast<std::size_t>(bytes))};
  const auto digest = Sha256::from_bytes(view.last(kDigestBytes));
  if (digest != digest_of(record) || !split_bundle(record.bundle)) return std::nullopt;
  return record;
}

std::uint64_t LogTail::behind(std::uint64_t place) const {
  return place + kHeadBytes + length_of(file_.read_at(place, kLengthBytes));
}

}  // namespace yizhan
