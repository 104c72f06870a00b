#include "tests/siege/impostor.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "ground/antivirus/antivirus.h"

namespace yizhan {

namespace {

constexpr int kGlance = 20;  // milliseconds

FileHandle listen_at(const std::filesystem::path& path) {
  std::filesystem::remove(path);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  YZ_ASSERT(path.string().size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.string().size());
  FileHandle listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), path);
  YZ_ASSERT(::bind(listener.descriptor(), reinterpret_cast<const sockaddr*>(&address),
                   sizeof address) == 0);
  YZ_ASSERT(::listen(listener.descriptor(), 64) == 0);
  return listener;
}

// What was asked, and the descriptor that came with it (-1: none).
struct Question {
  std::string command;
  int descriptor = -1;
};

void take_piece(int connection, Question& question) {
  std::array<char, 64> bytes{};
  iovec content{bytes.data(), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t got = ::recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
  if (got <= 0) throw std::runtime_error("the scanner hung up");
  question.command.append(bytes.data(), static_cast<std::size_t>(got));
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr) return;
  std::memcpy(&question.descriptor, CMSG_DATA(header), sizeof question.descriptor);
}

Question take_question(int connection) {
  Question question;
  while (question.command.find('\0') == std::string::npos) take_piece(connection, question);
  const bool about_file = question.command.starts_with("zFILDES");
  while (about_file && question.descriptor < 0) take_piece(connection, question);
  return question;
}

}  // namespace

Impostor::Impostor(Plan plan)
    : plan_(std::move(plan)),
      listener_(listen_at(plan_.socket)),
      thread_([this](const std::stop_token& stop) { serve(stop); }) {}

Impostor::~Impostor() {
  thread_.request_stop();
  thread_.join();
  std::filesystem::remove(plan_.socket);
}

void Impostor::serve(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    pollfd source{listener_.descriptor(), POLLIN, 0};
    if (::poll(&source, 1, kGlance) <= 0) continue;
    const int accepted = ::accept4(listener_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) continue;
    FileHandle connection(accepted, "impostor");
    if (plan_.manner == Manner::kSilent) {
      kept_.push_back(std::move(connection));
      continue;
    }
    try {
      answer(connection);
    } catch (const std::runtime_error&) {
      continue;  // the next one
    }
  }
}

void Impostor::answer(const FileHandle& connection) {
  const Question question = take_question(connection.descriptor());
  std::string answer = "UNKNOWN COMMAND";
  if (question.command.starts_with("zVERSION")) answer = plan_.version;
  if (question.command.starts_with("zPING")) answer = "PONG";
  if (question.descriptor >= 0) {
    const FileHandle file(question.descriptor, "file");
    ++files_seen_;
    answer = judge(file.descriptor());
  }
  static_cast<void>(::send(connection.descriptor(), answer.c_str(), answer.size() + 1,
                           MSG_NOSIGNAL));
}

std::string Impostor::judge(int descriptor) const {
  if (plan_.manner == Manner::kYesSayer) return "fd[9]: OK";
  ClamdSettings settings;
  settings.socket_path = plan_.engine.string();
  const Result<ScanAnswer> found = Clamd(settings).scan(descriptor);
  if (!found) return "fd[9]: no engine ERROR";
  return found->outcome == ScanOutcome::kClean ? "fd[9]: OK" : "fd[9]: " + found->name + " FOUND";
}

}  // namespace yizhan
