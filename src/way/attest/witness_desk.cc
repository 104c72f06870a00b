#include "way/attest/witness_desk.h"

#include "ground/files/files.h"

namespace yizhan {

namespace {

// Whoever holds a log's key could fill the disk with contradictions.
constexpr std::size_t kConflictsMax = 100;

}  // namespace

WitnessDesk::WitnessDesk(Parts parts)
    : parts_(std::move(parts)),
      witness_({parts_.folder, parts_.own.text(), parts_.key,
                [this](const std::string& origin) { return keys_of(origin); }, parts_.clock}) {
  make_directory(parts_.folder / "conflicts");
}

std::vector<NoteKey> WitnessDesk::keys_of(const std::string& origin) const {
  std::vector<NoteKey> keys;
  if (origin == parts_.own.text()) return keys;
  for (const NoteKey& peer : parts_.peers) {
    if (peer.name() == origin) keys.push_back(peer);
  }
  const auto directory = parts_.directory.current();
  const auto code = CentreCode::parse(origin);
  const Centre* centre = code ? directory->find(*code) : nullptr;
  if (centre == nullptr || centre->standing == Standing::kClosed) return keys;
  const Time now = parts_.clock.now();
  for (const Certificate& log : certificates_for(centre->certificates, Purpose::kLog, now)) {
    auto key = NoteKey::of(origin, log);
    if (key) keys.push_back(std::move(*key));
  }
  return keys;
}

WitnessAnswer WitnessDesk::add_checkpoint(ByteView body) {
  WitnessAnswer answer = witness_.add_checkpoint(body);
  if (answer.conflict) keep(*answer.conflict);
  return answer;
}

void WitnessDesk::keep(const LogConflict& conflict) {
  const auto folder = parts_.folder / "conflicts";
  const std::string name = sha256(bytes_of(conflict.shown.text())).hex();
  {
    const std::lock_guard lock(mutex_);
    const std::vector<std::string> known = list_files(folder);
    if (known.size() >= 2 * kConflictsMax || find_file(folder / (name + ".shown"), 1U << 20)) {
      return;
    }
    write_durably(folder / (name + ".before"), conflict.before.bytes());
    write_durably(folder / (name + ".shown"), conflict.shown.bytes());
  }
  parts_.alarm.log_conflict(conflict);
}

}  // namespace yizhan
