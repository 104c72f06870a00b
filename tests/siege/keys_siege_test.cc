#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <sstream>
#include <thread>

#include "ground/json/json.h"
#include "tests/support/clause.h"
#include "tests/support/soft_token.h"

// K06, K09: the real keyholder with a module that lies, dawdles, locks itself or is pulled out
// (shim.cc in front of SoftHSM2).

namespace yizhan {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

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

  static bool becomes(const std::function<bool()>& so, milliseconds patience = seconds{20}) {
    const auto end = steady_clock::now() + patience;
    while (!so() && steady_clock::now() < end) std::this_thread::sleep_for(milliseconds{50});
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

TEST_F(KeySiege, NoWrongSignatureEverLeaves) {
  CLAUSE("五(六)");
  for (const char* fault : {"spoil 1", "cut 1"}) {
    suffer(fault);
    const int made = calls("sign 0");
    for (int i = 0; i < 25; ++i) EXPECT_EQ(sign().reason(), Reason::kKeyholderUnavailable);
    EXPECT_EQ(calls("sign 0") - made, 25) << "the module must have lied";
    expect_recovery();
  }
}

TEST_F(KeySiege, AWrongSecretOpensNothing) {
  ASSERT_TRUE(open_for(curve_));
  ASSERT_TRUE(open_for(rsa_));
  suffer("spoil 1");
  for (int i = 0; i < 10; ++i) {
    const Result<SecretBytes> curve = open_for(curve_), rsa = open_for(rsa_);
    EXPECT_EQ(curve.reason(), Reason::kUnopenable);
    EXPECT_EQ(rsa.reason(), Reason::kUnopenable);
  }
  suffer("");
  EXPECT_TRUE(open_for(curve_));
  EXPECT_TRUE(open_for(rsa_));
}

TEST_F(KeySiege, EveryErrorInMidOperationIsAClearRefusalAndPasses) {
  const std::pair<CK_RV, Reason> errors[] = {
      {CKR_FUNCTION_FAILED, Reason::kKeyholderUnavailable},
      {CKR_GENERAL_ERROR, Reason::kKeyholderUnavailable},
      {CKR_DEVICE_MEMORY, Reason::kKeyholderUnavailable},
      {CKR_BUFFER_TOO_SMALL, Reason::kKeyholderUnavailable},
      {CKR_VENDOR_DEFINED | 7, Reason::kKeyholderUnavailable},
      {CKR_SESSION_HANDLE_INVALID, Reason::kTokenLocked},
      {CKR_USER_NOT_LOGGED_IN, Reason::kTokenLocked},
      {CKR_DEVICE_ERROR, Reason::kTokenLocked},
      {CKR_DEVICE_REMOVED, Reason::kTokenLocked},
      {CKR_TOKEN_NOT_PRESENT, Reason::kTokenLocked},
      {CKR_PIN_EXPIRED, Reason::kTokenLocked},
  };
  for (const auto& [code, reason] : errors) {
    suffer("sign " + std::to_string(code));
    const Result<Bytes> refused = sign();
    ASSERT_FALSE(refused.ok()) << code;
    EXPECT_EQ(refused.reason(), reason) << code;
    EXPECT_FALSE(refused.refusal().detail.empty()) << code;
    expect_recovery();
  }
}

TEST_F(KeySiege, ACardPulledOutInMidOperationIsWaitedForAndFoundAgain) {
  suffer("sign " + std::to_string(CKR_DEVICE_REMOVED) + " info " +
         std::to_string(CKR_TOKEN_NOT_PRESENT));
  EXPECT_EQ(sign().reason(), Reason::kTokenLocked);
  EXPECT_EQ(waiting(), Waiting::kRemoved);
  std::this_thread::sleep_for(seconds{3});
  EXPECT_EQ(waiting(), Waiting::kRemoved);
  suffer("");
  // By itself: nobody needs to ask for a signature first.
  EXPECT_TRUE(becomes([&] { return waiting() == Waiting::kNothing; }));
  expect_recovery();
}

TEST_F(KeySiege, ALockedCardIsNotOfferedItsPinAgain) {
  const int before = calls("login");
  suffer("sign " + std::to_string(CKR_USER_NOT_LOGGED_IN) + " login " +
         std::to_string(CKR_PIN_LOCKED));
  EXPECT_EQ(sign().reason(), Reason::kTokenLocked);
  EXPECT_EQ(waiting(), Waiting::kLocked);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(sign().reason(), Reason::kTokenLocked);
    std::this_thread::sleep_for(seconds{1});
  }
  EXPECT_EQ(calls("login") - before, 1);
  EXPECT_EQ(waiting(), Waiting::kLocked);
  suffer("");
  // Whoever unlocks a card gives it a new PIN.
  std::filesystem::last_write_time(
      token_.pin_file(), std::filesystem::last_write_time(token_.pin_file()) + seconds{1});
  expect_recovery();
}

TEST_F(KeySiege, ASlowModuleKeepsNobodyWaitingBeyondItsDeadline) {
  suffer("slow 5000");
  const auto begun = steady_clock::now();
  EXPECT_EQ(sign().reason(), Reason::kKeyholderUnavailable);
  EXPECT_LT(steady_clock::now() - begun, seconds{4});
  EXPECT_EQ(waiting(), Waiting::kSilent);
  EXPECT_EQ(sign().reason(), Reason::kKeyholderUnavailable);
  EXPECT_LT(steady_clock::now() - begun, seconds{4}) << "and the next is refused at once";
  expect_recovery();
}

// The journal of uses against an independent count: what the module did with its private keys.
TEST_F(KeySiege, TheJournalHoldsExactlyTheUsesThatTheModuleSaw) {
  CLAUSE("五(六)");
  constexpr int kRounds = 15;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        EXPECT_TRUE(is_right(sign()));
        EXPECT_TRUE(open_for(i % 2 == 0 ? curve_ : rsa_));
      }
    });
  }
  threads.clear();
  suffer("spoil 1");
  for (int i = 0; i < kRounds; ++i) EXPECT_FALSE(sign().ok());
  suffer("sign " + std::to_string(CKR_FUNCTION_FAILED));
  for (int i = 0; i < kRounds; ++i) EXPECT_FALSE(sign().ok());
  suffer("");
  const int made = calls("sign 0") + calls("decrypt 0") + calls("derive 0");
  EXPECT_GE(made, 4 * kRounds * 2 + kRounds);
  EXPECT_EQ(uses("done"), made);
  EXPECT_EQ(uses(""), calls("sign") + calls("decrypt") + calls("derive"));
}

}  // namespace
}  // namespace yizhan
