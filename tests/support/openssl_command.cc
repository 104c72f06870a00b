#include "tests/support/openssl_command.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace yizhan {
namespace {

constexpr const char* kLog = "openssl.log";

std::filesystem::path fresh_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "yizhan-openssl-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
  return name;
}

}  // namespace

OpensslCommand::OpensslCommand() : folder_(fresh_folder()) {}

OpensslCommand::~OpensslCommand() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void OpensslCommand::write(const std::string& name, ByteView bytes) {
  std::ofstream file(folder_ / name, std::ios::binary);
  file << text_of(bytes);
  if (!file.flush()) throw std::runtime_error("write " + name);
}

Bytes OpensslCommand::read(const std::string& name) const {
  std::ifstream file(folder_ / name, std::ios::binary);
  if (!file) throw std::runtime_error("read " + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool OpensslCommand::run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  std::vector<char*> raw;
  for (std::string& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder_.c_str());
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, kLog, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t child = 0;
  const int error = posix_spawnp(&child, "openssl", &actions, nullptr, raw.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("the openssl program does not start");
  int status = 0;
  if (waitpid(child, &status, 0) != child) throw std::runtime_error("waitpid");
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string OpensslCommand::log() const { return std::string(text_of(read(kLog))); }

}  // namespace yizhan
