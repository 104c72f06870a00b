#include "tests/support/clamd.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace yizhan {

namespace {

constexpr const char* kProgram = "/usr/sbin/clamd";

void write_file(const std::string& path, std::string_view content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

std::string hex(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    digits += {kDigits[octet >> 4], kDigits[octet & 15]};
  }
  return digits;
}

// In two pieces, lest this file itself be found.
std::string eicar() {
  return std::string(R"(X5O!P%@AP[4\PZX54(P^)7CC)7}$)") + "EICAR-STANDARD-" +
         "ANTIVIRUS-TEST-FILE!$H+H*";
}

std::string signatures() {
  return "Eicar-Test-Signature:0:0:" + hex(eicar()) + "\n" +  //
         "Yizhan.Test:0:*:" + hex(own_test_pattern()) + "\n";
}

bool answers(const std::string& socket_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(socket_path.begin(), socket_path.end(), address.sun_path);
  const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  char answer = 0;
  const bool alive =
      connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      send(client, "zPING", 6, MSG_NOSIGNAL) == 6 && recv(client, &answer, 1, 0) == 1;
  close(client);
  return alive;
}

}  // namespace

std::string own_test_pattern() { return std::string("YIZHAN-TEST-") + "MALWARE-0001-NOT-REAL"; }

std::string write_clamd_config(const std::string& folder) {
  std::filesystem::create_directories(folder + "/signatures");
  std::filesystem::create_directories(folder + "/temporary");
  write_file(folder + "/signatures/yizhan.ndb", signatures());
  const std::string path = folder + "/clamd.conf";
  write_file(path,
             "Foreground yes\n"
             "LocalSocket " +
                 folder +
                 "/clamd.sock\n"
                 "LocalSocketMode 600\n"
                 "FixStaleSocket yes\n"
                 "DatabaseDirectory " +
                 folder +
                 "/signatures\n"
                 "TemporaryDirectory " +
                 folder +
                 "/temporary\n"
                 "LogFile " +
                 folder +
                 "/clamd.log\n"
                 "MaxThreads 8\n"
                 "MaxQueue 200\n"
                 "SelfCheck 0\n"
                 "DisableCache yes\n"
                 "AlertExceedsMax yes\n"
                 "AlertEncrypted yes\n"
                 "MaxScanTime 110000\n"
                 "MaxScanSize 2000M\n"
                 "MaxFileSize 2000M\n"
                 "StreamMaxLength 2000M\n"
                 "MaxEmbeddedPE 2000M\n"
                 "MaxHTMLNormalize 2000M\n"
                 "MaxHTMLNoTags 2000M\n"
                 "MaxScriptNormalize 2000M\n"
                 "MaxZipTypeRcg 2000M\n"
                 "PCREMaxFileSize 2000M\n"
                 "MaxRecursion 30\n"
                 "MaxFiles 50000\n"
                 "MaxDirectoryRecursion 30\n");
  return path;
}

ClamdServer::ClamdServer() {
  std::string folder = std::filesystem::temp_directory_path() / "yizhan-clamd-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("mkdtemp");
  folder_ = folder;
  write_clamd_config(folder_);
  start();
}

ClamdServer::~ClamdServer() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void ClamdServer::start() {
  const std::string option = "--config-file=" + folder_ + "/clamd.conf";
  const std::string output = folder_ + "/output.log";
  const std::array arguments{"clamd", option.c_str(), static_cast<const char*>(nullptr)};
  const std::array environment{"TZ=UTC", static_cast<const char*>(nullptr)};
  pid_ = fork();
  if (pid_ == 0) {
    const int log = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execve(kProgram, const_cast<char* const*>(arguments.data()),
           const_cast<char* const*>(environment.data()));
    _exit(127);
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!answers(socket_path())) {
    if (waitpid(pid_, nullptr, WNOHANG) != 0 || std::chrono::steady_clock::now() > until) {
      throw std::runtime_error("clamd does not start; see " + output);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void ClamdServer::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void ClamdServer::freeze() { ::kill(pid_, SIGSTOP); }

void ClamdServer::thaw() { ::kill(pid_, SIGCONT); }

void ClamdServer::set_option(const std::string& name, const std::string& value) {
  std::ifstream file(folder_ + "/clamd.conf");
  std::string text;
  bool found = false;
  for (std::string line; std::getline(file, line);) {
    const bool this_one = line.starts_with(name + " ");
    found = found || this_one;
    text += (this_one ? name + " " + value : line) + "\n";
  }
  if (!found) throw std::runtime_error("no such option: " + name);
  write_file(folder_ + "/clamd.conf", text);
}

void ClamdServer::replace_signatures(std::string_view ndb) {
  write_file(folder_ + "/signatures/yizhan.ndb", ndb);
}

}  // namespace yizhan
