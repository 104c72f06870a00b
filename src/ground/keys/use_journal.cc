#include "ground/keys/use_journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "ground/json/json.h"

namespace yizhan {

namespace {

constexpr auto kSyncPause = std::chrono::milliseconds(200);
constexpr std::string_view kPrefix = "uses-";
constexpr std::string_view kSuffix = ".jsonl";

[[noreturn]] void fail(const std::filesystem::path& file) {
  throw std::system_error(errno, std::generic_category(), "金鑰使用紀錄 " + file.string());
}

std::string last_line_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string line;
  std::string last;
  // A line without its end was torn by a crash; its result was not handed out.
  while (std::getline(stream, line) && !stream.eof()) last = line;
  return last;
}

// Removes what a crash has torn, so that the next line starts on its own.
void drop_torn_tail(int fd, const std::filesystem::path& file) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) fail(file);
  off_t end = status.st_size;
  char last = '\n';
  while (end > 0 && ::pread(fd, &last, 1, end - 1) == 1 && last != '\n') --end;
  if (end != status.st_size && ::ftruncate(fd, end) != 0) fail(file);
}

// A file that is new has a name only once its folder is on the disk.
void sync_folder(const std::filesystem::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.open() || ::fsync(opened.get()) != 0) fail(folder);
}

std::string line_of(const KeyUseRecord& record, Time now, std::uint64_t count,
                    const std::string& previous) {
  Json line = {{"time", now.text()},
               {"count", count},
               {"caller", record.caller},
               {"key", record.key},
               {"operation", code_of(record.operation)},
               {"input_sha256", record.input_sha256.hex()},
               {"outcome", record.outcome},
               {"previous", previous}};
  if (record.use) line["use"] = code_of(*record.use);
  if (record.description) {
    line["certificate_sha256"] = record.description->certificate.sha256().hex();
    line["module_kind"] = code_of(record.description->module_kind);
    line["module_serial"] = record.description->module_serial;
  }
  return std::string(text_of(canonical_json(line)));
}

}  // namespace

UseJournal::UseJournal(std::filesystem::path folder, const Clock& clock)
    : folder_(std::move(folder)), clock_(clock) {
  std::filesystem::create_directories(folder_);
  read_last_line();
  open_for(clock_.now());
  syncer_ = std::jthread([this](std::stop_token stop) { keep_synced(stop); });
}

UseJournal::~UseJournal() {
  syncer_.request_stop();
  wake_.notify_all();
  syncer_.join();
  if (descriptor_.open()) ::fdatasync(descriptor_.get());
}

Result<void> UseJournal::append(const KeyUseRecord& record) {
  const std::lock_guard lock(mutex_);
  const Time now = clock_.now();
  open_for(now);
  const std::string line = line_of(record, now, total_ + 1, previous_);
  if (broken_ || !write_line(line + "\n")) {
    return Refusal{Reason::kKeyholderUnavailable,
                   "金鑰使用紀錄無法寫入 " + folder_.string() + "，請檢查磁碟空間後重啟金鑰服務。"};
  }
  ++total_;
  previous_ = sha256(bytes_of(line)).hex();
  dirty_ = true;
  return {};
}

std::uint64_t UseJournal::total() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

bool UseJournal::broken() const {
  const std::lock_guard lock(mutex_);
  return broken_;
}

// The count and the chain go on from the newest file that holds a line.
void UseJournal::read_last_line() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix) && name.ends_with(kSuffix)) files.push_back(entry.path());
  }
  std::sort(files.rbegin(), files.rend());
  if (!files.empty()) file_ = files.front();
  for (const auto& file : files) {
    const std::string last = last_line_of(file);
    if (last.empty()) continue;
    const auto line = parse_json(bytes_of(last));
    if (!line || !line->is_object() || !line->contains("count") ||
        !(*line)["count"].is_number_integer()) {
      throw std::runtime_error("金鑰使用紀錄 " + file.string() +
                               " 末行遭變更，請保存該檔供稽核，並移出後再啟動。");
    }
    total_ = (*line)["count"].get<std::uint64_t>();
    previous_ = sha256(bytes_of(last)).hex();
    return;
  }
}

void UseJournal::open_for(Time now) {
  const std::string name =
      std::string(kPrefix) + now.text().substr(0, 7) + std::string(kSuffix);
  // Only forward: where a clock steps back over a month, lines in the older file would fork the
  // chain, and the count would begin anew after a restart.
  const auto file = std::max(folder_ / name, file_);
  if (descriptor_.open() && file == file_) return;
  if (descriptor_.open() && ::fdatasync(descriptor_.get()) != 0) fail(file_);
  Descriptor opened(::open(file.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
  if (!opened.open() || ::flock(opened.get(), LOCK_EX | LOCK_NB) != 0) fail(file);
  drop_torn_tail(opened.get(), file);
  sync_folder(folder_);
  descriptor_ = std::move(opened);
  file_ = file;
}

// Whole, or nothing and the file as it was; if not even that, the journal is broken.
bool UseJournal::write_line(const std::string& line) {
  struct stat before {};
  if (::fstat(descriptor_.get(), &before) != 0) return false;
  const ssize_t written = ::write(descriptor_.get(), line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) return true;
  if (written > 0 && ::ftruncate(descriptor_.get(), before.st_size) != 0) broken_ = true;
  return false;
}

void UseJournal::keep_synced(std::stop_token stop) {
  while (!stop.stop_requested()) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, kSyncPause, [] { return false; });
    if (!dirty_) continue;
    dirty_ = false;
    // Synced without the lock, through a descriptor that a change of month can not close.
    const Descriptor same(::dup(descriptor_.get()));
    lock.unlock();
    if (::fdatasync(same.get()) == 0) continue;
    lock.lock();
    broken_ = true;
  }
}

}  // namespace yizhan
