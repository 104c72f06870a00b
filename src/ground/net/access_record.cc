#include "ground/net/server.h"

namespace yizhan {

namespace {

// One word of a key=value line: quoted, so that nothing the peer sends can look like another field.
std::string in_quotes(std::string_view text) {
  std::string safe = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') safe.push_back('\\');
    const auto value = static_cast<std::uint8_t>(c);
    safe.push_back(value < 0x20 || value == 0x7f ? ' ' : c);
  }
  return safe + '"';
}

}  // namespace

std::string AccessRecord::line() const {
  std::string line = "id=" + id + " peer=" + in_quotes(peer);
  if (certificate) line += " certificate=" + certificate->hex();
  if (!method.empty()) line += " method=" + method + " path=" + in_quotes(path);
  line += " status=" + std::to_string(status) + " in=" + std::to_string(request_bytes) +
          " out=" + std::to_string(response_bytes) + " us=" + std::to_string(duration.count());
  if (!note.empty()) line += " note=" + in_quotes(note);
  return line;
}

}  // namespace yizhan
