#include "way/attest/proving.h"

namespace yizhan {

Result<LogProof> Proving::prove(std::uint64_t index) const {
  const bool witnesses = parts_.directory.current()->cosignatures_required(parts_.own) > 0;
  if (auto proof = stamped(index, witnesses)) return std::move(*proof);
  Result<LogProof> plain = parts_.log.prove(index);
  if (!witnesses || !plain) return plain;
  // Not co-signed yet: a stamp is more than nothing.
  const auto cosigned = parts_.log.find_cosigned();
  if (cosigned && parts_.log.prove(index, *cosigned)) return plain;
  if (auto proof = stamped(index, false)) return std::move(*proof);
  return plain;
}

std::optional<LogProof> Proving::stamped(std::uint64_t index, bool witnessed) const {
  const auto stamps = parts_.database.read(
      [&](Transaction& tx) { return StampStore().first_over(tx, index, witnessed); });
  if (stamps.empty()) return std::nullopt;
  const auto note = SignedNote::parse(stamps.front().checkpoint);
  if (!note) throw StoreError("unreadable: log_stamps.checkpoint");
  Result<LogProof> proof = parts_.log.prove(index, *note);
  if (!proof) return std::nullopt;
  for (const CheckpointStamp& stamp : stamps) proof->timestamps.push_back(stamp.token);
  return std::move(*proof);
}

}  // namespace yizhan
