#include "tests/siege/tracer.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "tests/siege/scene.h"

namespace yizhan {

Tracer::Tracer(pid_t traced, std::filesystem::path output)
    : traced_(traced), output_(std::move(output)) {
  std::vector<std::string> words = {"strace", "-f",  "-qq",          "-s",
                                    "4194304", "-e", "trace=!futex", "-o",
                                    output_.string(), "-p", std::to_string(traced)};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  if (::posix_spawnp(&pid_, arguments[0], nullptr, nullptr, arguments.data(), environ) != 0) {
    throw std::runtime_error("strace is not installed");
  }
  if (!becomes([this] { return is_attached(); }, std::chrono::seconds{20})) {
    throw std::runtime_error("strace does not attach");
  }
}

std::filesystem::path Tracer::stop() {
  if (pid_ > 0) {
    ::kill(pid_, SIGINT);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_ = -1;
  return output_;
}

bool Tracer::is_attached() const {
  const auto tasks = "/proc/" + std::to_string(traced_) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    const std::string status = read_file(task.path() / "status");
    if (status.find("TracerPid:\t" + std::to_string(pid_)) == std::string::npos) return false;
  }
  return true;
}

}  // namespace yizhan
