#include "tests/world/world.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

namespace yizhan {

namespace {

constexpr auto kReadyTime = std::chrono::seconds{60};
constexpr auto kPause = std::chrono::milliseconds{20};

bool answers(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.string().size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.c_str(), path.string().size());
  const int connection = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool open =
      ::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(connection);
  return open;
}

pid_t spawn(const ProgramPlan& plan, const std::filesystem::path& log) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  std::vector<char*> arguments;
  for (const std::string& word : plan.command) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  // The child gets no blocked signal from us, and its own group: a terminal's ^C is ours alone.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int error =
      ::posix_spawn(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error(plan.command[0] + ": " + std::strerror(error));
  return pid;
}

}  // namespace

World::World(const Lab& lab, std::filesystem::path programs, WorldPart part)
    : lab_(lab), programs_(std::move(programs)) {
  const auto root = lab.root();
  const bool whole = part == WorldPart::kAll;
  for (const std::string name : {"clamd", "clamd-agencies"}) {
    if (name == "clamd-agencies" && !whole) continue;
    const std::string config = (root / name / "clamd.conf").string();
    plans_.push_back({name, {"/usr/sbin/clamd", "--foreground", "--config-file=" + config},
                      root / name / "clamd.sock"});
  }
  if (lab.has_management()) plan_management();
  for (const LabCentre& centre : lab.centres()) plan_centre(centre);
  if (!whole) return;
  for (const LabAgency& agency : lab.agencies()) plan_agency(agency);
}

void World::plan_centre(const LabCentre& centre) {
  const auto folder = lab_.root() / centre.folder;
  const auto add = [&](const std::string& name, const std::string& program,
                       const std::string& config, const std::string& socket) {
    plans_.push_back({name + centre.mark,
                      {(programs_ / program).string(), "--config", (folder / config).string()},
                      lab_.socket_of(socket + centre.mark)});
  };
  add("centre-keyholder", "yizhan-keyholder", "keyholder.toml", "scanner-keys");
  add("scanner", "yizhan-scanner", "scanner.toml", "scanner");
  add("exchange", "yizhan-exchange", "exchange.toml", "centre");
}

void World::plan_management() {
  const auto folder = lab_.root() / "management";
  const auto add = [&](const std::string& name, const std::string& program,
                       const std::string& socket) {
    const std::string config = program.substr(std::string("yizhan-").size()) + ".toml";
    plans_.push_back({name,
                      {(programs_ / program).string(), "--config", (folder / config).string()},
                      lab_.socket_of(socket)});
  };
  add("management-keyholder", "yizhan-keyholder", "management-keys");
  add("management", "yizhan-management", "management");
}

void World::plan_agency(const LabAgency& agency) {
  const auto folder = lab_.root() / agency.folder;
  plans_.push_back({agency.folder + "-keyholder",
                    {(programs_ / "yizhan-keyholder").string(), "--config",
                     (folder / "keyholder.toml").string()},
                    lab_.socket_of(agency.folder + "-keys")});
  plans_.push_back({agency.folder + "-terminal",
                    {(programs_ / "yizhan-terminal").string(), "--config",
                     (folder / "terminal.toml").string()},
                    lab_.socket_of(agency.folder)});
}

World::~World() {
  for (const auto& [name, pid] : running_) ::kill(pid, SIGTERM);
  for (const auto& [name, pid] : running_) {
    for (int i = 0; i < 500 && ::waitpid(pid, nullptr, WNOHANG) == 0; ++i) {
      if (i == 400) ::kill(pid, SIGKILL);
      std::this_thread::sleep_for(kPause);
    }
  }
}

void World::start_all() {
  for (const ProgramPlan& plan : plans_) {
    // In order: who needs keys or a scanner finds them there.
    start(plan.name);
    wait_until_ready(plan.name);
  }
}

void World::start(const std::string& name) {
  if (is_running(name)) return;
  running_[name] = spawn(plan(name), lab_.root() / "log" / (name + ".log"));
}

void World::wait_until_ready(const std::string& name) {
  const auto end = std::chrono::steady_clock::now() + kReadyTime;
  while (!answers(plan(name).ready)) {
    if (!is_running(name) || std::chrono::steady_clock::now() > end) {
      throw std::runtime_error(name + " does not serve:\n" + end_of_log(name));
    }
    std::this_thread::sleep_for(kPause);
  }
}

void World::kill(const std::string& name, int signal) {
  const auto found = running_.find(name);
  if (found == running_.end()) return;
  ::kill(found->second, signal);
  ::waitpid(found->second, nullptr, 0);
  running_.erase(found);
}

bool World::is_running(const std::string& name) {
  const auto found = running_.find(name);
  if (found == running_.end()) return false;
  if (::waitpid(found->second, nullptr, WNOHANG) == 0) return true;
  running_.erase(found);
  return false;
}

pid_t World::pid_of(const std::string& name) const { return running_.at(name); }

std::vector<std::string> World::names() const {
  std::vector<std::string> names;
  for (const ProgramPlan& plan : plans_) names.push_back(plan.name);
  return names;
}

int World::restart_ended() {
  int count = 0;
  for (const ProgramPlan& plan : plans_) {
    const bool kept_down = std::filesystem::exists(lab_.root() / "run" / (plan.name + ".down"));
    if (is_running(plan.name) || kept_down) continue;
    start(plan.name);
    ++count;
  }
  return count;
}

const ProgramPlan& World::plan(const std::string& name) const {
  for (const ProgramPlan& plan : plans_) {
    if (plan.name == name) return plan;
  }
  throw std::runtime_error("no such program: " + name);
}

std::string World::end_of_log(const std::string& name) const {
  std::ifstream file(lab_.root() / "log" / (name + ".log"));
  std::stringstream text;
  text << file.rdbuf();
  const std::string all = text.str();
  constexpr std::size_t kShown = 2000;
  return all.size() > kShown ? all.substr(all.size() - kShown) : all;
}

}  // namespace yizhan
