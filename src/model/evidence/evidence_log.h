#pragma once

#include <functional>
#include <map>
#include <mutex>

#include "model/evidence/log_proof.h"
#include "model/evidence/statement.h"

namespace yizhan {

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
  // Against the co-signed checkpoint where the entry is under it, else against the last one.
  // kNotFound when it is under none yet.
  [[nodiscard]] Result<LogProof> prove(std::uint64_t index) const;
  // Against one that this log has signed. kNotFound when the entry came later.
  [[nodiscard]] Result<LogProof> prove(std::uint64_t index, const SignedNote& checkpoint) const;
  [[nodiscard]] std::optional<SignedNote> find_checkpoint() const;
  // What leads from a former size of this log to another.
  [[nodiscard]] MerklePath consistency_proof(std::uint64_t old_size, std::uint64_t new_size) const;
  // A checkpoint of this log with the lines of its witnesses, in place of the former one.
  void keep_cosigned(const SignedNote& note);
  [[nodiscard]] std::optional<SignedNote> find_cosigned() const;
  [[nodiscard]] std::optional<Bytes> find_tile(std::string_view path) const;

 private:
  void visit_newest(const std::function<void(std::int64_t index, Bytes entry)>& visit) const;

  mutable std::mutex mutex_;
  Log log_;
};

}  // namespace yizhan
