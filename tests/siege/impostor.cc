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

Question take_question(int connection, bool first) {
  constexpr std::string_view kSession("zIDSESSION\0", 11);
  Question question;
  while (first && question.command.size() < kSession.size()) take_piece(connection, question);
  if (first) question.command.erase(0, kSession.size());
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
    std::vector<pollfd> sources{{listener_.descriptor(), POLLIN, 0}};
    for (const Session& session : sessions_) {
      sources.push_back({session.connection.descriptor(), POLLIN, 0});
    }
    const bool silent = plan_.manner == Manner::kSilent;
    if (::poll(sources.data(), silent ? 1 : sources.size(), kGlance) <= 0) continue;
    for (std::size_t i = sources.size() - 1; i > 0; --i) {
      if (sources[i].revents != 0 && !answer(sessions_[i - 1])) {
        sessions_.erase(sessions_.begin() + static_cast<std::ptrdiff_t>(i - 1));
      }
    }
    const int accepted = ::accept4(listener_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted >= 0) sessions_.push_back({FileHandle(accepted, "impostor")});
  }
}

bool Impostor::answer(Session& session) {
  try {
    const Question question = take_question(session.connection.descriptor(), session.asked == 0);
    std::string answer = std::to_string(++session.asked) + ": " + answer_to(question.command);
    if (question.descriptor >= 0) {
      const FileHandle file(question.descriptor, "file");
      ++files_seen_;
      answer = std::to_string(session.asked) + ": " + judge(file.descriptor());
    }
    return ::send(session.connection.descriptor(), answer.c_str(), answer.size() + 1,
                  MSG_NOSIGNAL) > 0;
  } catch (const std::runtime_error&) {
    return false;
  }
}

std::string Impostor::answer_to(const std::string& command) const {
  if (command.starts_with("zVERSION")) return plan_.version;
  if (command.starts_with("zPING")) return "PONG";
  return "UNKNOWN COMMAND";
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
