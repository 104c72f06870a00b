#include "duty/addresses/nft.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <vector>

namespace yizhan {

namespace {

using std::chrono::steady_clock;

constexpr auto kDeadline = std::chrono::seconds{30};
constexpr std::size_t kOutputBytesMax = 64U << 20;
constexpr std::size_t kErrorBytesMax = 2000;

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() { close(); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

struct Pipe {
  Descriptor read, write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe2");
  }
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// nft opens its standard input by name, which a socket does not let it; a pipe whose reader is gone
// raises a signal. This is a file in memory.
Descriptor make_input(const std::string& text) {
  Descriptor file(memfd_create("nft", MFD_CLOEXEC));
  std::size_t given = 0;
  while (file.get() >= 0 && given < text.size()) {
    const ssize_t count = ::write(file.get(), text.data() + given, text.size() - given);
    if (count <= 0) break;
    given += static_cast<std::size_t>(count);
  }
  if (given < text.size() || lseek(file.get(), 0, SEEK_SET) != 0) {
    throw std::system_error(errno, std::generic_category(), "memfd");
  }
  return file;
}

// A program at work, which is ended with this object.
class Child {
 public:
  Child(const std::filesystem::path& program, std::vector<std::string> words,
        const std::string& text)
      : input_(make_input(text)), output_(make_pipe()), errors_(make_pipe()) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input_.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output_.write.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, errors_.write.get(), STDERR_FILENO);
    std::vector<char*> arguments;
    words.insert(words.begin(), program.string());
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::array<char*, 2> environment = {const_cast<char*>("LC_ALL=C"), nullptr};
    failed_ = posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments.data(),
                          environment.data());
    posix_spawn_file_actions_destroy(&actions);
    input_.close();
    output_.write.close();
    errors_.write.close();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ <= 0 || failed_ != 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  [[nodiscard]] int failed() const { return failed_; }

  // Takes what it says; its exit status, or nullopt when it took too long.
  std::optional<int> hear(std::string& output, std::string& errors) {
    const auto end = steady_clock::now() + kDeadline;
    bool reading = true, erring = true;
    while (reading || erring) {
      const auto left = std::chrono::duration_cast<Milliseconds>(end - steady_clock::now());
      if (left.count() <= 0) return std::nullopt;
      std::array<pollfd, 2> waits = {{{reading ? output_.read.get() : -1, POLLIN, 0},
                                      {erring ? errors_.read.get() : -1, POLLIN, 0}}};
      if (poll(waits.data(), waits.size(), static_cast<int>(left.count())) < 0) continue;
      if (waits[0].revents != 0) reading = take(output_.read, output, kOutputBytesMax);
      if (waits[1].revents != 0) erring = take(errors_.read, errors, kErrorBytesMax);
    }
    int status = 0;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  }

 private:
  // false: nothing more comes. Beyond the limit it is read and not kept.
  static bool take(const Descriptor& from, std::string& into, std::size_t bytes_max) {
    std::array<char, 65536> some{};
    const ssize_t count = ::read(from.get(), some.data(), some.size());
    if (count < 0) return errno == EINTR;
    if (into.size() < bytes_max) into.append(some.data(), static_cast<std::size_t>(count));
    return count > 0;
  }

  Descriptor input_;
  Pipe output_, errors_;
  pid_t pid_ = -1;
  int failed_ = 0;
};

}  // namespace

Result<std::string> Nft::run(std::vector<std::string> words, const std::string& input) const {
  Child child(program_, std::move(words), input);
  if (child.failed() != 0) {
    return Refusal{Reason::kUnavailable,
                   program_.string() + "：" + std::generic_category().message(child.failed())};
  }
  std::string output, errors;
  const auto status = child.hear(output, errors);
  if (!status) return Refusal{Reason::kUnavailable, "nft 逾時未回應"};
  if (*status != 0) return Refusal{Reason::kUnavailable, "nft：" + errors};
  return output;
}

Result<void> Nft::apply(const Json& transaction) const {
  YZ_TRY(run({"-j", "-f", "-"}, transaction.dump()));
  return {};
}

Result<Json> Nft::list(const std::string& table) const {
  const std::string said = YZ_TRY(run({"-j", "list", "table", "inet", table}, ""));
  return parse_json(bytes_of(said), {.bytes_max = kOutputBytesMax});
}

}  // namespace yizhan
