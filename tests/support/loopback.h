#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "ground/net/net.h"
#include "tests/support/pki.h"

// For the tests of this folder: a real server and real clients on loopback.

namespace yizhan {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

inline TlsKey tls_key(const SoftwareKey& key) {
  const auto pem = key.private_key().pem(SecretBytes());
  return TlsKey::from_pem(text_of(pem.view())).value();
}

// Certificates are slow to make: one authority for all tests of the program.
struct Pki {
  TestAuthority authority;
  TestAuthority stranger{"Somebody Else"};
  SoftwareKey server = issue("server");
  SoftwareKey client = issue("client");

  SoftwareKey issue(const std::string& name, KeyKind kind = KeyKind::kEcP256) {
    return authority.issue({.subject = name,
                            .kind = kind,
                            .usage = CertificateUsage::kTls,
                            .alternative_names = {"IP:127.0.0.1", "DNS:localhost"}});
  }
  TlsIdentity identity(const SoftwareKey& key) {
    return {{key.certificate(), authority.intermediate()}, tls_key(key)};
  }

  static Pki& get() {
    static Pki pki;
    return pki;
  }
};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "yizhan-net-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }
  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return *this / name;
  }

 private:
  std::filesystem::path path_;
};

// What the access log was told, by any thread.
class Log {
 public:
  void add(const AccessRecord& record) {
    const std::scoped_lock lock(mutex_);
    records_.push_back(record);
  }
  std::vector<AccessRecord> records() {
    const std::scoped_lock lock(mutex_);
    return records_;
  }
  // A record is written after its answer is sent: so this waits a little for it.
  bool has(const std::function<bool(const AccessRecord&)>& wanted) {
    for (int i = 0; i < 200; ++i) {
      const auto all = records();
      if (std::any_of(all.begin(), all.end(), wanted)) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  bool mentions(const std::string& note) {
    return has(
        [&](const AccessRecord& record) { return record.note.find(note) != std::string::npos; });
  }

 private:
  std::mutex mutex_;
  std::vector<AccessRecord> records_;
};

// A server on one listener.
class Loopback {
 public:
  explicit Loopback(ListenerConfig listener, ServerConfig config = {}) {
    config.access_log = [this, told = std::move(config.access_log)](const AccessRecord& record) {
      log.add(record);
      if (told) told(record);
    };
    listeners_.push_back(std::move(listener));
    config_ = std::move(config);
  }

  static ListenerConfig mutual_tls() {
    Pki& pki = Pki::get();
    return {.address = "127.0.0.1",
            .tls = ServerTls{.identity = pki.identity(pki.server),
                             .client_anchors = {pki.authority.root()}}};
  }
  static ListenerConfig plain() { return {.address = "127.0.0.1"}; }

  void start() {
    server.emplace(listeners_, router, config_);
    server->start();
  }
  [[nodiscard]] std::uint16_t port() const { return server->ports().at(0); }

  [[nodiscard]] Endpoint endpoint() const {
    Pki& pki = Pki::get();
    return {.host = "127.0.0.1",
            .port = port(),
            .identity = pki.identity(pki.client),
            .anchors = {pki.authority.root()},
            .pinned_server_certificates = {pki.server.certificate().sha256()}};
  }

  Log log;
  Router router;
  std::optional<Server> server;

 private:
  std::vector<ListenerConfig> listeners_;
  ServerConfig config_;
};

inline Response text(std::string_view words) {
  return {.content_type = "text/plain", .body = copy_of(bytes_of(words))};
}
inline Handler echo() {
  return [](const Request& request) { return text(text_of(request.body)); };
}
inline std::string body_of(const Response& response) { return std::string(text_of(response.body)); }

// A TCP connection without any politeness.
class RawSocket {
 public:
  explicit RawSocket(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // The cast is how the interface of sockets is made.
    if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      throw std::runtime_error("connect");
    }
  }
  ~RawSocket() { close(fd_); }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  void send(std::string_view bytes) const {
    static_cast<void>(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  // Until the other side closes, `enough` has been seen, or time is over.
  std::string receive(std::chrono::milliseconds patience, const std::string& enough = "\x01") {
    std::string received;
    const auto until = std::chrono::steady_clock::now() + patience;
    closed_ = false;
    while (std::chrono::steady_clock::now() < until) {
      pollfd poll_it{.fd = fd_, .events = POLLIN, .revents = 0};
      if (poll(&poll_it, 1, 20) == 0) continue;
      std::array<char, 4096> chunk{};
      const auto count = recv(fd_, chunk.data(), chunk.size(), 0);
      closed_ = count <= 0;
      if (closed_) break;
      received.append(chunk.data(), static_cast<std::size_t>(count));
      if (received.find(enough) != std::string::npos) break;
    }
    return received;
  }
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  int fd_;
  bool closed_ = false;
};

struct Outcome {
  int status;
  std::string output;
};

// Runs a program of the machine; its output and errors together.
inline Outcome run(std::vector<std::string> words, std::string_view given = {}) {
  const TemporaryFolder folder;
  const std::string input = folder.write("input", given);
  const std::string output = folder.write("output", "");
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, input.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int error =
      posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return {.status = -1, .output = "can not run " + words[0]};
  int status = 0;
  waitpid(child, &status, 0);
  std::ifstream file(output);
  std::string text_read{std::istreambuf_iterator<char>(file), {}};
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1, .output = std::move(text_read)};
}

}  // namespace yizhan
