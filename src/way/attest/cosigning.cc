#include "way/attest/cosigning.h"

#include <algorithm>

namespace yizhan {

namespace {

constexpr BackOff kRetry{std::chrono::seconds{1}, std::chrono::minutes{5}};
constexpr int kTries = 3;          // of one witness a round: it may stand elsewhere than we believe
constexpr std::int64_t kSpare = 1; // one more than the policy wants
constexpr std::int64_t kLinesMax = 30;

std::vector<NoteKey> witness_keys(const Centre& centre) {
  std::vector<NoteKey> keys;
  for (const RegisteredCertificate& registered : centre.certificates) {
    if (registered.purpose != Purpose::kLog) continue;
    auto key = NoteKey::of(centre.code.text(), registered.certificate, NoteKeyType::kWitness);
    if (key) keys.push_back(std::move(*key));
  }
  return keys;
}

Refusal disagreement(std::uint64_t size) {
  return {Reason::kProofMismatch, "見證者已簽署至 " + std::to_string(size) +
                                      " 筆，與本日誌之歷史不符：日誌分叉，或還原自舊備份"};
}

std::string text_in(const Response& response) { return std::string(text_of(response.body)); }

}  // namespace

bool Cosigning::work() {
  auto note = parts_.log.find_checkpoint();
  if (!note) return false;
  const auto directory = parts_.directory.current();
  const std::int64_t required = directory->cosignatures_required(parts_.own);
  Round round{std::move(*note), {}};
  round.checkpoint = Checkpoint::parse(round.note.text()).value();
  if (is_covered(round, *directory)) {
    parts_.standing.covered();
    return false;
  }
  ask_all(round, *directory);
  if (round.lines > 0 && round.lines >= required) parts_.log.keep_cosigned(round.note);
  if (round.lines >= required) {
    parts_.standing.covered();
    return round.lines > 0;
  }
  const Refusal nobody{Reason::kUnavailable, "見證者不足：目錄所列者少於所需之數"};
  parts_.standing.uncovered(round.why.value_or(nobody));
  return false;
}

// Newest and co-signed by enough: nobody need be asked.
bool Cosigning::is_covered(const Round& round, const Directory& directory) const {
  const auto cosigned = parts_.log.find_cosigned();
  if (!cosigned || cosigned->text() != round.note.text()) return false;
  const Result<std::int64_t> count = count_cosignatures(*cosigned, parts_.own, directory);
  return count && *count >= std::max<std::int64_t>(1, directory.cosignatures_required(parts_.own));
}

void Cosigning::ask_all(Round& round, const Directory& directory) {
  const std::vector<const Centre*> witnesses = directory.witnesses_of(parts_.own);
  const std::int64_t enough =
      std::min(kLinesMax, directory.cosignatures_required(parts_.own) + kSpare);
  for (std::size_t i = 0; i < witnesses.size() && round.lines < enough; ++i) {
    ask_one(round, *witnesses[(first_ + i) % witnesses.size()]);
  }
  ++first_;
}

void Cosigning::ask_one(Round& round, const Centre& centre) {
  Witness witness;
  {
    const std::lock_guard lock(mutex_);
    witness = witnesses_[centre.code];
  }
  if (parts_.clock.now() < witness.due) {
    round.why = witness.why;
    return;
  }
  const Result<NoteSignature> line = ask(round, centre, witness);
  if (line) {
    round.note.add(*line);
    ++round.lines;
    witness = {.size = round.checkpoint.head.size, .cosigned = parts_.clock.now()};
  } else {
    round.why = Refusal{line.reason(), centre.code.text() + "：" + line.refusal().detail};
    note_failure(centre, witness, line.refusal());
  }
  const std::lock_guard lock(mutex_);
  witnesses_[centre.code] = witness;
}

void Cosigning::note_failure(const Centre& centre, Witness& witness, const Refusal& why) {
  witness.due = parts_.clock.now() + kRetry.after(witness.attempts++);
  witness.why = why;
  if (why.reason != Reason::kProofMismatch || witness.disagrees) return;
  witness.disagrees = true;
  parts_.alarm.witness_disagrees(centre.code.text(), why);
}

Result<NoteSignature> Cosigning::ask(const Round& round, const Centre& centre, Witness& witness) {
  const std::uint64_t size = round.checkpoint.head.size;
  Refusal why{Reason::kUnavailable, "見證者之立足點反覆不定"};
  for (int i = 0; i < kTries; ++i) {
    const std::uint64_t from = std::min(witness.size, size);
    const AddCheckpoint request{from, parts_.log.consistency_proof(from, size), round.note};
    const Response answer = YZ_TRY(parts_.ask(centre, request.body()));
    if (answer.status == 200) {
      return parse_cosignature(round.note, text_in(answer), witness_keys(centre));
    }
    witness.size = YZ_TRY(standing_of(answer, round, from));
  }
  return why;
}

// 409: from where the witness is to be asked again. Refuses kProofMismatch: from nowhere.
Result<std::uint64_t> Cosigning::standing_of(const Response& answer, const Round& round,
                                             std::uint64_t asked_from) const {
  const std::uint64_t size = round.checkpoint.head.size;
  if (answer.status == 422) return disagreement(asked_from);
  if (answer.status != 409) {
    return answer.refusal.value_or(Refusal{
        Reason::kUnavailable, "見證者回應 HTTP " + std::to_string(answer.status)});
  }
  const std::uint64_t there = YZ_TRY(parse_witness_size(text_in(answer)));
  // It stands where we asked from and still refuses: it has signed another root of that size. Or it
  // stands beyond all that we have.
  if (there == asked_from || there > parts_.log.size()) return disagreement(there);
  if (there > size) return Refusal{Reason::kUnavailable, "見證者已見較新之檢查點"};
  return there;
}

Json Cosigning::describe() const {
  const auto directory = parts_.directory.current();
  Json witnesses = Json::array();
  {
    const std::lock_guard lock(mutex_);
    for (const Centre* centre : directory->witnesses_of(parts_.own)) {
      const auto found = witnesses_.find(centre->code);
      const Witness witness = found == witnesses_.end() ? Witness{} : found->second;
      Json item = {{"centre", centre->code.text()}, {"size", witness.size},
                   {"disagrees", witness.disagrees}};
      if (witness.cosigned) item["cosigned"] = witness.cosigned->text();
      if (witness.why) {
        item["why"] = {{"code", code_of(witness.why->reason)}, {"detail", witness.why->detail}};
      }
      witnesses.push_back(std::move(item));
    }
  }
  const auto cosigned = parts_.log.find_cosigned();
  const auto head = cosigned ? Checkpoint::parse(cosigned->text()) : Reason::kNotFound;
  return {{"required", directory->cosignatures_required(parts_.own)},
          {"cosigned_size", head ? head->head.size : 0},
          {"witnesses", std::move(witnesses)}};
}

}  // namespace yizhan
