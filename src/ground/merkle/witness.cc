#include "ground/merkle/witness.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <iomanip>
#include <sstream>

#include "ground/control/control.h"

namespace yizhan {

namespace {

constexpr std::size_t kBodyMax = 65536;
constexpr std::size_t kProofMax = 63;
constexpr std::string_view kOld = "old ";

Refusal malformed() { return {Reason::kMalformed, "不是 add-checkpoint 之內容"}; }

Folder made(const std::filesystem::path& directory) {
  make_directory(directory);
  return Folder(directory);
}

std::optional<std::uint64_t> decimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || std::to_string(value) != text) return std::nullopt;
  return value;
}

std::optional<Sha256> hash_of(std::string_view base64) {
  const auto bytes = from_base64(base64);
  return bytes ? Sha256::from_bytes(*bytes) : std::nullopt;
}

// What is kept of each log: its last checkpoint. A log is a name and a key: under another key, for
// which only who registers it can vouch, it begins anew.
std::string file_of(const NoteKey& log) {
  std::ostringstream id;
  id << std::hex << std::setw(8) << std::setfill('0') << log.id();
  return sha256(bytes_of(log.name())).hex() + "-" + id.str();
}

// From before logs of one name were told apart.
std::string former_file_of(const NoteKey& log) { return sha256(bytes_of(log.name())).hex(); }

const NoteKey* signer_of(const SignedNote& note, const std::vector<NoteKey>& keys) {
  const auto found =
      std::ranges::find_if(keys, [&](const NoteKey& key) { return note.verify(key).ok(); });
  return found == keys.end() ? nullptr : &*found;
}

}  // namespace

Result<AddCheckpoint> AddCheckpoint::parse(ByteView body) {
  if (body.size() > kBodyMax) return Reason::kTooLarge;
  const std::string_view all = text_of(body);
  const auto blank = all.find("\n\n");
  if (blank == std::string_view::npos) return malformed();
  SignedNote note = YZ_TRY(SignedNote::parse(body.subspan(blank + 2)));
  AddCheckpoint request{0, {}, std::move(note)};
  std::string_view lines = all.substr(0, blank + 1);
  for (bool first = true; !lines.empty(); first = false) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(line.size() + 1);
    if (first) {
      const auto size = line.starts_with(kOld) ? decimal(line.substr(kOld.size())) : std::nullopt;
      if (!size) return malformed();
      request.old_size = *size;
      continue;
    }
    const auto hash = hash_of(line);
    if (!hash || request.proof.size() == kProofMax) return malformed();
    request.proof.push_back(*hash);
  }
  return request;
}

Bytes AddCheckpoint::body() const {
  std::string text = std::string(kOld) + std::to_string(old_size) + "\n";
  for (const Sha256& hash : proof) text += to_base64(hash.view()) + "\n";
  Bytes bytes = copy_of(bytes_of(text + "\n"));
  append(bytes, checkpoint.bytes());
  return bytes;
}

Result<NoteSignature> parse_cosignature(const SignedNote& note, std::string_view answer,
                                        const std::vector<NoteKey>& witness) {
  Bytes lines = note.bytes();
  append(lines, bytes_of(answer));
  const SignedNote signed_note = YZ_TRY(SignedNote::parse(lines));
  Refusal why{Reason::kBadSignature, "回覆中沒有該見證者之簽署"};
  for (const NoteKey& key : witness) {
    const Result<Time> seen = signed_note.verify_witness(key);
    if (!seen) continue;
    for (const NoteSignature& line : signed_note.signatures()) {
      if (line.name == key.name() && line.key_id == key.id()) return line;
    }
  }
  return why;
}

Result<std::uint64_t> parse_witness_size(std::string_view body) {
  if (body.ends_with('\n')) body.remove_suffix(1);
  const auto size = decimal(body);
  if (!size) return malformed();
  return *size;
}

Witness::Witness(Parts parts) : parts_(std::move(parts)), folder_(made(parts_.folder)) {}

Witness::Standing Witness::standing(const NoteKey& log) const {
  for (const std::string& file : {file_of(log), former_file_of(log)}) {
    const auto kept = folder_.find_file(file, kBodyMax);
    if (!kept) continue;
    auto note = SignedNote::parse(*kept);
    const auto checkpoint = note ? Checkpoint::parse(note->text()) : note.refusal();
    if (!checkpoint) throw FileError(EIO, "read what was signed last", folder_.path() / file);
    if (note->verify(log)) return {checkpoint->head, std::move(*note)};
  }
  return {{0, merkle_root({})}, std::nullopt};
}

std::optional<WitnessAnswer> Witness::advance(const AddCheckpoint& request,
                                              const Checkpoint& shown, const NoteKey& log) {
  const std::lock_guard lock(mutex_);
  const Standing mine = standing(log);
  const std::string size = std::to_string(mine.head.size) + "\n";
  if (request.old_size != mine.head.size) return WitnessAnswer{409, size};
  std::optional<LogConflict> conflict;
  if (mine.note) conflict.emplace(LogConflict{shown.origin, *mine.note, request.checkpoint});
  if (shown.head.size == mine.head.size && shown.head.root != mine.head.root) {
    return WitnessAnswer{409, size, std::move(conflict)};
  }
  const bool continues = verify_consistency(mine.head, shown.head, request.proof).ok();
  if (!upheld("witness_consistency", continues)) {
    return WitnessAnswer{422, "證明不成立\n", std::move(conflict)};
  }
  if (shown.head != mine.head) folder_.write_durably(file_of(log), request.checkpoint.bytes());
  return std::nullopt;
}

WitnessAnswer Witness::add_checkpoint(ByteView body) {
  Result<AddCheckpoint> request = AddCheckpoint::parse(body);
  const auto shown = request ? Checkpoint::parse(request->checkpoint.text())
                             : Result<Checkpoint>(request.refusal());
  if (!shown) return {400, shown.refusal().detail + "\n"};
  const std::vector<NoteKey> keys = parts_.find_log(shown->origin);
  if (keys.empty()) return {404, "不認得的日誌\n"};
  const NoteKey* log = signer_of(request->checkpoint, keys);
  if (log == nullptr) return {403, "檢查點不是該日誌之金鑰所簽\n"};
  if (request->old_size > shown->head.size) return {400, "old 大於檢查點\n"};
  if (auto refused = advance(*request, *shown, *log)) return std::move(*refused);
  // Durable: now it may be signed, and a slow card keeps nobody else waiting.
  SignedNote note = request->checkpoint;
  if (!note.cosign(parts_.name, parts_.key, parts_.clock.now())) return {503, "金鑰暫時無法簽署\n"};
  const std::string signed_note(text_of(note.bytes()));
  const auto last = signed_note.rfind('\n', signed_note.size() - 2);
  return {200, signed_note.substr(last + 1)};
}

}  // namespace yizhan
