#pragma once

#include <functional>
#include <map>
#include <mutex>

#include "ground/merkle/merkle.h"
#include "model/evidence/statement.h"

namespace yizhan {

// Shows that an evidence stands in its centre's log: index, path, and the signed checkpoint that
// the path leads to. Witnesses' lines stand in the note when there are any.
struct LogProof {
  std::uint64_t index;
  std::vector<Sha256> path;
  Bytes checkpoint;  // signed note

  static Result<LogProof> parse(ByteView json);
  [[nodiscard]] Bytes json() const;
};

// The entry stands under the checkpoint, and the checkpoint is signed by the centre's log key.
// Refuses kMalformed, kBadSignature, kProofMismatch.
Result<void> verify_log_proof(const LogProof& proof, ByteView entry, const NoteKey& log_key);

// The log of a centre, for several threads. Appending is the signing loop's alone.
class EvidenceLog {
 public:
  EvidenceLog(const std::filesystem::path& folder, std::string origin);

  std::uint64_t append(std::span<const Bytes> entries);  // durable on return
  [[nodiscard]] std::uint64_t size() const;
  [[nodiscard]] Bytes entry(std::uint64_t index) const;
  // The newest entries: what a crash may have logged behind its row's back. By their SHA-256; and
  // those that are evidence by the name of their statement, which a signature made before it has.
  static constexpr int kLookBack = 1'000;  // more than any loop appends at once
  struct Place {
    std::int64_t index;
    Bytes cms;
  };
  [[nodiscard]] std::map<Sha256, std::int64_t> newest() const;
  [[nodiscard]] std::map<Sha256, Place> newest_evidence() const;
  // Signs the present head unless the last checkpoint shows it already.
  Result<void> publish(SigningKey& key);
  // Against the last checkpoint. kNotFound when the entry is not under one yet.
  [[nodiscard]] Result<LogProof> prove(std::uint64_t index) const;
  [[nodiscard]] std::optional<Bytes> find_checkpoint() const;
  [[nodiscard]] std::optional<Bytes> find_tile(std::string_view path) const;

 private:
  void visit_newest(const std::function<void(std::int64_t index, Bytes entry)>& visit) const;

  mutable std::mutex mutex_;
  Log log_;
};

}  // namespace yizhan
