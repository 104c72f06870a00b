#include "ground/antivirus/clamd_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <system_error>
#include <utility>

namespace yizhan {

namespace {

constexpr std::size_t kAnswerMax = 4096;

Refusal unavailable(const char* what) {
  return {Reason::kScannerUnavailable, std::string("掃毒服務") + what + "。"};
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool send_descriptor(int socket, int descriptor) {
  char filler = 0;
  iovec content{&filler, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof descriptor);
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  ssize_t sent = -1;
  do {
    sent = sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == 1;
}

// Connecting to a Unix socket waits only while the backlog is full; the send timeout bounds it.
void bound_waiting(int socket, Milliseconds time_max) {
  const timeval bound{time_max.count() / 1000, time_max.count() % 1000 * 1000};
  if (setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound) != 0) {
    throw std::system_error(errno, std::generic_category(), "SO_SNDTIMEO");
  }
}

bool is_expected_server(int socket, std::optional<uid_t> expected) {
  if (!expected) return true;
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == *expected;
}

}  // namespace

ClamdSocket::ClamdSocket(ClamdSocket&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), asked_(other.asked_) {}

ClamdSocket::~ClamdSocket() {
  if (socket_ >= 0) close(socket_);
}

Result<ClamdSocket> ClamdSocket::connect(const ClamdSettings& settings) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  YZ_ASSERT(settings.socket_path.size() < sizeof address.sun_path);
  std::copy(settings.socket_path.begin(), settings.socket_path.end(), address.sun_path);
  ClamdSocket made(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (made.socket_ < 0) throw std::system_error(errno, std::generic_category(), "socket");
  bound_waiting(made.socket_, settings.answer_time_max);
  if (::connect(made.socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return unavailable("未啟動或無法連線");
  }
  if (!is_expected_server(made.socket_, settings.server_uid)) {
    return unavailable("之執行身分不符，可能遭冒名");
  }
  return made;
}

bool ClamdSocket::send_question(std::string_view command, std::optional<int> descriptor) {
  std::string line = "z" + std::string(command) + '\0';
  if (asked_ == 0) line.insert(0, "zIDSESSION\0", 11);
  ++asked_;
  return send_all(socket_, line) && (!descriptor || send_descriptor(socket_, *descriptor));
}

Result<std::string> ClamdSocket::ask(std::string_view command, std::optional<int> descriptor,
                                     Milliseconds time_max) {
  if (socket_ < 0) return unavailable("之連線已中斷");
  if (!send_question(command, descriptor)) return hang_up(unavailable("中斷連線"));
  Result<std::vector<std::string>> answers = receive(1, time_max);
  if (!answers) return hang_up(answers.refusal());
  const std::string number = std::to_string(asked_) + ": ";
  const std::string& answer = answers->front();
  if (!answer.starts_with(number)) return hang_up(unavailable("之答覆無法辨識"));
  return answer.substr(number.size());
}

Result<std::vector<std::string>> ClamdSocket::ask_all(std::string_view command,
                                                      std::span<const int> descriptors,
                                                      Milliseconds time_max) {
  if (socket_ < 0) return unavailable("之連線已中斷");
  std::map<std::string, std::size_t> places;
  for (const int descriptor : descriptors) {
    if (!send_question(command, descriptor)) return hang_up(unavailable("中斷連線"));
    places.emplace(std::to_string(asked_), places.size());
  }
  Result<std::vector<std::string>> received = receive(descriptors.size(), time_max);
  if (!received) return hang_up(received.refusal());
  std::vector<std::string> answers(descriptors.size());
  for (const std::string& answer : *received) {
    const std::size_t colon = answer.find(": ");
    const auto place = places.find(answer.substr(0, colon));
    if (place == places.end()) return hang_up(unavailable("之答覆無法辨識"));
    answers[place->second] = answer.substr(colon + 2);
    places.erase(place);  // each is answered once
  }
  return answers;
}

// An answer that comes too late shall not be taken for that of the next question.
Refusal ClamdSocket::hang_up(Refusal why) {
  close(std::exchange(socket_, -1));
  return why;
}

// So many answers, without their NULs.
Result<std::vector<std::string>> ClamdSocket::receive(std::size_t count,
                                                      Milliseconds time_max) const {
  std::vector<std::string> answers;
  std::string begun;
  const auto until = std::chrono::steady_clock::now() + time_max;
  while (begun.size() < kAnswerMax) {
    const auto left = std::chrono::ceil<Milliseconds>(until - std::chrono::steady_clock::now());
    pollfd source{socket_, POLLIN, 0};
    const int ready =
        poll(&source, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return Refusal{Reason::kScanIncomplete, "掃毒逾時，未得結果。"};
    std::array<char, 512> block{};
    const ssize_t got = recv(socket_, block.data(), block.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return unavailable("未答覆即中斷連線");
    begun.append(block.data(), static_cast<std::size_t>(got));
    for (std::size_t end = begun.find('\0'); end != begun.npos; end = begun.find('\0')) {
      answers.push_back(begun.substr(0, end));
      begun.erase(0, end + 1);
    }
    // Nobody asked for more: the last one's NUL is the last byte.
    if (answers.size() == count && begun.empty()) return answers;
    if (answers.size() >= count) break;
  }
  return unavailable("之答覆無法辨識");
}

}  // namespace yizhan
