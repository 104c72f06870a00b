#include "role/keyholder/keyholder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "ground/keys/keys.h"
#include "role/keyholder/keyholder_config.h"
#include "tests/support/clause.h"
#include "tests/support/key_folder.h"

namespace yizhan {
namespace {

struct Ended {
  int status;
  std::string said;
};

// The real program, from the build folder.
class KeyholderProgram : public testing::Test {
 protected:
  KeyholderProgram() {
    Bytes random(16);
    fill_random(random);
    passphrase_ = to_hex(random);
    write_private(folder_ / "passphrase", passphrase_);
    put_key(folder_ / "keys", "agency-sign", key_, passphrase_);
    write_config("agency-sign:sign:document");
  }
  ~KeyholderProgram() override {
    if (running_ > 0) stop(SIGKILL);
  }

  void write_config(const std::string& grant, const std::string& more = "") {
    write_private(folder_ / "keyholder.toml", R"(journal = "uses"
[[module]]
kind = "software"
label = "module"
serial = "SW-0001"
keys = "keys"
passphrase = "passphrase"
)" + more + R"([[caller]]
name = "terminal"
socket = "terminal.sock"
users = [")" + std::to_string(::geteuid()) + "\"]\nkeys = [\"" +
                                                  grant + "\"]\n");
  }

  void start(std::vector<std::string> arguments) {
    const char* build = std::getenv("YIZHAN_BUILD");
    const std::string program = std::string(build != nullptr ? build : ".") + "/yizhan-keyholder";
    arguments.insert(arguments.begin(), {program, "--config", folder_ / "keyholder.toml"});
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, 1, (folder_ / "said").c_str(),
                                       O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::posix_spawn_file_actions_adddup2(&files, 1, 2);
    ASSERT_EQ(::posix_spawn(&running_, program.c_str(), &files, nullptr, raw.data(), environ), 0)
        << program;
    ::posix_spawn_file_actions_destroy(&files);
  }
  Ended stop(int signal) {
    if (signal != 0) ::kill(running_, signal);
    int status = 0;
    ::waitpid(running_, &status, 0);
    running_ = 0;
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(folder_ / "said")};
  }
  Ended run(std::vector<std::string> arguments) {
    start(std::move(arguments));
    return stop(0);
  }
  bool comes_up() {
    for (int i = 0; i < 500 && !keyholder_.list(); ++i) ::usleep(20'000);
    return keyholder_.list().ok();
  }
  // A line of /proc/PID/status or limits.
  [[nodiscard]] std::string proc_line(const std::string& file, const std::string& begin) const {
    std::ifstream stream("/proc/" + std::to_string(running_) + "/" + file);
    for (std::string line; std::getline(stream, line);) {
      if (line.starts_with(begin)) return line;
    }
    return {};
  }
  // False also when the memory can not be read at all.
  [[nodiscard]] bool memory_holds(const std::string& wanted) const {
    const std::string proc = "/proc/" + std::to_string(running_);
    std::ifstream maps(proc + "/maps");
    std::ifstream memory(proc + "/mem", std::ios::binary);
    for (std::string line; std::getline(maps, line);) {
      if (line.find(" rw") == std::string::npos) continue;
      const auto dash = line.find('-');
      const std::uint64_t begin = std::stoull(line.substr(0, dash), nullptr, 16);
      const std::uint64_t end = std::stoull(line.substr(dash + 1), nullptr, 16);
      std::string bytes(end - begin, '\0');
      memory.clear();
      memory.seekg(static_cast<std::streamoff>(begin));
      memory.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
      if (bytes.find(wanted) != std::string::npos) return true;
    }
    return false;
  }

  TemporaryFolder folder_;
  TestAuthority authority_;
  SoftwareKey key_ = authority_.issue({.subject = "agency-sign"});
  std::string passphrase_;
  Keyholder keyholder_{folder_ / "terminal.sock"};
  pid_t running_ = 0;
};

TEST_F(KeyholderProgram, ChecksAndPrintsItsConfiguration) {
  EXPECT_EQ(run({"--check"}).status, 0);
  const Ended printed = run({"--print-config"});
  EXPECT_EQ(printed.status, 0);
  EXPECT_NE(printed.said.find("agency-sign:sign:document"), std::string::npos);
}

TEST_F(KeyholderProgram, DoesNotStartOnAConfigurationThatIsWrong) {
  write_config("agency-sign:sign:anything");
  const Ended grant = run({});
  EXPECT_EQ(grant.status, 2);
  EXPECT_NE(grant.said.find("agency-sign:sign:anything"), std::string::npos);
  write_config("agency-sign:decrypt", "unknown = 1\n");
  EXPECT_EQ(run({}).status, 2);
}

TEST_F(KeyholderProgram, ServesReloadsAndStopsWhenAsked) {
  start({});
  ASSERT_TRUE(comes_up()) << read_file(folder_ / "said");
  const auto key = keyholder_.signing_key("agency-sign");
  ASSERT_TRUE(key);
  EXPECT_TRUE((*key)->sign(Bytes(32), KeyUse::kDocument));

  const SoftwareKey renewed = authority_.issue({.subject = "agency-sign"});
  put_key(folder_ / "keys", "agency-sign", renewed, passphrase_);
  ::kill(running_, SIGHUP);
  const auto is_renewed = [&] {
    return keyholder_.list()->front().certificate == renewed.certificate();
  };
  for (int i = 0; i < 250 && !is_renewed(); ++i) ::usleep(20'000);
  EXPECT_TRUE(is_renewed());

  const Ended ended = stop(SIGTERM);
  EXPECT_EQ(ended.status, 0);
  EXPECT_NE(ended.said.find("module_ready"), std::string::npos);
}

TEST_F(KeyholderProgram, KeepsItsSecretsToItself) {
  start({});
  ASSERT_TRUE(comes_up());
  ASSERT_TRUE((*keyholder_.signing_key("agency-sign"))->sign(Bytes(32), KeyUse::kDocument));
  EXPECT_NE(proc_line("limits", "Max core file size").find(" 0 "), std::string::npos);
  EXPECT_NE(proc_line("status", "NoNewPrivs:").find('1'), std::string::npos);
  const Ended ended = stop(SIGTERM);
  EXPECT_EQ(ended.said.find(passphrase_), std::string::npos);
  for (const auto& file : std::filesystem::directory_iterator(folder_ / "uses")) {
    EXPECT_EQ(read_file(file.path()).find(passphrase_), std::string::npos);
  }
}

TEST_F(KeyholderProgram, LeavesNoPassphraseInItsMemoryAndLocksIt) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer maps terabytes and answers mlockall itself";
#endif
  if (::geteuid() != 0) GTEST_SKIP() << "only root may look into the memory of another process";
  start({});
  ASSERT_TRUE(comes_up());
  ASSERT_TRUE((*keyholder_.signing_key("agency-sign"))->sign(Bytes(32), KeyUse::kDocument));
  EXPECT_EQ(proc_line("status", "VmLck:").find(" 0 kB"), std::string::npos);
  EXPECT_TRUE(memory_holds("SW-0001"));  // so we do see its memory
  EXPECT_FALSE(memory_holds(passphrase_));
}

TEST(KeyholderConfiguration, NamesEverythingThatIsWrongAtOnce) {
  const TemporaryFolder folder;
  write_private(folder / "wrong.toml", R"(
[[module]]
kind = "cloud"
label = "a"
[[module]]
kind = "software"
label = "a"
[[caller]]
name = "Exchange"
socket = "x.sock"
users = ["nobody-of-that-name"]
keys = ["a"]
)");
  const Config config = Config::load({folder / "wrong.toml"}, keyholder_table());
  try {
    read_keyholder_config(config);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.problems().size(), 6);
  }
}

TEST(KeyholderConfiguration, ReadsACard) {
  const TemporaryFolder folder;
  write_private(folder / "card.toml", R"(
[[module]]
kind = "pkcs11"
label = "station"
library = "/usr/lib/vendor.so"
pin = "/run/pin"
names = ["agency-sign=Private Key 1"]
[[caller]]
name = "terminal"
socket = "/run/t.sock"
users = ["root"]
keys = ["agency-sign:sign:document", "agency-sign:sign:evidence"]
)");
  const auto config =
      read_keyholder_config(Config::load({folder / "card.toml"}, keyholder_table()));
  ASSERT_EQ(config.tokens.size(), 1);
  EXPECT_EQ(config.tokens.front().settings.names.at("Private Key 1"), "agency-sign");
  EXPECT_EQ(config.callers.front().grants.size(), 2);
  EXPECT_EQ(config.callers.front().uids, std::set<uid_t>{0});
}

}  // namespace
}  // namespace yizhan
