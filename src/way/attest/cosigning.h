#pragma once

#include <functional>
#include <map>
#include <mutex>

#include "ground/loop/loop.h"
#include "ground/net/net.h"
#include "model/agency/agency.h"
#include "model/evidence/evidence.h"
#include "way/attest/log_standing.h"

namespace yizhan {

// Asks the other centres of the directory to co-sign this centre's newest checkpoint, as C2SP
// tlog-witness has it, until one more than the policy wants has done so; those who are away are
// asked again later and later. One thread works; anyone may look.
class Cosigning {
 public:
  // The add-checkpoint request to that centre. Refuses when there is no answer at all.
  using Ask = std::function<Result<Response>(const Centre& witness, const Bytes& body)>;

  struct Parts {
    EvidenceLog& log;
    const DirectorySource& directory;
    CentreCode own;
    Ask ask;
    LogStanding& standing;
    AttestAlarm& alarm;
    const Clock& clock;
  };

  explicit Cosigning(Parts parts) : parts_(std::move(parts)) {}

  // One round. Whether a checkpoint was newly co-signed.
  bool work();

  // {required, cosigned_size, witnesses: [{centre, size, cosigned?, why?}]}
  [[nodiscard]] Json describe() const;

 private:
  struct Witness {
    std::uint64_t size = 0;  // where it stands, as far as we know
    std::optional<Time> cosigned = {};
    std::int64_t attempts = 0;
    Time due = {};
    std::optional<Refusal> why = {};
    bool disagrees = false;  // and the alarm was given
  };

  struct Round {
    SignedNote note;  // gains the lines
    Checkpoint checkpoint;
    std::int64_t lines = 0;
    std::optional<Refusal> why = {};  // the last that did not sign
  };

  void ask_all(Round& round, const Directory& directory);
  void ask_one(Round& round, const Centre& centre);
  Result<NoteSignature> ask(const Round& round, const Centre& centre, Witness& witness);
  Result<std::uint64_t> standing_of(const Response& answer, const Round& round,
                                    std::uint64_t asked_from) const;
  void note_failure(const Centre& centre, Witness& witness, const Refusal& why);
  [[nodiscard]] bool is_covered(const Round& round, const Directory& directory) const;

  Parts parts_;
  std::size_t first_ = 0;  // whom to ask first: each in its turn
  mutable std::mutex mutex_;
  std::map<CentreCode, Witness> witnesses_;  // written by the working thread only
};

}  // namespace yizhan
