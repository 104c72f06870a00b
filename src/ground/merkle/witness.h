#pragma once

#include <filesystem>
#include <functional>
#include <mutex>

#include "ground/files/files.h"
#include "ground/merkle/checkpoint.h"

// C2SP tlog-witness: who watches other logs, and signs only what continues what it signed before.
// So a log with two faces finds a witness for one of them at most.

namespace yizhan {

// The body of an add-checkpoint request: where the witness stands, what leads from there to the
// checkpoint, and the checkpoint.
struct AddCheckpoint {
  std::uint64_t old_size = 0;
  MerklePath proof;
  SignedNote checkpoint;

  // At most 64 KiB and 63 hashes. Refuses kMalformed, kTooLarge.
  static Result<AddCheckpoint> parse(ByteView body);
  [[nodiscard]] Bytes body() const;
};

// What the log reads in the answer to its note: the line of that witness (by one of its keys),
// verified. Refuses kMalformed, kBadSignature.
Result<NoteSignature> parse_cosignature(const SignedNote& note, std::string_view answer,
                                        const std::vector<NoteKey>& witness);
// Where the witness stands, out of a body with 409. Refuses kMalformed.
Result<std::uint64_t> parse_witness_size(std::string_view body);

// Two checkpoints that the log has signed, and the later was not shown to continue the earlier. Of
// one size they prove that the log has two faces.
struct LogConflict {
  std::string origin;
  SignedNote before;
  SignedNote shown;
};

struct WitnessAnswer {
  int status;         // of HTTP
  std::string body;   // 200: the signature line; 409: the size that the witness stands at
  std::optional<LogConflict> conflict = {};  // with 409 (another root of one size) and 422

  static constexpr std::string_view kSizeType = "text/x.tlog.size";  // of a body with 409
};

class Witness {
 public:
  // The keys of a log that is known under this name; empty: it is not known.
  using FindLog = std::function<std::vector<NoteKey>(const std::string& origin)>;

  struct Parts {
    std::filesystem::path folder;  // the checkpoint signed last of each log; made when absent
    std::string name;              // of the witness
    SigningKey& key;               // Ed25519
    FindLog find_log;
    const Clock& clock;
  };
  explicit Witness(Parts parts);

  // 200; 400 no such request, or from beyond the checkpoint; 403 not signed by a key of that log;
  // 404 unknown log; 409 the witness stands elsewhere, or has signed another root of that size; 422
  // the proof does not lead there; 503 the key does not sign. What is signed is durable before it
  // is signed. Several threads; FileError when the disk fails.
  WitnessAnswer add_checkpoint(ByteView body);

 private:
  struct Standing {
    TreeHead head;
    std::optional<SignedNote> note;  // none: nothing was signed yet
  };
  [[nodiscard]] Standing standing(const NoteKey& log) const;
  // Steps forward to what is shown, durably; an answer when it may not.
  std::optional<WitnessAnswer> advance(const AddCheckpoint& request, const Checkpoint& shown,
                                       const NoteKey& log);

  Parts parts_;
  Folder folder_;
  std::mutex mutex_;  // from reading where we stand to writing it anew
};

}  // namespace yizhan
