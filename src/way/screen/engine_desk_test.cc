#include "way/screen/engine_desk.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

namespace yizhan {
namespace {

using namespace std::literals;

// Speaks clamd's protocol, answers questions that come together in the reverse order, and fails
// when it is told to: after so many files that are no canary.
class Engine {
 public:
  Engine() {
    std::string name = (std::filesystem::temp_directory_path() / "yizhan-engine-XXXXXX").string();
    YZ_ASSERT(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(socket(), address.sun_path);
    YZ_ASSERT(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    YZ_ASSERT(::listen(listener_, 64) == 0);
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  ~Engine() {
    thread_.request_stop();
    thread_.join();
    sessions_.clear();
    ::close(listener_);
    std::filesystem::remove_all(folder_);
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] std::string socket() const { return (folder_ / "s").string(); }

  std::atomic<int> blind_after = 1'000'000;  // finds nothing any more
  std::atomic<int> dead_after = 1'000'000;   // hangs up, and on all who come later
  std::atomic<int> files = 0;
  std::atomic<int> proofs = 0;
  std::atomic<int> pause_ms = 0;  // for each file

 private:
  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd source{listener_, POLLIN, 0};
      if (::poll(&source, 1, 20) <= 0) continue;
      const int accepted = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      sessions_.emplace_back([this, accepted](const std::stop_token& ended) {
        converse(accepted, ended);
        ::close(accepted);
      });
    }
    for (std::jthread& session : sessions_) session.request_stop();
  }

  void converse(int connection, const std::stop_token& ended) {
    std::string read;
    int asked = 0;
    std::vector<std::string> answers;
    while (!ended.stop_requested()) {
      pollfd source{connection, POLLIN, 0};
      if (::poll(&source, 1, 5) == 0) {
        for (; !answers.empty(); answers.pop_back()) {
          const std::string& last = answers.back();
          if (::send(connection, last.c_str(), last.size() + 1, MSG_NOSIGNAL) < 0) return;
        }
        continue;
      }
      if (files >= dead_after || !take(connection, read, asked, answers)) return;
    }
  }

  // A piece of a question; the descriptor comes with a byte that belongs to no command.
  bool take(int connection, std::string& read, int& asked, std::vector<std::string>& answers) {
    std::array<char, 256> bytes{};
    iovec part{bytes.data(), bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
    if (got <= 0) return false;
    read.append(bytes.data(), static_cast<std::size_t>(got));
    const cmsghdr* const header = CMSG_FIRSTHDR(&message);
    if (header != nullptr) read.pop_back();  // no piece goes beyond the byte of a descriptor
    for (std::size_t end = read.find('\0'); end != read.npos; end = read.find('\0')) {
      const std::string command = read.substr(0, end);
      read.erase(0, end + 1);
      if (command == "zIDSESSION") continue;
      ++asked;
      if (command == "zVERSION") answers.push_back(std::to_string(asked) + ": ClamAV 1/1/");
    }
    if (header != nullptr) {
      int file = -1;
      std::memcpy(&file, CMSG_DATA(header), sizeof file);
      answers.push_back(std::to_string(asked) + ": fd[9]: " + judge(file));
      ::close(file);
    }
    return true;
  }

  std::string judge(int file) {
    std::string text(4096, '\0');
    const ssize_t got = ::pread(file, text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (text == eicar_test_file()) {
      ++proofs;
      return files >= blind_after ? "OK" : "Eicar FOUND";
    }
    if (text.find("ustar") != text.npos) return "Heuristics.Limits.Exceeded.MaxRecursion FOUND";
    if (text == "公文電子交換") return "OK";
    ++files;
    std::this_thread::sleep_for(Milliseconds(pause_ms.load()));
    if (text.starts_with("ill")) return "Sick." + text.substr(3) + " FOUND";
    return text == "odd" ? "lstat() failed. ERROR" : "OK";
  }

  std::filesystem::path folder_;
  int listener_ = -1;
  std::vector<std::jthread> sessions_;
  std::jthread thread_;
};

FileHandle file_with(const std::string& text) {
  FileHandle file = memory_file("file");
  file.append(bytes_of(text));
  return file;
}

class AskingTheEngine : public ::testing::Test {
 protected:
  // What is said of each of these, in words.
  std::string said(const std::vector<std::string>& texts) {
    std::vector<FileHandle> files;
    for (const std::string& text : texts) files.push_back(file_with(text));
    std::vector<const FileHandle*> asked;
    for (const FileHandle& file : files) asked.push_back(&file);
    const Result<EngineAnswers> answers = desk_.ask(asked);
    if (!answers) return std::string(code_of(answers.reason()));
    std::string all;
    for (const Result<ScanAnswer>& answer : answers->files) {
      all += (all.empty() ? "" : " ") +
             (!answer ? std::string(code_of(answer.reason()))
                      : answer->outcome == ScanOutcome::kClean ? "clean" : answer->name);
    }
    return all;
  }

  Engine engine_;
  SystemClock clock_;
  Clamd clamd_{{.socket_path = engine_.socket(),
                .answer_time_max = Milliseconds(2'000),
                .scan_time_max = Milliseconds(2'000),
                .server_uid = std::nullopt}};
  EngineWatch watch_{clamd_, clock_, std::nullopt};
  EngineDesk desk_{clamd_, watch_};
};

TEST_F(AskingTheEngine, SaysOfEachFileWhatTheEngineSaidOfIt) {
  EXPECT_EQ(said({"a", "ill1", "b", "ill2"}), "clean Sick.1 clean Sick.2");
  EXPECT_EQ(said({"a"}), "clean");
  EXPECT_EQ(said({}), "");
}

TEST_F(AskingTheEngine, AsksAboutThoseWhoWaitTogetherAndTellsThemApart) {
  EXPECT_EQ(said({"a"}), "clean");
  const int before = engine_.proofs;
  engine_.pause_ms = 20;
  constexpr int kAskers = 12;
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> askers;
    for (int i = 0; i < kAskers; ++i) {
      askers.emplace_back([&, i] {
        const std::string number = std::to_string(i);
        if (said({"letter", "ill" + number}) == "clean Sick." + number) ++right;
      });
    }
  }
  EXPECT_EQ(right, kAskers);
  EXPECT_LT(engine_.proofs - before, kAskers);  // alone it would be two for each
}

TEST_F(AskingTheEngine, GivesNoAnswerOfAnEngineThatHasLostItsSignaturesMeanwhile) {
  EXPECT_EQ(said({"a"}), "clean");
  engine_.blind_after = engine_.files + 1;
  EXPECT_EQ(said({"b"}), "scanner_unavailable");
  EXPECT_EQ(said({"c", "d"}), "scanner_unavailable");
  EXPECT_GT(engine_.files, 1);
}

TEST_F(AskingTheEngine, GivesNoAnswerOfAnEngineThatIsGoneBeforeItsProof) {
  EXPECT_EQ(said({"a"}), "clean");
  engine_.dead_after = engine_.files + 1;
  EXPECT_EQ(said({"b"}), "scanner_unavailable");
  engine_.dead_after = 1'000'000;
  EXPECT_EQ(said({"b"}), "clean");
}

TEST_F(AskingTheEngine, LetsOneUnclearAnswerSpoilNothingForTheOthers) {
  engine_.pause_ms = 20;
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> askers;
    for (int i = 0; i < 6; ++i) {
      askers.emplace_back([&, i] {
        const bool odd = i == 2;
        const std::string wanted = odd ? "clean scan_incomplete" : "clean clean";
        if (said({"letter", odd ? "odd" : "text"}) == wanted) ++right;
      });
    }
  }
  EXPECT_EQ(right, 6);
}

TEST_F(AskingTheEngine, ProvesAnewWhatWasProvenAWhileAgo) {
  EXPECT_EQ(said({"a"}), "clean");
  std::this_thread::sleep_for(Milliseconds(1'200));
  const int before = engine_.proofs;
  EXPECT_EQ(said({"b"}), "clean");
  EXPECT_EQ(engine_.proofs - before, 2);
  EXPECT_EQ(said({"c"}), "clean");
  EXPECT_GE(engine_.proofs - before, 3);
  EXPECT_LE(engine_.proofs - before, 4);  // where a second has passed meanwhile
}

}  // namespace
}  // namespace yizhan
