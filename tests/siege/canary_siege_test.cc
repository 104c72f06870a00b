#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <thread>

#include "ground/files/files.h"
#include "tests/siege/process_memory.h"
#include "tests/siege/scene.h"

// K08, V07: after a letter's whole journey neither its text nor a key nor a passphrase is found
// where it has no business: in the memory, environment, command line, logs and data of the programs
// around, nor in what the centre asks of the system.

namespace yizhan {
namespace {

using std::chrono::seconds;

// The private key of a P-256 or Ed25519 key file as it stands in memory: in the order of the
// standards, and in that of this machine's big numbers.
Canaries key_canaries(const std::filesystem::path& file, const SecretBytes& passphrase) {
  const PrivateKey key = PrivateKey::parse_pem(bytes_of(read_file(file)), passphrase).value();
  auto* const native = static_cast<EVP_PKEY*>(key.handle());
  std::string bytes(32, '\0');
  auto* const into = reinterpret_cast<unsigned char*>(bytes.data());
  std::size_t size = bytes.size();
  const std::string name = file.parent_path().parent_path().filename() / file.stem();
  if (EVP_PKEY_get_raw_private_key(native, into, &size) == 1) return {{name, bytes}};
  BIGNUM* scalar = nullptr;
  YZ_ASSERT(EVP_PKEY_get_bn_param(native, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1);
  YZ_ASSERT(BN_bn2binpad(scalar, into, 32) == 32);
  BN_clear_free(scalar);
  return {{name, bytes}, {name, std::string(bytes.rbegin(), bytes.rend())}};
}

// strace beside a running program and all its threads, until the end of this object.
class Tracer {
 public:
  Tracer(pid_t traced, std::filesystem::path output)
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
    if (!becomes([this] { return is_attached(); }, seconds{20})) {
      throw std::runtime_error("strace does not attach");
    }
  }
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;
  ~Tracer() { stop(); }

  // What the program asked of the system so far.
  std::filesystem::path stop() {
    if (pid_ > 0) {
      ::kill(pid_, SIGINT);
      ::waitpid(pid_, nullptr, 0);
    }
    pid_ = -1;
    return output_;
  }

 private:
  [[nodiscard]] bool is_attached() const {
    const auto tasks = "/proc/" + std::to_string(traced_) + "/task";
    for (const auto& task : std::filesystem::directory_iterator(tasks)) {
      const std::string status = read_file(task.path() / "status");
      if (status.find("TracerPid:\t" + std::to_string(pid_)) == std::string::npos) return false;
    }
    return true;
  }

  pid_t traced_;
  std::filesystem::path output_;
  pid_t pid_ = -1;
};

struct Letter {
  std::string document;
  Canaries canaries;  // its attachment and its subject
};

class CanarySiege : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root may look into the memory of our programs";
  }

  // A letter that has gone all the way, of which every word worth hiding stands nowhere else.
  Letter send_letter() {
    const std::string serial = scene_.next_serial();
    const std::string text = "CANARY-" + sha256(bytes_of("canary " + serial)).hex();
    Letter letter{Clerk(scene_.lab(), "a").send_letter(serial, text),
                  {{"attachment", text}, {"subject", "裝置操作說明 " + serial}}};
    EXPECT_TRUE(becomes([&] {
      return fates_of(scene_.lab(), letter.document) == std::map<std::string, int>{{"received", 2}};
    })) << testing::PrintToString(fates_of(scene_.lab(), letter.document));
    return letter;
  }

  // Of every program of the lab (and its children) that `may` does not allow for.
  void expect_none_in_memory(const Canaries& canaries,
                             const std::function<bool(const std::string&)>& may) {
    std::uint64_t searched = 0;
    for (const std::string& name : scene_.world().names()) {
      if (may(name)) continue;
      for (const pid_t pid : family_of(scene_.world().pid_of(name))) {
        const Findings found = search_memory(pid, canaries);
        EXPECT_EQ(found.names, none_) << name << " " << pid;
        EXPECT_GT(found.searched, 100'000u) << name << " was not searched";
        searched += found.searched;
      }
    }
    EXPECT_GT(searched, 0u);
    std::cout << searched / 1024 / 1024 << " MiB of memory\n";
  }
  void expect_none_at_start(const Canaries& canaries) {
    for (const std::string& name : scene_.world().names()) {
      const Findings found = search_start(scene_.world().pid_of(name), canaries);
      EXPECT_EQ(found.names, none_) << name;
      EXPECT_GT(found.searched, 0u) << name;
    }
  }
  [[nodiscard]] std::filesystem::path root() const { return scene_.lab().root(); }

  Scene& scene_ = Scene::shared();
  const std::set<std::string> none_;
};

TEST_F(CanarySiege, ALettersTextIsNeitherInTheCentresMemoryNorInItsFolders) {
  const Letter letter = send_letter();
  const std::set<std::string> both = {"attachment", "subject"};
  // The search finds what is there:
  EXPECT_EQ(search_memory(::getpid(), letter.canaries).names, both);
  EXPECT_EQ(search_files(root() / "b/data", letter.canaries).names, both);
  // Sender, receivers and the scanner with its engine have to see it; nobody else does.
  expect_none_in_memory(letter.canaries, [](const std::string& name) {
    return name.ends_with("-terminal") || name == "scanner" || name.starts_with("clamd");
  });
  expect_none_at_start(letter.canaries);
  for (const char* folder : {"centre", "log", "run", "trust", "a/key-uses", "clamd"}) {
    EXPECT_EQ(search_files(root() / folder, letter.canaries).names, none_) << folder;
  }
}

TEST_F(CanarySiege, AKeyIsInItsKeyholderOnlyAndAPassphraseNowhere) {
  send_letter();  // so that all of them have been used
  const std::string passphrase = read_file(root() / "passphrase");
  const SecretBytes secret = secret_of(passphrase);
  for (const std::string owner : {"centre", "a", "b", "c"}) {
    Canaries keys;
    for (const auto& file : std::filesystem::directory_iterator(root() / owner / "keys")) {
      if (file.path().extension() != ".key") continue;
      std::ranges::move(key_canaries(file.path(), secret), std::back_inserter(keys));
    }
    const std::string keyholder = owner + "-keyholder";
    // Where they are, the search finds them:
    EXPECT_GE(search_memory(scene_.world().pid_of(keyholder), keys).names.size(), 3u) << owner;
    expect_none_in_memory(keys, [&](const std::string& name) { return name == keyholder; });
    EXPECT_EQ(search_files(root(), keys).names, none_) << owner;
  }
  const Canaries phrase = {{"passphrase", passphrase}};
  expect_none_in_memory(phrase, [](const std::string&) { return false; });
  expect_none_at_start(phrase);
  for (const char* folder : {"centre", "a", "b", "c", "log", "run", "trust", "officers"}) {
    EXPECT_EQ(search_files(root() / folder, phrase).names, none_) << folder;
  }
}

TEST_F(CanarySiege, NoProgramOfOursLeavesACoreOrLetsItselfBeRead) {
  EXPECT_TRUE(is_dumpable(::getpid()));  // we are no such program
  EXPECT_GE(family_of(scene_.world().pid_of("scanner")).size(), 2u) << "and its nursery";
  for (const std::string& name : scene_.world().names()) {
    if (name.starts_with("clamd")) continue;
    for (const pid_t pid : family_of(scene_.world().pid_of(name))) {
      EXPECT_FALSE(is_dumpable(pid)) << name << " " << pid;
      std::istringstream limits(read_file("/proc/" + std::to_string(pid) + "/limits"));
      std::string line;
      while (std::getline(limits, line) && !line.starts_with("Max core file size")) continue;
      std::istringstream fields(line.substr(std::string("Max core file size").size()));
      std::string soft, hard;
      fields >> soft >> hard;
      EXPECT_EQ(soft + " " + hard, "0 0") << name << " " << pid;
    }
  }
}

// What passes between a program and the system, as its administrator could watch it.
TEST_F(CanarySiege, TheCentreNeverHandsALettersTextToTheSystem) {
  const TemporaryFolder folder;
  Tracer centre(scene_.world().pid_of("exchange"), folder / "centre");
  Tracer sender(scene_.world().pid_of("a-terminal"), folder / "sender");
  const Letter letter = send_letter();
  const Json document = look(scene_.lab(), "a", "/api/v1/documents/" + letter.document);
  const auto seen_by_centre = centre.stop(), seen_by_sender = sender.stop();
  EXPECT_EQ(search_files(seen_by_sender, letter.canaries).names.count("attachment"), 1u)
      << "what is there is seen";
  const Canaries id = {
      {"message", document.at("packages").at(0).at("message_id").get<std::string>()}};
  EXPECT_EQ(search_files(seen_by_centre, id).names.size(), 1u) << "the centre relayed it";
  const Findings found = search_files(seen_by_centre, letter.canaries);
  EXPECT_EQ(found.names, none_);
  std::cout << found.searched / 1024 << " KiB of system calls\n";
}

}  // namespace
}  // namespace yizhan
