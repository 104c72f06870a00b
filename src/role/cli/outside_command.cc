#include "role/cli/outside_command.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace yizhan {

Result<bool> run_outside(std::vector<std::string> words, std::optional<int> output) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  if (output) ::posix_spawn_file_actions_adddup2(&actions, *output, STDOUT_FILENO);
  pid_t child = 0;
  const int error = ::posix_spawn(&child, arguments.front(), &actions, nullptr, arguments.data(),
                                  environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return Refusal{Reason::kUnavailable, words.front() + "：" + std::to_string(error)};
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace yizhan
