#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <sstream>
#include <thread>

#include "ground/json/json.h"
#include "tests/support/soft_token.h"

namespace yizhan {

// The keyholder as a program of its own.
class KeyholderProcess {
 public:
  explicit KeyholderProcess(const std::filesystem::path& config) {
    const char* build = std::getenv("YIZHAN_BUILD");
    const std::filesystem::path programs = build == nullptr ? "build/dev" : build;
    std::string words[] = {(programs / "yizhan-keyholder").string(), "--config", config.string()};
    char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, (config.string() + ".log").c_str(),
                                       O_WRONLY | O_CREAT | O_APPEND, 0644);
    YZ_ASSERT(::posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments, environ) == 0);
    ::posix_spawn_file_actions_destroy(&actions);
  }
  KeyholderProcess(const KeyholderProcess&) = delete;
  KeyholderProcess& operator=(const KeyholderProcess&) = delete;
  ~KeyholderProcess() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_ = -1;
};

// The real keyholder with a module that lies, dawdles, locks itself or is pulled out (shim.cc in
// front of SoftHSM2).
class KeySiege : public testing::Test {
 protected:
  KeySiege()
      : sign_(make_key("sign", KeyKind::kEcP256, CertificateUsage::kSign)),
        curve_(make_key("curve", KeyKind::kEcP256, CertificateUsage::kEncrypt)),
        rsa_(make_key("rsa", KeyKind::kRsa, CertificateUsage::kEncrypt)) {
    token_.leave();
    write_configuration();
    ::setenv("YIZHAN_SHIM_REAL", SoftToken::module().c_str(), 1);
    ::setenv("YIZHAN_SHIM_CONTROL", (folder_ / "control").c_str(), 1);
    ::setenv("YIZHAN_SHIM_CALLS", (folder_ / "calls").c_str(), 1);
    suffer("");
    process_.emplace(folder_ / "keyholder.toml");
    YZ_ASSERT(becomes([&] { return keyholder_.signing_key("sign").ok(); }));
    key_ = *keyholder_.signing_key("sign");
  }

  Certificate make_key(const std::string& name, KeyKind kind, CertificateUsage usage) {
    return token_.make_key(name, authority_, {.subject = name, .kind = kind, .usage = usage});
  }

  void write_configuration() const {
    const char* build = std::getenv("YIZHAN_BUILD");
    const auto shim = std::filesystem::absolute(build == nullptr ? "build/dev" : build) /
                      "tests/siege/libsiege_shim.so";
    std::ostringstream toml;
    toml << "journal = \"uses\"\n[[module]]\nkind = \"pkcs11\"\nlabel = \"" << SoftToken::kLabel
         << "\"\nlibrary = \"" << shim.string() << "\"\npin = \"" << token_.pin_file().string()
         << "\"\ncertificates = \"" << token_.certificates().string()
         << "\"\ndeadline = \"2s\"\n[[caller]]\nname = \"terminal\"\nsocket = \"keys.sock\"\n"
         << "users = [\"" << ::getuid() << "\"]\n"
         << "keys = [\"sign:sign:document\", \"curve:decrypt\", \"rsa:decrypt\"]\n";
    write_private(folder_ / "keyholder.toml", toml.str());
  }

  // What the module does wrong from now on; in one piece, as it may be reading.
  void suffer(const std::string& faults) const {
    write_private(folder_ / "control.new", faults);
    std::filesystem::rename(folder_ / "control.new", folder_ / "control");
  }

  // How often the module answered so: "sign 0" counts signatures made.
  [[nodiscard]] int calls(const std::string& line) const {
    std::istringstream text(read_file(folder_ / "calls"));
    int count = 0;
    for (std::string each; std::getline(text, each);) {
      if (each == line || each.starts_with(line + " ")) ++count;
    }
    return count;
  }

  // Lines of the journal of uses with this outcome; all: "".
  [[nodiscard]] int uses(const std::string& outcome) const {
    int count = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder_ / "uses")) {
      std::istringstream text(read_file(file.path()));
      for (std::string line; std::getline(text, line);) {
        const auto json = parse_json(bytes_of(line));
        if (json && (outcome.empty() || json->value("outcome", "") == outcome)) ++count;
      }
    }
    return count;
  }

  static bool becomes(const std::function<bool()>& so) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!so() && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    return so();
  }

  Result<Bytes> sign() { return key_->sign(digest_, KeyUse::kDocument); }
  bool is_right(const Result<Bytes>& signature) {
    return signature && verify_signature(sign_, key_->scheme(), digest_, *signature);
  }
  void expect_recovery() {
    suffer("");
    EXPECT_TRUE(becomes([&] { return is_right(sign()); }));
    EXPECT_EQ(waiting(), Waiting::kNothing);
  }
  Waiting waiting() { return keyholder_.status()->modules.front().waiting; }

  Result<SecretBytes> open_for(const Certificate& certificate) {
    const auto block = wrap_key(bytes_of("{\"content_key\":1}"), certificate);
    const auto key = keyholder_.decryption_key_for(certificate.sha256());
    if (!key) return key.refusal();
    return unwrap_key(*block, **key);
  }

  TemporaryFolder folder_;
  SoftToken token_;
  TestAuthority authority_;
  const Certificate sign_, curve_, rsa_;
  const Bytes digest_ = Bytes(32, 7);
  Keyholder keyholder_{folder_ / "keys.sock"};
  std::optional<KeyholderProcess> process_;
  // shared_ptr: as the keyholder's client hands it out.
  std::shared_ptr<SigningKey> key_;
};

}  // namespace yizhan
