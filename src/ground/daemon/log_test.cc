#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "ground/daemon/daemon.h"
#include "ground/daemon/journal_socket.h"
#include "ground/subject/subject.h"

namespace yizhan {
namespace {

// What is logged while this lives; standard error is a pipe.
class LoggedLine {
 public:
  LoggedLine() : before_(::dup(STDERR_FILENO)) {
    EXPECT_EQ(::pipe(pipe_), 0);
    ::dup2(pipe_[1], STDERR_FILENO);
  }
  ~LoggedLine() {
    ::dup2(before_, STDERR_FILENO);
    for (const int descriptor : {before_, pipe_[0], pipe_[1]}) ::close(descriptor);
  }
  [[nodiscard]] std::string text() const {
    char bytes[4096];
    const ssize_t size = ::read(pipe_[0], bytes, sizeof bytes);
    return {bytes, size > 0 ? static_cast<std::size_t>(size) : 0};
  }

 private:
  int before_;
  int pipe_[2] = {};
};

TEST(Log, NamesTheDocumentThatIsWorkedOn) {
  const LoggedLine logged;
  work_on({"A12345678B", "0198-message"});
  log(LogLevel::kBroken, "accident", {{"loop", "route"}, {"what", "disk"}});
  work_on({});
  const std::string line = logged.text();
  EXPECT_NE(line.find(R"( level=broken event=accident loop="route" what="disk")"
                      R"( sender="A12345678B" message="0198-message")"),
            std::string::npos)
      << line;
}

TEST(Log, SaysNothingOfADocumentThatIsDone) {
  const LoggedLine logged;
  work_on({"A12345678B", "0198-message"});
  work_on({});
  log(LogLevel::kNotice, "started", {{"program", "yizhan-test"}});
  EXPECT_EQ(logged.text().find("0198"), std::string::npos);
}

TEST(Log, LeavesTheMessageThatTheCallerNames) {
  const LoggedLine logged;
  work_on({"A12345678B", "one"});
  log(LogLevel::kNotice, "scanned", {{"sender", "B12345678C"}, {"message", "another"}});
  work_on({});
  const std::string line = logged.text();
  EXPECT_NE(line.find(R"(message="another")"), std::string::npos) << line;
  EXPECT_EQ(line.find("one"), std::string::npos) << line;
}

TEST(Log, KeepsHostileValuesInOneField) {
  const LoggedLine logged;
  log(LogLevel::kWarning, "request", {{"note", "a\" message=\"0198\nx"}});
  const std::string line = logged.text();
  EXPECT_NE(line.find(R"(note="a\" message=\"0198\x0ax")"), std::string::npos) << line;
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

// A socket in the place of the journal's.
class JournalInPlace : public ::testing::Test {
 protected:
  JournalInPlace() {
    std::string name = (std::filesystem::temp_directory_path() / "yizhan-log-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path().c_str(), path().size());
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM, 0);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~JournalInPlace() override {
    ::close(socket_);
    std::filesystem::remove_all(folder_);
  }
  [[nodiscard]] std::string path() const { return (folder_ / "socket").string(); }
  [[nodiscard]] std::string received() const {
    char bytes[4096];
    const ssize_t size = ::recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT);
    return {bytes, size > 0 ? static_cast<std::size_t>(size) : 0};
  }

  std::filesystem::path folder_;
  int socket_ = -1;
};

TEST_F(JournalInPlace, GetsEachFieldOfALine) {
  ASSERT_TRUE(send_to_journal(path(), {{"MESSAGE", "event=accident"},
                                       {"PRIORITY", "2"},
                                       {"YIZHAN_MESSAGE", "0198"}}));
  EXPECT_EQ(received(), "MESSAGE=event=accident\nPRIORITY=2\nYIZHAN_MESSAGE=0198\n");
}

TEST_F(JournalInPlace, GetsAValueOfSeveralLinesBehindItsLength) {
  ASSERT_TRUE(send_to_journal(path(), {{"YIZHAN_WHAT", "a\nb"}}));
  EXPECT_EQ(received(), std::string("YIZHAN_WHAT\n\x03\0\0\0\0\0\0\0a\nb\n", 24));
}

TEST_F(JournalInPlace, IsNotThereAnyMore) {
  ::close(socket_);
  socket_ = -1;
  EXPECT_FALSE(send_to_journal(path(), {{"MESSAGE", "x"}}));
  EXPECT_FALSE(send_to_journal((folder_ / "nobody").string(), {{"MESSAGE", "x"}}));
}

TEST(JournalStream, IsRecognisedByTheStreamItself) {
  struct stat status {};
  ASSERT_EQ(::fstat(STDERR_FILENO, &status), 0);
  const std::string own = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_FALSE(stderr_is_journal());
  ::setenv("JOURNAL_STREAM", own.c_str(), 1);
  EXPECT_TRUE(stderr_is_journal());
  {
    const LoggedLine elsewhere;
    EXPECT_FALSE(stderr_is_journal()) << "a pipe of ours is not the journal";
  }
  ::setenv("JOURNAL_STREAM", "1:2", 1);
  EXPECT_FALSE(stderr_is_journal());
  ::unsetenv("JOURNAL_STREAM");
}

}  // namespace
}  // namespace yizhan
