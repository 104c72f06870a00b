#include "ground/antivirus/antivirus.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/support/clamd.h"
#include "tests/support/clause.h"
#include "tests/support/zip_maker.h"

namespace yizhan {
namespace {

using std::chrono::steady_clock;

class Scanned {
 public:
  explicit Scanned(std::string_view content) : descriptor_(memfd_create("scanned", MFD_CLOEXEC)) {
    EXPECT_EQ(write(descriptor_, content.data(), content.size()),
              static_cast<ssize_t>(content.size()));
  }
  explicit Scanned(ByteView content) : Scanned(text_of(content)) {}
  Scanned(const Scanned&) = delete;
  Scanned& operator=(const Scanned&) = delete;
  ~Scanned() { close(descriptor_); }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

// The name of what was found, "clean", "limits …", "encrypted …", or the code of the refusal.
std::string said(const Result<ScanAnswer>& answer) {
  if (!answer.ok()) return std::string(code_of(answer.reason()));
  switch (answer->outcome) {
    case ScanOutcome::kClean:
      return "clean";
    case ScanOutcome::kInfected:
      return answer->name;
    case ScanOutcome::kLimits:
      return "limits " + answer->name;
    case ScanOutcome::kEncrypted:
      return "encrypted " + answer->name;
  }
  return {};
}

template <class T>
std::string refused(const Result<T>& answer) {
  return answer.ok() ? "ok" : std::string(code_of(answer.reason()));
}

Clamd client_of(const std::string& socket_path) {
  return Clamd({.socket_path = socket_path,
                .answer_time_max = Milliseconds(500),
                .scan_time_max = Milliseconds(5000),
                .server_uid = std::nullopt});
}

class RealClamd : public ::testing::Test {
 protected:
  std::string scan(std::string_view content) const {
    return said(clamd_.scan(Scanned(content).get()));
  }
  std::string scan(ByteView content) const { return scan(text_of(content)); }

  ClamdServer server_;
  Clamd clamd_ = client_of(server_.socket_path());
};

TEST_F(RealClamd, FindsTheTestVirusHoweverItIsWrapped) {
  CLAUSE("五(二)6");
  const std::string eicar = eicar_test_file();
  EXPECT_EQ(scan("公文"), "clean");
  EXPECT_EQ(scan(""), "clean");
  EXPECT_EQ(scan(eicar), "Eicar-Test-Signature.UNOFFICIAL");
  const Bytes zip = zip_of({stored("a.txt", "a"), packed("eicar.com", eicar)});
  EXPECT_EQ(scan(zip), "Eicar-Test-Signature.UNOFFICIAL");
  const Bytes odt = zip_of({stored("mimetype", "application/vnd.oasis.opendocument.text"),
                            packed("Basic/Standard/a.xml", eicar)});
  EXPECT_EQ(scan(odt), "Eicar-Test-Signature.UNOFFICIAL");
  EXPECT_EQ(scan(zip_of({packed("inner.zip", text_of(zip))})), "Eicar-Test-Signature.UNOFFICIAL");
  EXPECT_EQ(scan("before " + own_test_pattern() + " after"), "Yizhan.Test.UNOFFICIAL");
}

TEST_F(RealClamd, DoesNotCallCleanWhatItHasNotLookedAt) {
  Bytes deep = zip_of({packed("eicar.com", eicar_test_file())});
  for (int depth = 0; depth < 40; ++depth) deep = zip_of({packed("a.zip", text_of(deep))});
  EXPECT_EQ(scan(deep), "limits Heuristics.Limits.Exceeded.MaxRecursion");
  ZipMember secret = stored("secret.txt", "0123456789abcdef");
  secret.flags |= 1;
  EXPECT_EQ(scan(zip_of({secret})), "encrypted Heuristics.Encrypted.Zip");
}

TEST_F(RealClamd, ReadsFromTheBeginningWhereverTheDescriptorStands) {
  const Scanned file(eicar_test_file());
  EXPECT_EQ(said(clamd_.scan(file.get())), "Eicar-Test-Signature.UNOFFICIAL");
  lseek(file.get(), 10, SEEK_SET);
  EXPECT_EQ(said(clamd_.scan(file.get())), "Eicar-Test-Signature.UNOFFICIAL");
}

TEST_F(RealClamd, NamesItsEngineAndSignatures) {
  const Result<EngineVersion> version = clamd_.version();
  ASSERT_TRUE(version.ok());
  EXPECT_TRUE(version->engine.starts_with("ClamAV 1."));
  EXPECT_TRUE(clamd_.ping().ok());
}

TEST_F(RealClamd, ScansForManyAtOnce) {
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&, thread] {
        for (int scanned = 0; scanned < 10; ++scanned) {
          const bool bad = (thread + scanned) % 2 == 0;
          const std::string answer = scan(bad ? eicar_test_file() : "fine");
          right += answer == (bad ? "Eicar-Test-Signature.UNOFFICIAL" : "clean") ? 1 : 0;
        }
      });
    }
  }
  EXPECT_EQ(right, 80);
}

TEST_F(RealClamd, IsUnavailableWhenKilledAndServesAgainWhenBack) {
  server_.kill();
  EXPECT_EQ(scan("公文"), "scanner_unavailable");
  EXPECT_EQ(refused(clamd_.check()), "scanner_unavailable");
  EXPECT_EQ(refused(clamd_.version()), "scanner_unavailable");
  server_.start();
  EXPECT_EQ(scan("公文"), "clean");
}

TEST_F(RealClamd, IsUnavailableWhenKilledWhileItScans) {
  server_.freeze();
  std::string answer;
  {
    std::jthread scanning([&] { answer = scan("公文"); });
    std::this_thread::sleep_for(Milliseconds(200));
    server_.kill();
  }
  EXPECT_EQ(answer, "scanner_unavailable");
}

TEST_F(RealClamd, IsUnavailableWhenHungAndSaysSoInTime) {
  server_.freeze();
  const Clamd hasty({.socket_path = server_.socket_path(),
                     .answer_time_max = Milliseconds(300),
                     .scan_time_max = Milliseconds(300),
                     .server_uid = std::nullopt});
  const auto begun = steady_clock::now();
  EXPECT_EQ(said(hasty.scan(Scanned("公文").get())), "scanner_unavailable");
  EXPECT_LT(steady_clock::now() - begun, Milliseconds(2000));
  server_.thaw();
  EXPECT_EQ(scan("公文"), "clean");
}

TEST_F(RealClamd, PassesItsSelfTestOnlyWithSignaturesThatWork) {
  CLAUSE("五(二)6");
  EXPECT_TRUE(clamd_.check().ok());
  server_.kill();
  server_.replace_signatures("Something.Else:0:*:0123456789abcdef0123456789abcdef\n");
  server_.start();
  EXPECT_EQ(refused(clamd_.check()), "scanner_unavailable");
  server_.kill();
  server_.replace_signatures("Everything:0:0:e585ac\nEicar:0:0:58354f21\n");
  server_.start();
  EXPECT_EQ(refused(clamd_.check()), "scanner_unavailable") << "hits the harmless one too";
}

// As Debian sets it: what lies beyond a limit would be called "OK".
TEST_F(RealClamd, FailsItsSelfTestWhenItIsSilentAboutItsLimits) {
  CLAUSE("五(二)6");
  server_.kill();
  server_.set_option("AlertExceedsMax", "no");
  server_.start();
  EXPECT_EQ(scan("公文"), "clean");
  EXPECT_EQ(refused(clamd_.check()), "scanner_unavailable");
  server_.kill();
  server_.set_option("AlertExceedsMax", "yes");
  server_.set_option("MaxRecursion", "100");
  server_.start();
  EXPECT_TRUE(clamd_.check().ok()) << "however deep it may look";
}

TEST_F(RealClamd, IsTrustedOnlyUnderItsOwnUser) {
  ClamdSettings settings;
  settings.socket_path = server_.socket_path();
  settings.server_uid = getuid();
  EXPECT_TRUE(Clamd(settings).ping().ok());
  settings.server_uid = getuid() + 1;
  EXPECT_EQ(said(Clamd(settings).scan(Scanned("公文").get())), "scanner_unavailable");
}

TEST_F(RealClamd, AnswersManyQuestionsOfOneSession) {
  ClamdSession session = std::move(clamd_.open()).value();
  EXPECT_TRUE(session.version()->engine.starts_with("ClamAV 1."));
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(session.check_signatures().ok());
    EXPECT_EQ(said(session.scan(Scanned("公文").get())), "clean");
    EXPECT_EQ(said(session.scan(Scanned(own_test_pattern()).get())), "Yizhan.Test.UNOFFICIAL");
  }
  server_.kill();
  server_.start();
  EXPECT_EQ(said(session.scan(Scanned("公文").get())), "scanner_unavailable")
      << "another process must not go on with it";
}

TEST_F(RealClamd, ALateAnswerIsNotTakenForTheNext) {
  const Clamd hasty({.socket_path = server_.socket_path(),
                     .answer_time_max = Milliseconds(300),
                     .scan_time_max = Milliseconds(3000),
                     .server_uid = std::nullopt});
  ClamdSession session = std::move(hasty.open()).value();
  EXPECT_EQ(said(session.scan(Scanned("公文").get())), "clean");
  server_.freeze();
  EXPECT_EQ(said(session.scan(Scanned("公文").get())), "scanner_unavailable");
  server_.thaw();
  EXPECT_EQ(said(session.scan(Scanned(eicar_test_file()).get())), "scanner_unavailable");
}

// Answers every connection with the same bytes, whatever was asked.
class Impostor {
 public:
  explicit Impostor(std::string answer)
      : answer_(std::move(answer)), path_("/tmp/yizhan-impostor-" + std::to_string(getpid())) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path_.begin(), path_.end(), address.sun_path);
    unlink(path_.c_str());
    listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    listen(listener_, 5);
    serving_ = std::jthread([this] { serve(); });
  }
  Impostor(const Impostor&) = delete;
  Impostor& operator=(const Impostor&) = delete;
  ~Impostor() {
    shutdown(listener_, SHUT_RDWR);
    serving_.join();
    close(listener_);
    unlink(path_.c_str());
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  void serve() const {
    while (true) {
      const int client = accept(listener_, nullptr, nullptr);
      if (client < 0) return;
      // "zIDSESSION", then "zVERSION" or "zFILDES" and the octet with the descriptor: whole, or the
      // asker finds us gone before it has asked.
      char asked[20];
      if (recv(client, asked, sizeof asked, MSG_WAITALL) > 0) {
        send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL);
      }
      close(client);
    }
  }

  std::string answer_;
  std::string path_;
  int listener_ = -1;
  std::jthread serving_;
};

std::string understood(std::string_view answer) {
  const Impostor impostor{std::string(answer)};
  return said(client_of(impostor.path()).scan(Scanned("公文").get()));
}

TEST(ClamdAnswer, IsCleanOnlyWhenItIsExactlyThat) {
  using namespace std::literals;
  EXPECT_EQ(understood("1: fd[7]: OK\0"sv), "clean");
  EXPECT_EQ(understood("1: fd[7]: A.Name FOUND\0"sv), "A.Name");
  for (const std::string_view answer :
       {"1: OK\0"sv, "1: fd[7]: ok\0"sv, "1: fd[7]: OK \0"sv, "1: fd[]: OK\0"sv,
        "1: fd[x]: OK\0"sv, "1: fd[7]: OK\n\0"sv, "1: fd[7]: NOT OK\0"sv, "1:  fd[7]: OK\0"sv,
        "1: stream: OK\0"sv, "1: fd[7]: Can't allocate memory ERROR\0"sv, "1: fd[7]: FOUND\0"sv,
        "1: fd[7]:  FOUND\0"sv, "1: fd[7]: \x1b[2J FOUND\0"sv, "1: \0"sv,
        "1: UNKNOWN COMMAND\0"sv}) {
    EXPECT_EQ(understood(answer), "scan_incomplete") << answer;
  }
  for (const std::string_view answer :
       {"fd[7]: OK\0"sv, "2: fd[7]: OK\0"sv, "0: fd[7]: OK\0"sv, "11: fd[7]: OK\0"sv, "\0"sv,
        "1: fd[7]: A FOUND\0001: fd[7]: OK"sv, "1: fd[7]: OK"sv}) {
    EXPECT_EQ(understood(answer), "scanner_unavailable") << "no answer to this: " << answer;
  }
  EXPECT_EQ(understood("1: fd[7]: A FOUND\0001: fd[7]: OK\0"sv), "scanner_unavailable") << "two";
  EXPECT_EQ(understood(std::string(10'000, 'a')), "scanner_unavailable") << "endless";
}

TEST(ClamdAnswer, NamesVersionAndTimeOfTheSignatures) {
  using namespace std::literals;
  const Impostor impostor{"1: ClamAV 1.4.6/27500/Thu Nov  5 09:28:03 2026\0"s};
  const Result<EngineVersion> version = client_of(impostor.path()).version();
  ASSERT_TRUE(version.ok());
  EXPECT_EQ(version->engine, "ClamAV 1.4.6");
  EXPECT_EQ(version->signatures_version, "27500");
  EXPECT_EQ(version->signatures_time, Time::parse("2026-11-05T09:28:03Z"));
}

}  // namespace
}  // namespace yizhan
