#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "ground/daemon/daemon.h"

namespace yizhan {

namespace {

std::string_view text_of(LogLevel level) {
  switch (level) {
    case LogLevel::kNotice:
      return "notice";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kAct:
      return "act";
    case LogLevel::kBroken:
      return "broken";
  }
  return "broken";
}

// Whatever the value holds, it stays one value on one line.
std::string quoted(const std::string& value) {
  std::string text = "\"";
  for (const char c : value) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    if (control) {
      text += "\\x" + to_hex(bytes_of(std::string_view(&c, 1)));
      continue;
    }
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\"";
}

}  // namespace

void log(LogLevel level, const std::string& event, const LogFields& fields) {
  std::string line = "time=" + SystemClock().now().text();
  line += " level=" + std::string(text_of(level)) + " event=" + event;
  for (const auto& [name, value] : fields) line += " " + name + "=" + quoted(value);
  line += "\n";
  // One write: lines of several threads do not mix. A closed standard error is no reason to stop.
  static_cast<void>(::write(STDERR_FILENO, line.data(), line.size()) < 0);
}

void notify_supervisor(const std::string& state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path == nullptr || std::strlen(path) >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, std::strlen(path));
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  ::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&address), size);
  ::close(socket);
}

}  // namespace yizhan
