#include "ground/files/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace yizhan {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
 protected:
  Files() {
    std::string pattern = (fs::temp_directory_path() / "yizhan-files-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
  }
  ~Files() override { fs::remove_all(root_); }

  fs::path root_;
};
using FileHandles = Files;
using Directories = Files;
using DirectoryLocks = Files;

unsigned mode_of(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

Bytes text(std::string_view value) { return copy_of(bytes_of(value)); }

template <class Action>
int error_of(Action action) {
  try {
    action();
  } catch (const FileError& error) {
    return error.error_number();
  }
  return 0;
}

std::size_t count_entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

// The disk becomes full after `bytes` of any one file, for as long as this lives.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : former_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &former_);
    const rlimit limit{bytes, former_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &former_);
    std::signal(SIGXFSZ, former_handler_);
  }

 private:
  void (*former_handler_)(int);
  rlimit former_{};
};

TEST_F(FileHandles, ReadWhatWasWritten) {
  FileHandle file = temporary_file(root_);
  file.write_at(0, text("驛站"));
  file.append(text("!"));
  file.sync();
  EXPECT_EQ(file.size(), 7U);
  EXPECT_EQ(file.read_at(0, 100), text("驛站!"));
  EXPECT_EQ(file.read_at(6, 1), text("!"));
  EXPECT_TRUE(file.read_at(7, 1).empty());
  EXPECT_TRUE(file.read_at(1000, 1).empty());
  file.truncate(3);
  EXPECT_EQ(file.read_at(0, 100), text("驛"));
  EXPECT_TRUE(fs::is_empty(root_)) << "a temporary file has no name";
}

TEST_F(FileHandles, AreNotInheritedByOtherPrograms) {
  EXPECT_NE(fcntl(memory_file("a").descriptor(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(fcntl(temporary_file(root_).descriptor(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(fcntl(open_for_reading(root_).descriptor(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(FileHandles, CloseWhatTheyOwnAndLeaveWhatTheyReleased) {
  int closed = -1;
  int released = -1;
  {
    FileHandle first = temporary_file(root_);
    closed = first.descriptor();
    FileHandle moved = std::move(first);
    FileHandle second = temporary_file(root_);
    released = second.release();
    EXPECT_EQ(moved.descriptor(), closed);
  }
  EXPECT_EQ(fcntl(closed, F_GETFD), -1);
  EXPECT_NE(fcntl(released, F_GETFD), -1);
  close(released);
}

TEST_F(FileHandles, ASealedMemoryFileNeverChanges) {
  FileHandle file = memory_file("quarantine");
  file.write_at(0, text("memo"));
  file.seal();
  EXPECT_EQ(error_of([&] { file.write_at(0, text("evil")); }), EPERM);
  EXPECT_EQ(error_of([&] { file.truncate(0); }), EPERM);
  EXPECT_EQ(file.read_at(0, 10), text("memo"));
}

TEST_F(FileHandles, AFullDiskLeavesTheFormerSize) {
  FileHandle file = temporary_file(root_);
  file.write_at(0, Bytes(1000));
  const FullDisk full(1500);
  EXPECT_EQ(error_of([&] { file.append(Bytes(1000)); }), EFBIG);
  EXPECT_EQ(file.size(), 1000U);
}

TEST_F(FileHandles, AFailedSyncIsFinal) {
  int pipes[2];
  ASSERT_EQ(pipe2(pipes, O_CLOEXEC), 0);
  close(pipes[0]);
  FileHandle unsyncable(pipes[1], "pipe");
  EXPECT_EQ(error_of([&] { unsyncable.sync(); }), EINVAL);
  EXPECT_EQ(error_of([&] { unsyncable.sync(); }), EIO);
  EXPECT_EQ(error_of([&] { unsyncable.write_at(0, text("more")); }), EIO);
}

TEST_F(Files, WholeFilesComeBackAsWritten) {
  write_durably(root_ / "key", text("one"));
  write_durably(root_ / "key", text("two"), 0640);
  EXPECT_EQ(read_file(root_ / "key", 3), text("two"));
  EXPECT_EQ(mode_of(root_ / "key"), 0640U);
  EXPECT_EQ(count_entries(root_), 1U) << "no temporary file stays";
  EXPECT_EQ(error_of([&] { static_cast<void>(read_file(root_ / "key", 2)); }), EFBIG);
  EXPECT_EQ(error_of([&] { static_cast<void>(read_file(root_ / "no", 2)); }), ENOENT);
  EXPECT_EQ(find_file(root_ / "no", 2), std::nullopt);
  EXPECT_TRUE(remove_file_durably(root_ / "key"));
  EXPECT_FALSE(remove_file_durably(root_ / "key"));
}

TEST_F(Files, ErrorsNameThePathAndWhatWasTried) {
  try {
    static_cast<void>(read_file(root_ / "absent", 10));
    FAIL();
  } catch (const FileError& error) {
    EXPECT_NE(std::string(error.what()).find((root_ / "absent").string()), std::string::npos);
  }
}

TEST_F(Files, AFullDiskLeavesTheFormerFileAndNothingElse) {
  write_durably(root_ / "state", text("old"));
  const FullDisk full(100);
  EXPECT_EQ(error_of([&] { write_durably(root_ / "state", Bytes(1000)); }), EFBIG);
  EXPECT_EQ(read_file(root_ / "state", 10), text("old"));
  EXPECT_EQ(count_entries(root_), 1U);
}

TEST_F(Files, DirectoriesAreMadeForTheirOwnerOnly) {
  const auto former_mask = umask(0);
  make_directory(root_ / "a/b/c/");
  make_directory(root_ / "a/b/c");
  umask(former_mask);
  EXPECT_EQ(mode_of(root_ / "a"), 0700U);
  EXPECT_EQ(mode_of(root_ / "a/b/c"), 0700U);
  write_durably(root_ / "file", {});
  EXPECT_EQ(error_of([&] { make_directory(root_ / "file"); }), EEXIST);
}

TEST_F(Files, ListsRegularFilesInOrder) {
  for (const char* name : {"b", "a", ".hidden"}) write_durably(root_ / name, {});
  make_directory(root_ / "folder");
  fs::create_symlink("a", root_ / "link");
  EXPECT_EQ(list_files(root_), (std::vector<std::string>{"a", "b"}));
}

TEST_F(Directories, NeverLeadOutside) {
  write_durably(root_ / "secret", text("secret"));
  make_directory(root_ / "inside/deeper");
  fs::create_symlink("../secret", root_ / "inside/link");
  fs::create_directory_symlink("..", root_ / "inside/up");
  fs::create_directory_symlink("deeper", root_ / "inside/harmless");
  const Folder directory(root_ / "inside");
  for (const char* name : {"link", "up/secret", "harmless/new"}) {
    EXPECT_EQ(error_of([&] { static_cast<void>(directory.find(name)); }), ELOOP) << name;
    EXPECT_EQ(error_of([&] { static_cast<void>(directory.open_for_writing(name)); }), ELOOP);
  }
  for (const std::string& name : {std::string("../secret"), std::string("deeper/../../secret"),
                                  (root_ / "secret").string()}) {
    EXPECT_EQ(error_of([&] { static_cast<void>(directory.find(name)); }), EXDEV) << name;
    EXPECT_EQ(error_of([&] { directory.remove(name); }), EXDEV) << name;
    EXPECT_EQ(error_of([&] { directory.write_durably(name, {}); }), EXDEV) << name;
  }
  EXPECT_EQ(error_of([&] { directory.rename("deeper", "../deeper"); }), EXDEV);
  EXPECT_NE(error_of([&] { directory.write_durably("up/secret", {}); }), 0);
  EXPECT_NE(error_of([&] { directory.make_folders("up/x/y"); }), 0);
  EXPECT_EQ(read_file(root_ / "secret", 10), text("secret"));
}

TEST_F(Directories, ReplaceASymbolicLinkInsteadOfFollowingIt) {
  write_durably(root_ / "secret", text("secret"));
  make_directory(root_ / "inside");
  fs::create_symlink("../secret", root_ / "inside/link");
  const Folder directory(root_ / "inside");
  directory.write_durably("link", text("mine"));
  EXPECT_EQ(read_file(root_ / "secret", 10), text("secret"));
  EXPECT_EQ(*directory.find_file("link", 10), text("mine"));
}

TEST_F(Directories, MakeAndRemoveFolders) {
  const Folder directory(root_);
  directory.make_folders("x001/x234/067.p");
  directory.make_folders("x001/x234/067.p");
  directory.write_durably("x001/x234/067.p/1", text("1"));
  EXPECT_EQ(mode_of(root_ / "x001/x234"), 0700U);
  EXPECT_EQ(mode_of(root_ / "x001/x234/067.p/1"), 0600U);
  EXPECT_EQ(directory.list_files("x001/x234/067.p"), std::vector<std::string>{"1"});
  EXPECT_TRUE(directory.list_files("absent").empty());
  EXPECT_FALSE(directory.remove_directory("x001/x234/067.p")) << "not empty";
  EXPECT_TRUE(directory.remove("x001/x234/067.p/1"));
  EXPECT_TRUE(directory.remove_directory("x001/x234/067.p"));
  EXPECT_FALSE(directory.remove("absent/absent"));
}

TEST_F(DirectoryLocks, LetOnlyOneHolderIn) {
  {
    const FolderLock lock(root_);
    EXPECT_EQ(error_of([&] { const FolderLock second(root_); }), EWOULDBLOCK);
  }
  EXPECT_EQ(error_of([&] { const FolderLock after(root_); }), 0);
}

TEST_F(DirectoryLocks, EndWithTheProcessThatHeldThem) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const FolderLock lock(root_);
    const bool told = write(ready[1], "x", 1) == 1;
    while (told) pause();
    _exit(1);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_EQ(error_of([&] { const FolderLock second(root_); }), EWOULDBLOCK);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(error_of([&] { const FolderLock after(root_); }), 0);
  close(ready[0]);
  close(ready[1]);
}

}  // namespace
}  // namespace yizhan
