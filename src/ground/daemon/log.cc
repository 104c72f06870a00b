#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "ground/daemon/daemon.h"
#include "ground/daemon/journal_socket.h"
#include "ground/subject/subject.h"

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

// As syslog counts them.
const char* priority_of(LogLevel level) {
  switch (level) {
    case LogLevel::kNotice:
      return "5";
    case LogLevel::kWarning:
      return "4";
    case LogLevel::kAct:
      return "3";
    case LogLevel::kBroken:
      return "2";
  }
  return "2";
}

// With the document that this thread is at work on, where the caller does not name one.
LogFields with_subject(const LogFields& fields) {
  LogFields all = fields;
  const Subject& subject = worked_on();
  const auto named = [](const auto& field) { return field.first == "message"; };
  if (subject.message.empty() || std::any_of(all.begin(), all.end(), named)) return all;
  if (!subject.sender.empty()) all.emplace_back("sender", subject.sender);
  all.emplace_back("message", subject.message);
  return all;
}

std::string field_name(const std::string& name) {
  std::string upper = "YIZHAN_";
  for (const char c : name) {
    upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return upper;
}

bool tell_journal(LogLevel level, const std::string& text, const LogFields& fields) {
  JournalFields all = {{"MESSAGE", text},
                       {"PRIORITY", priority_of(level)},
                       {"SYSLOG_IDENTIFIER", program_invocation_short_name}};
  for (const auto& [name, value] : fields) all.emplace_back(field_name(name), value);
  return send_to_journal(kJournalSocket, all);
}

}  // namespace

void log(LogLevel level, const std::string& event, const LogFields& fields) {
  LogFields all = with_subject(fields);
  const std::string word(text_of(level));
  std::string text = "level=" + word + " event=" + event;
  for (const auto& [name, value] : all) text += " " + name + "=" + quoted(value);
  all.insert(all.begin(), {{"level", word}, {"event", event}});
  if (stderr_is_journal() && tell_journal(level, text, all)) return;
  const std::string line = "time=" + SystemClock().now().text() + " " + text + "\n";
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
