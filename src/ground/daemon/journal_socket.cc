#include "ground/daemon/journal_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace yizhan {

namespace {

// A value with a line end stands behind its length, 64 bits little-endian.
void append_field(std::string& to, const std::string& name, const std::string& value) {
  to += name;
  if (value.find('\n') == std::string::npos) {
    to += '=';
  } else {
    to += '\n';
    const std::uint64_t size = value.size();
    for (int shift = 0; shift < 64; shift += 8) to += static_cast<char>(size >> shift & 0xff);
  }
  to += value;
  to += '\n';
}

}  // namespace

bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  // A child whose standard error was turned elsewhere has the variable still.
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == stream;
}

bool send_to_journal(const std::string& socket, const JournalFields& fields) {
  sockaddr_un address{};
  if (socket.size() >= sizeof address.sun_path) return false;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket.c_str(), socket.size());
  std::string datagram;
  for (const auto& [name, value] : fields) append_field(datagram, name, value);
  const int sender = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (sender < 0) return false;
  const auto sent = ::sendto(sender, datagram.data(), datagram.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::close(sender);
  return sent == static_cast<ssize_t>(datagram.size());
}

}  // namespace yizhan
