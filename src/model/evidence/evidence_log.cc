#include "model/evidence/evidence_log.h"

#include <algorithm>

#include "ground/json/json.h"
#include "model/evidence/batch.h"

namespace yizhan {

namespace {

constexpr std::size_t kEntryContentMax = 64U << 10;

}  // namespace

EvidenceLog::EvidenceLog(const std::filesystem::path& folder, std::string origin)
    : log_(folder, std::move(origin)) {}

std::uint64_t EvidenceLog::append(std::span<const Bytes> entries) {
  const std::lock_guard lock(mutex_);
  return log_.append(entries);
}

std::uint64_t EvidenceLog::size() const {
  const std::lock_guard lock(mutex_);
  return log_.size();
}

Bytes EvidenceLog::entry(std::uint64_t index) const {
  const std::lock_guard lock(mutex_);
  return log_.entry(index);
}

void EvidenceLog::visit_newest(
    const std::function<void(std::int64_t index, Bytes entry)>& visit) const {
  const std::lock_guard lock(mutex_);
  const std::uint64_t size = log_.size();
  for (std::uint64_t index = size - std::min<std::uint64_t>(size, kLookBack); index < size;
       ++index) {
    visit(static_cast<std::int64_t>(index), log_.entry(index));
  }
}

std::map<Sha256, std::int64_t> EvidenceLog::newest() const {
  std::map<Sha256, std::int64_t> places;
  visit_newest([&](std::int64_t index, const Bytes& entry) {
    places.emplace(sha256(entry), index);
  });
  return places;
}

std::map<Sha256, EvidenceLog::Place> EvidenceLog::newest_evidence() const {
  std::map<Sha256, Place> places;
  visit_newest([&](std::int64_t index, Bytes entry) {
    const Result<SignedContent> opened = open_evidence(entry, kEntryContentMax);
    if (opened) places.emplace(sha256(opened->content), Place{index, std::move(entry)});
  });
  return places;
}

Result<void> EvidenceLog::publish(SigningKey& key) {
  Checkpoint checkpoint;
  {
    const std::lock_guard lock(mutex_);
    const auto last = log_.find_checkpoint();
    if (last) {
      const Result<Checkpoint> shown = Checkpoint::parse(last->text());
      if (shown && shown->head == log_.head()) return {};
    }
    checkpoint = {log_.origin(), log_.head()};
  }
  // The card may be slow: nobody waits for it under the lock.
  const SignedNote note = YZ_TRY(sign_checkpoint(checkpoint, key));
  const std::lock_guard lock(mutex_);
  log_.save_checkpoint(note);
  return {};
}

Result<LogProof> EvidenceLog::prove(std::uint64_t index) const {
  if (const auto cosigned = find_cosigned()) {
    Result<LogProof> proof = prove(index, *cosigned);
    if (proof) return proof;
  }
  const auto last = find_checkpoint();
  if (!last) return Reason::kNotFound;
  return prove(index, *last);
}

Result<LogProof> EvidenceLog::prove(std::uint64_t index, const SignedNote& checkpoint) const {
  const Checkpoint shown = YZ_TRY(Checkpoint::parse(checkpoint.text()));
  if (index >= shown.head.size) return Reason::kNotFound;
  const std::lock_guard lock(mutex_);
  return LogProof{index, log_.inclusion_proof({.index = index, .tree_size = shown.head.size}),
                  checkpoint.bytes()};
}

std::optional<SignedNote> EvidenceLog::find_checkpoint() const {
  const std::lock_guard lock(mutex_);
  return log_.find_checkpoint();
}

MerklePath EvidenceLog::consistency_proof(std::uint64_t old_size, std::uint64_t new_size) const {
  const std::lock_guard lock(mutex_);
  return log_.consistency_proof(old_size, new_size);
}

void EvidenceLog::keep_cosigned(const SignedNote& note) {
  const std::lock_guard lock(mutex_);
  log_.save_cosigned(note);
}

std::optional<SignedNote> EvidenceLog::find_cosigned() const {
  const std::lock_guard lock(mutex_);
  return log_.find_cosigned();
}

std::optional<Bytes> EvidenceLog::find_tile(std::string_view path) const {
  const std::lock_guard lock(mutex_);
  return log_.find_tile(path);
}

}  // namespace yizhan
