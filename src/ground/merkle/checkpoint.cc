#include "ground/merkle/checkpoint.h"

#include <charconv>

namespace yizhan {

namespace {

// Takes one line, with its newline, off the text; nullopt at the end.
std::optional<std::string_view> take_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || std::to_string(value) != text) return std::nullopt;
  return value;
}

}  // namespace

Result<Checkpoint> Checkpoint::parse(std::string_view note_text) {
  const auto origin = take_line(note_text);
  const auto size_line = take_line(note_text);
  const auto root_line = take_line(note_text);
  if (!origin || origin->empty() || !size_line || !root_line || !note_text.empty()) {
    return Refusal{Reason::kMalformed, "檢查點須恰有名稱、大小、根雜湊三列"};
  }
  const auto size = parse_decimal(*size_line);
  const auto root_bytes = from_base64(*root_line);
  const auto root = root_bytes ? Sha256::from_bytes(*root_bytes) : std::nullopt;
  if (!size || !root) return Refusal{Reason::kMalformed, "檢查點之大小或根雜湊不合格式"};
  return Checkpoint{std::string(*origin), {*size, *root}};
}

std::string Checkpoint::text() const {
  return origin + "\n" + std::to_string(head.size) + "\n" + to_base64(head.root.view()) + "\n";
}

Result<SignedNote> sign_checkpoint(const Checkpoint& checkpoint, SigningKey& key) {
  return SignedNote::sign(checkpoint.text(), checkpoint.origin, key);
}

Result<Checkpoint> verify_checkpoint(ByteView note, const NoteKey& log_key) {
  const SignedNote signed_note = YZ_TRY(SignedNote::parse(note));
  YZ_TRY(signed_note.verify(log_key));
  Checkpoint checkpoint = YZ_TRY(Checkpoint::parse(signed_note.text()));
  if (checkpoint.origin != log_key.name()) {
    return Refusal{Reason::kBadSignature, "檢查點屬於另一份日誌"};
  }
  return checkpoint;
}

}  // namespace yizhan
