#include "ground/files/segments.h"

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace yizhan {

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kHeadBytes = 512;
constexpr std::size_t kNameAt = 16, kLengthAt = 48, kSecondMarkAt = 56, kRemovedAt = 256;

std::uint64_t page_after(std::uint64_t place) { return (place + kPage - 1) / kPage * kPage; }

Bytes head_of(const Sha256& name, std::uint64_t length) {
  Bytes head = copy_of(bytes_of(Segments::kRecordMark));
  append(head, name.view());
  append_u64_be(head, length);
  append(head, bytes_of(Segments::kRecordMark));
  head.resize(kHeadBytes);
  return head;
}

struct Head {
  Sha256 name;
  std::uint64_t length;
  bool removed;
};

// nullopt: nothing was ever written there.
std::optional<Head> parse_head(ByteView head) {
  const auto stands = [&](std::size_t at, std::string_view mark) {
    return std::ranges::equal(head.subspan(at, mark.size()), bytes_of(mark));
  };
  if (head.size() < kHeadBytes || !stands(0, Segments::kRecordMark) ||
      !stands(kSecondMarkAt, Segments::kRecordMark)) {
    return std::nullopt;
  }
  return Head{*Sha256::from_bytes(head.subspan(kNameAt, 32)),
              read_u64_be(head.subspan(kLengthAt, 8)),
              stands(kRemovedAt, Segments::kRemovedMark)};
}

std::optional<std::uint64_t> number_of(const std::string& file) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(file.data(), file.data() + file.size(), number);
  const bool whole = error == std::errc{} && end == file.data() + file.size();
  return whole ? std::optional(number) : std::nullopt;
}

}  // namespace

struct Segments::Segment {
  Segment(std::string file_name, FileHandle opened)
      : name(std::move(file_name)), file(std::move(opened)), syncing(file.twin()) {}

  const std::string name;
  FileHandle file;
  FileHandle syncing;  // of whoever syncs, while others write
  std::uint64_t end = 0;
  std::int64_t objects = 0;
  std::uint64_t written = 0;  // how often
  std::uint64_t durable = 0;  // how often, of these
  bool in_sync = false;       // somebody waits for the disk
  bool failed = false;        // it did not sync: what is not durable never will be
};

Segments::Segments(Folder folder, std::uint64_t segment_bytes)
    : folder_(std::move(folder)), segment_bytes_(segment_bytes) {
  for (const std::string& file : folder_.list_files()) {
    const auto number = number_of(file);
    if (!number) continue;
    next_number_ = std::max(next_number_, *number + 1);
    const auto segment = open_segment(*number);
    read_heads(segment);
    drop_if_empty(segment);
  }
}

Segments::~Segments() = default;

void Segments::read_heads(const std::shared_ptr<Segment>& segment) {
  const std::uint64_t size = segment->file.size();
  while (segment->end + kHeadBytes <= size) {
    const auto head = parse_head(segment->file.read_at(segment->end, kHeadBytes));
    if (!head || head->length > size - segment->end - kHeadBytes) return;  // torn: nobody was told
    const Place place{segment, segment->end, head->length, false};
    segment->end = page_after(segment->end + kHeadBytes + head->length);
    if (head->removed) continue;
    // Of two, the later one was put because the earlier was not certain.
    if (const auto earlier = place_of(head->name)) --earlier->segment->objects;
    places_.insert_or_assign(head->name, place);
    ++segment->objects;
  }
}

std::shared_ptr<Segments::Segment> Segments::open_segment(std::uint64_t number) {
  std::string name = std::to_string(number);
  name.insert(0, std::max<std::size_t>(name.size(), 12) - name.size(), '0');
  FileHandle file = folder_.open_for_writing(name);
  return std::make_shared<Segment>(std::move(name), std::move(file));
}

std::shared_ptr<Segments::Segment>& Segments::current() {
  if (current_ && !current_->failed && current_->end < segment_bytes_) return current_;
  const auto full = std::exchange(current_, nullptr);
  if (full) drop_if_empty(full);
  current_ = open_segment(next_number_++);
  folder_.sync();  // its name, before anything rests on it
  return current_;
}

// Head and object, or neither.
Segments::Place Segments::append(const Sha256& name, ByteView bytes) {
  const auto& segment = current();
  const std::uint64_t start = segment->end;
  segment->file.write_at(start, head_of(name, bytes.size()));
  try {
    segment->file.write_at(start + kHeadBytes, bytes);
  } catch (const FileError&) {
    segment->file.truncate(start);
    throw;
  }
  segment->end = page_after(start + kHeadBytes + bytes.size());
  ++segment->written;
  ++segment->objects;
  return {segment, start, bytes.size(), true};
}

void Segments::put(const Sha256& name, ByteView bytes) {
  Lock lock(mutex_);
  const std::optional<Place> before = place_of(name);
  const bool stands = before && before->of_this_process && !before->segment->failed;
  if (stands && before->length == bytes.size()) {
    return settle(lock, *before->segment);
  }
  const Place place = append(name, bytes);
  places_.insert_or_assign(name, place);
  try {
    settle(lock, *place.segment);
  } catch (const FileError&) {
    // Nothing may build on it. What was there before is as uncertain as it was.
    places_.erase(name);
    if (before) places_.emplace(name, *before);
    --place.segment->objects;
    throw;
  }
  if (!before) return;
  mark_removed(*before);
  drop_if_empty(before->segment);
}

// Until all that was written to it so far is durable. Whoever comes first syncs for the others.
void Segments::settle(Lock& lock, Segment& segment) {
  const std::uint64_t wanted = segment.written;
  while (segment.durable < wanted && !segment.failed) {
    if (segment.in_sync) {
      settled_.wait(lock);
      continue;
    }
    segment.in_sync = true;
    const std::uint64_t written = segment.written;
    lock.unlock();
    bool done = true;
    try {
      segment.syncing.sync();
    } catch (const FileError&) {
      done = false;
    }
    lock.lock();
    segment.in_sync = false;
    if (done) segment.durable = written;
    segment.failed = !done;
    settled_.notify_all();
  }
  if (segment.durable < wanted) throw FileError(EIO, "sync", segment.file.name());
}

std::optional<std::uint64_t> Segments::find_size(const Sha256& name) const {
  const Lock lock(mutex_);
  const auto place = place_of(name);
  return place && place->of_this_process ? std::optional(place->length) : std::nullopt;
}

// Read without the lock; so it may have gone meanwhile, or stand elsewhere, and its room be a hole.
std::optional<Bytes> Segments::find(const Sha256& name, std::uint64_t offset,
                                    std::size_t length) const {
  Lock lock(mutex_);
  auto place = place_of(name);
  while (place) {
    lock.unlock();
    Bytes bytes(static_cast<std::size_t>(
        std::min<std::uint64_t>(length, place->length - std::min(offset, place->length))));
    bytes.resize(place->segment->file.read_at(place->start + kHeadBytes + offset,
                                              std::span<std::uint8_t>(bytes)));
    lock.lock();
    const auto now = place_of(name);
    if (now && now->segment == place->segment && now->start == place->start) return bytes;
    place = now;
  }
  return std::nullopt;
}

bool Segments::remove(const Sha256& name) {
  Lock lock(mutex_);
  const auto place = place_of(name);
  if (!place) return false;
  mark_removed(*place);
  places_.erase(name);
  // On a disk that failed it may come back with the next start: room that is lost, no more.
  if (!place->segment->failed) settle(lock, *place->segment);
  drop_if_empty(place->segment);
  return true;
}

// Its head stays, so that what stands behind it is found.
void Segments::mark_removed(const Place& place) {
  Segment& segment = *place.segment;
  segment.file.write_at(place.start + kRemovedAt, bytes_of(kRemovedMark));
  const std::uint64_t end = page_after(place.start + kHeadBytes + place.length);
  if (end > place.start + kPage) segment.file.give_back(place.start + kPage, end);
  ++segment.written;
  --segment.objects;
}

// A name that comes back after a crash is dropped again by the next start.
void Segments::drop_if_empty(const std::shared_ptr<Segment>& segment) {
  if (segment->objects == 0 && segment != current_) folder_.remove(segment->name);
}

std::optional<Segments::Place> Segments::place_of(const Sha256& name) const {
  const auto found = places_.find(name);
  return found == places_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace yizhan
