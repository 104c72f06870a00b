#include "role/scanner/scanner.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "role/scanner/scanner_config.h"
#include "tests/support/clamd.h"
#include "tests/support/clause.h"
#include "tests/support/key_folder.h"
#include "tests/support/small_package.h"

namespace yizhan {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPassphrase = "correct horse";

// The real program, from the build folder, with a real engine and a real keyholder; the exchange
// is what the test asks with.
class ScannerProgram : public ::testing::Test {
 protected:
  ScannerProgram() {
    const Time now = clock_.now();
    for (Centre& centre : exchange_.centres) make_current(centre.certificates, now);
    for (Agency& agency : exchange_.agencies) make_current(agency.certificates, now);
    const Directory directory({1, now, now + 24h}, exchange_.centres, exchange_.agencies);
    write("directory", sign_directory(directory, exchange_.management, now).value());
    write("management.pem", bytes_of(exchange_.management.certificate().pem()));
    for (const char* name : {"anchors", "intermediates", "revocation"}) {
      std::filesystem::create_directories(folder_ / "trust" / name);
    }
    write("trust/anchors/root.pem", bytes_of(exchange_.authority.root().pem()));
    write("trust/intermediates/ca.pem", bytes_of(exchange_.authority.intermediate().pem()));
    write("trust/revocation/ca.crl", exchange_.authority.crl(now, now + 24h));
    write("trust/revocation/root.crl", exchange_.authority.root_crl(now, now + 24h));
    write_config("");
    start_keyholder();
  }
  ~ScannerProgram() override {
    if (running_ > 0) stop(SIGKILL);
  }

  static void make_current(Certificates& certificates, Time now) {
    for (RegisteredCertificate& certificate : certificates) {
      certificate.from = now - 24h;
      certificate.until = now + 24h;
    }
  }
  void write(const std::string& name, ByteView bytes) const {
    write_durably(folder_ / name, bytes);
  }
  void write_config(const std::string& more) {
    write("scanner.toml", bytes_of("centre = \"" + exchange_.first.code.text() + "\"\n" +
                                   "socket = \"scan.sock\"\n"
                                   "keyholder = \"scanner-keys.sock\"\n"
                                   "directory = \"directory\"\n"
                                   "directory_anchors = \"management.pem\"\n"
                                   "trust = \"trust\"\n"
                                   "exchange_user = \"" +
                                   std::to_string(::geteuid()) + "\"\n" + more +
                                   "[clamd]\nsocket = \"" + clamd_.socket_path() + "\"\n"));
  }
  void start_keyholder() {
    write_private(folder_ / "passphrase", kPassphrase);
    put_key(folder_ / "keys", "scanner", exchange_.first.scanner, kPassphrase);
    CryptoModules modules;
    modules.push_back(std::make_unique<SoftwareModule>(
        SoftwareModule::Settings{.folder = folder_ / "keys",
                                 .passphrase_file = folder_ / "passphrase",
                                 .label = "module",
                                 .serial = "SW-0001"}));
    const std::vector<KeyCaller> callers = {
        {.name = "scanner",
         .socket = folder_ / "scanner-keys.sock",
         .uids = {::geteuid()},
         .grants = {KeyGrant::parse("scanner:sign:verdict").value(),
                    KeyGrant::parse("scanner:decrypt").value()}}};
    keyholder_ = std::make_unique<KeyholderService>(std::move(modules), callers, journal_);
  }

  void start(std::vector<std::string> arguments = {}) {
    const char* build = std::getenv("YIZHAN_BUILD");
    const std::string program = std::string(build != nullptr ? build : ".") + "/yizhan-scanner";
    arguments.insert(arguments.begin(), {program, "--config", folder_ / "scanner.toml"});
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, 1, (folder_ / "said").c_str(),
                                       O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::posix_spawn_file_actions_adddup2(&files, 1, 2);
    ASSERT_EQ(::posix_spawn(&running_, program.c_str(), &files, nullptr, raw.data(), environ), 0)
        << program;
    ::posix_spawn_file_actions_destroy(&files);
  }
  int stop(int signal) {
    if (running_ <= 0) return -1;  // never started
    if (signal != 0) ::kill(running_, signal);
    int status = 0;
    ::waitpid(running_, &status, 0);
    running_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] std::string said() const { return read_file(folder_ / "said"); }
  int run(std::vector<std::string> arguments) {
    start(std::move(arguments));
    return stop(0);
  }
  bool comes_up() const {
    for (int i = 0; i < 500 && !std::filesystem::exists(folder_ / "scan.sock"); ++i) {
      ::usleep(20'000);
    }
    return std::filesystem::exists(folder_ / "scan.sock");
  }
  // What it says of a package whose document is none.
  Result<Verdict> verdict() {
    const TestPackage package = make_package(exchange_, {.now = clock_.now()});
    const ScanOrder order{package.sealed.cms, package.envelope.groups,
                          package.envelope.key_blocks.back(), clock_.now()};
    const ScannerLine line(folder_ / "scan.sock", 30s, ::geteuid());
    const Bytes cms = YZ_TRY(line.scan(order, file_of(package.body)));
    return YZ_TRY(open_verdict(cms)).verdict;
  }

  TemporaryFolder folder_;
  SystemClock clock_;
  SmallExchange exchange_;
  ClamdServer clamd_;
  UseJournal journal_{folder_ / "uses", clock_};
  std::unique_ptr<KeyholderService> keyholder_;
  pid_t running_ = 0;
};

TEST_F(ScannerProgram, ChecksAndPrintsItsConfiguration) {
  EXPECT_EQ(run({"--check"}), 0) << said();
  EXPECT_EQ(run({"--print-config"}), 0);
  EXPECT_NE(said().find("encrypted_archives"), std::string::npos);
  EXPECT_EQ(run({"--help"}), 0);
}

TEST_F(ScannerProgram, TellsEverythingThatIsWrongWithItsConfiguration) {
  write_config(
      "encrypted_archives = \"pass\"\nactive_content = \"pass\"\nfile_types = [\"exe\"]\n");
  EXPECT_EQ(run({}), 2);
  EXPECT_NE(said().find("encrypted_archives"), std::string::npos) << said();
  EXPECT_NE(said().find("active_content"), std::string::npos);
  EXPECT_NE(said().find("「exe」"), std::string::npos);
  write_config("unknown = 1\n");
  EXPECT_EQ(run({}), 2);
}

TEST_F(ScannerProgram, OpensScansAndSignsWithTheKeysOfItsKeyholder) {
  CLAUSE("五(二)6");
  write_config("signatures_age = \"0s\"\n");
  start();
  ASSERT_TRUE(comes_up()) << said();
  const Result<Verdict> found = verdict();
  ASSERT_TRUE(found.ok()) << code_of(found.reason()) << found.refusal().detail << said();
  EXPECT_EQ(found->result, ScanResult::kRefused);
  EXPECT_EQ(found->reason, Reason::kDocumentInvalid);
  EXPECT_EQ(found->centre, exchange_.first.code);
  EXPECT_NE(said().find("result=\"refused\""), std::string::npos) << said();
  EXPECT_EQ(said().find("主旨"), std::string::npos);
  keyholder_.reset();
  EXPECT_EQ(verdict().reason(), Reason::kKeyholderUnavailable);
  start_keyholder();
  EXPECT_TRUE(verdict().ok());
  EXPECT_EQ(stop(SIGTERM), 0);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "scan.sock"));
}

TEST_F(ScannerProgram, GivesNoVerdictWithSignaturesThatAreNotKnownToBeYoung) {
  CLAUSE("五(二)6");
  start();
  ASSERT_TRUE(comes_up()) << said();
  EXPECT_EQ(verdict().reason(), Reason::kScannerUnavailable);
  EXPECT_NE(said().find("scanner_not_ready"), std::string::npos) << said();
}

}  // namespace
}  // namespace yizhan
