#include "way/admit/body_intake.h"

#include <algorithm>

#include "ground/merkle/merkle.h"

namespace yizhan {

namespace {

// The bytes of more uploads than that at a time are read back before they count.
constexpr std::size_t kUploadsRemembered = 10'000;

// As long as the header promises there, and the bytes that the list names.
Result<void> check_group(const BodyIntake::Upload& upload, std::size_t index, ByteView group) {
  if (group.size() != group_length_of(upload.header.plain_length, index)) {
    return Reason::kLengthMismatch;
  }
  if (leaf_hash(group) != upload.groups[index]) return Reason::kGroupMismatch;
  return {};
}

}  // namespace

void BodyIntake::begin(const std::string& partial, Time now) {
  const std::lock_guard lock(mutex_);
  if (verified_here_.size() < kUploadsRemembered) verified_here_[partial] = now;
}

std::int64_t BodyIntake::next_group(const std::string& partial, std::int64_t group_count) const {
  const std::uint64_t size = objects_.partial_size(partial);
  return std::min(static_cast<std::int64_t>(size / kGroupBytes), group_count - 1);
}

Result<void> BodyIntake::store_whole(const Upload& upload, ByteView body) {
  if (upload.groups.size() != 1) {
    return Refusal{Reason::kGroupMismatch, "內容多於一段，請分段上傳"};
  }
  YZ_TRY(check_group(upload, 0, body));
  objects_.put(upload.header.cipher_root, body);
  return {};
}

Result<bool> BodyIntake::put_group(const Upload& upload, std::int64_t index, ByteView group) {
  const auto count = static_cast<std::int64_t>(upload.groups.size());
  if (index < 0 || index >= count) return Refusal{Reason::kBadRequest, "段號超出範圍"};
  YZ_TRY(check_group(upload, static_cast<std::size_t>(index), group));
  const std::int64_t next = next_group(upload.partial, count);
  if (index > next) {
    return Refusal{Reason::kConflict, "請自第 " + std::to_string(next) + " 段續傳"};
  }
  if (index == next) {
    objects_.write_partial(upload.partial, static_cast<std::uint64_t>(index) * kGroupBytes, group);
  }
  return index + 1 == count;
}

Result<void> BodyIntake::finish(const Upload& upload) {
  bool verified = false;
  {
    const std::lock_guard lock(mutex_);
    verified = verified_here_.contains(upload.partial);
  }
  const Header& header = upload.header;
  const bool whole = objects_.find_size(header.cipher_root).has_value();
  if (whole && !verified) objects_.discard_partial(upload.partial);
  for (std::size_t i = 0; !verified && !whole && i < upload.groups.size(); ++i) {
    const Bytes group = objects_.read_partial(
        upload.partial, i * kGroupBytes,
        static_cast<std::size_t>(group_length_of(header.plain_length, i)));
    if (check_group(upload, i, group)) continue;
    // A crash spoiled what was not yet durable: start over, nothing was promised.
    objects_.discard_partial(upload.partial);
    return Refusal{Reason::kGroupMismatch, "已收內容於中斷後受損，請自第 0 段重傳"};
  }
  objects_.finish_partial(upload.partial, header.cipher_root);
  return {};
}

void BodyIntake::forget(const std::string& partial) {
  const std::lock_guard lock(mutex_);
  verified_here_.erase(partial);
}

// The same bytes were here before, and were removed after they had come again. The row first, then
// the file: who removes goes the other way round.
Result<void> BodyIntake::check_there(Transaction& tx, JourneyStore& journeys,
                                     const Sha256& cipher_root) {
  const bool going = journeys.is_clearing(tx, cipher_root);
  if (!going && objects_.find_size(cipher_root)) return {};
  return Refusal{Reason::kUnavailable, "內容正在清除，請稍後重送"};
}

int BodyIntake::discard_abandoned(Time now) {
  int count = 0;
  for (const ObjectStore::Partial& partial : objects_.partials()) {
    const bool abandoned = now - partial.changed > kUploadTimeMax;
    if (abandoned && objects_.discard_partial(partial.id)) ++count;
  }
  const std::lock_guard lock(mutex_);
  std::erase_if(verified_here_, [&](const auto& upload) {
    return now - upload.second > kUploadTimeMax;
  });
  return count;
}

}  // namespace yizhan
