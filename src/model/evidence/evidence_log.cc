#include "model/evidence/evidence_log.h"

#include <algorithm>

#include "ground/json/json.h"

namespace yizhan {

namespace {

constexpr std::size_t kProofBytesMax = 64U << 10;
constexpr std::size_t kEntryContentMax = 64U << 10;

Result<Checkpoint> checkpoint_of(const Bytes& note) {
  const SignedNote parsed = YZ_TRY(SignedNote::parse(note));
  return Checkpoint::parse(parsed.text());
}

}  // namespace

Result<LogProof> LogProof::parse(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, {.bytes_max = kProofBytesMax, .depth_max = 3}));
  Members m(json, "log_proof");
  const std::int64_t index = m.integer("index", {.min = 0});
  const Json& path = m.array("path");
  const std::string checkpoint = m.text("checkpoint");
  YZ_TRY(m.check());
  LogProof proof{static_cast<std::uint64_t>(index), {}, copy_of(bytes_of(checkpoint))};
  for (const Json& item : path) {
    const auto digest = item.is_string() ? Sha256::from_hex(item.get<std::string>()) : std::nullopt;
    if (!digest) return Refusal{Reason::kMalformed, "日誌證明之雜湊值不正確"};
    proof.path.push_back(*digest);
  }
  return proof;
}

Bytes LogProof::json() const {
  Json digests = Json::array();
  for (const Sha256& digest : path) digests.push_back(digest.hex());
  return canonical_json({{"index", index},
                         {"path", std::move(digests)},
                         {"checkpoint", text_of(checkpoint)}});
}

Result<void> verify_log_proof(const LogProof& proof, ByteView entry, const NoteKey& log_key) {
  const Checkpoint checkpoint = YZ_TRY(verify_checkpoint(proof.checkpoint, log_key));
  const LeafPosition position{.index = proof.index, .tree_size = checkpoint.head.size};
  return verify_inclusion(leaf_hash(entry), position, proof.path, checkpoint.head.root);
}

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
    const Result<SignedContent> opened = cms_verify(entry, kEntryContentMax);
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
  const std::lock_guard lock(mutex_);
  const auto note = log_.find_checkpoint();
  if (!note) return Reason::kNotFound;
  const Bytes bytes = note->bytes();
  const Checkpoint checkpoint = YZ_TRY(checkpoint_of(bytes));
  if (index >= checkpoint.head.size) return Reason::kNotFound;
  return LogProof{index,
                  log_.inclusion_proof({.index = index, .tree_size = checkpoint.head.size}),
                  bytes};
}

std::optional<Bytes> EvidenceLog::find_checkpoint() const {
  const std::lock_guard lock(mutex_);
  const auto note = log_.find_checkpoint();
  return note ? std::optional(note->bytes()) : std::nullopt;
}

std::optional<Bytes> EvidenceLog::find_tile(std::string_view path) const {
  const std::lock_guard lock(mutex_);
  return log_.find_tile(path);
}

}  // namespace yizhan
