#include "tests/support/postgres.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace yizhan {

namespace {

namespace fs = std::filesystem;

// PostgreSQL refuses root; root becomes the user postgres.
void give_up_root() {
  if (geteuid() != 0) return;
  const passwd* user = getpwnam("postgres");
  if (user == nullptr || setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 ||
      setuid(user->pw_uid) != 0) {
    _exit(126);
  }
}

fs::path find_programs() {
  for (const char* version : {"17", "16", "15"}) {
    const fs::path bin = fs::path("/usr/lib/postgresql") / version / "bin";
    if (fs::exists(bin / "initdb")) return bin;
  }
  throw std::runtime_error("找不到 PostgreSQL 伺服器，請安裝 postgresql-15");
}

fs::path make_directory() {
  std::string name = (fs::temp_directory_path() / "yizhan-pg-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("無法建立暫存目錄：" + name);
  if (geteuid() == 0) {
    const passwd* user = getpwnam("postgres");
    if (user == nullptr || chown(name.c_str(), user->pw_uid, user->pw_gid) != 0) {
      throw std::runtime_error("無法將暫存目錄交給 postgres：" + name);
    }
    fs::permissions(name, fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
  }
  return name;
}

}  // namespace

PostgresServer& PostgresServer::shared() {
  static PostgresServer server;
  return server;
}

PostgresServer::PostgresServer() : directory_(make_directory()), owner_(getpid()) {
  run("initdb", {"-D", directory_ / "data", "-U", "yizhan", "-A", "trust", "-E", "UTF8",
                 "--locale=C", "--no-sync"});
  start();
}

PostgresServer::~PostgresServer() {
  if (getpid() != owner_) return;
  try {
    stop("immediate");
  } catch (const std::exception&) {
    // A server that is already down is what was wanted.
  }
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void PostgresServer::start() {
  const std::string options = "-c listen_addresses='' -c unix_socket_directories='" +
                              directory_.string() + "' -c max_connections=60";
  run("pg_ctl",
      {"-D", directory_ / "data", "-l", directory_ / "log", "-o", options, "-w", "start"});
}

void PostgresServer::stop(const char* mode) {
  run("pg_ctl", {"-D", directory_ / "data", "-m", mode, "-w", "stop"});
}

void PostgresServer::restart() {
  stop("fast");
  start();
}

std::string PostgresServer::create_database(std::vector<std::string> options) {
  const std::string name = "test" + std::to_string(++databases_);
  options.insert(options.end(), {"-h", directory_, "-U", "yizhan", name});
  run("createdb", std::move(options));
  return "postgresql:host=" + directory_.string() + " user=yizhan dbname=" + name;
}

void PostgresServer::run(const std::string& program, std::vector<std::string> arguments) const {
  static const fs::path kPrograms = find_programs();
  const std::string path = kPrograms / program;
  std::vector<char*> argv{const_cast<char*>(path.c_str())};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork 失敗");
  if (child == 0) {
    give_up_root();
    const int output = open((directory_ / "output").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (output < 0 || chdir(directory_.c_str()) != 0) _exit(125);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execv(path.c_str(), argv.data());
    _exit(127);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw std::runtime_error(program + " 失敗，見 " + directory_.string());
  }
}

}  // namespace yizhan
