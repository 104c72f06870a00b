#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <semaphore>
#include <system_error>
#include <utility>

#include "ground/confine/wire.h"

namespace yizhan {

namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {
    if (number_ < 0) fail("descriptor");
  }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

struct SocketPair {
  SocketPair() : SocketPair(make()) {}
  Descriptor ours;
  Descriptor theirs;

 private:
  explicit SocketPair(std::pair<int, int> both) : ours(both.first), theirs(both.second) {}
  static std::pair<int, int> make() {
    std::array<int, 2> both{-1, -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, both.data()) != 0) fail("socketpair");
    return {both[0], both[1]};
  }
};

// The same file, read-only and with a position of its own: the child can not write into what is
// being judged, nor move our place in it.
Descriptor read_only_view(int descriptor) {
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  return Descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

Descriptor input_file(ByteView input) {
  Descriptor file(memfd_create("input", MFD_CLOEXEC));
  while (!input.empty()) {
    const ssize_t written = write(file.get(), input.data(), input.size());
    if (written <= 0) fail("memfd");
    input = input.subspan(static_cast<std::size_t>(written));
  }
  return file;
}

std::optional<Bytes> read_answer(int file, std::uint64_t bytes_max) {
  struct stat status {};
  if (fstat(file, &status) != 0) fail("fstat");
  if (static_cast<std::uint64_t>(status.st_size) > bytes_max) return std::nullopt;
  Bytes answer(static_cast<std::size_t>(status.st_size));
  std::size_t have = 0;
  while (have < answer.size()) {
    const ssize_t got =
        pread(file, answer.data() + have, answer.size() - have, static_cast<off_t>(have));
    if (got <= 0) return std::nullopt;
    have += static_cast<std::size_t>(got);
  }
  return answer;
}

Report await_report(int socket, Milliseconds deadline) {
  constexpr Milliseconds kGrace{10'000};
  pollfd source{socket, POLLIN, 0};
  const auto until = std::chrono::steady_clock::now() + deadline + kGrace;
  int ready = -1;
  do {
    const auto left = until - std::chrono::steady_clock::now();
    const auto ms = std::chrono::duration_cast<Milliseconds>(left).count();
    ready = poll(&source, 1, static_cast<int>(std::clamp<std::int64_t>(ms, 0, 3'600'000)));
  } while (ready < 0 && errno == EINTR);
  Report report{};
  if (ready != 1 || recv(socket, &report, sizeof report, 0) != sizeof report) {
    throw std::system_error(ECHILD, std::generic_category(), "nursery does not answer");
  }
  return report;
}

ConfinedOutcome outcome_of(const Report& report) {
  using enum ConfinedEnd;
  if (report.overdue) return {kDeadline, {}, SIGKILL};
  if (WIFSIGNALED(report.wait_status)) {
    const int by = WTERMSIG(report.wait_status);
    if (by == SIGSYS) return {kForbiddenCall, {}, by};
    if (by == SIGXCPU) return {kDeadline, {}, by};
    if (by == SIGXFSZ) return {kOutput, {}, by};
    return {kCrashed, {}, by};
  }
  switch (static_cast<ChildExit>(WEXITSTATUS(report.wait_status))) {
    case ChildExit::kAnswered:
      return {kAnswered, {}};
    case ChildExit::kMemory:
      return {kMemory, {}};
    case ChildExit::kOutput:
      return {kOutput, {}};
    case ChildExit::kNoCage:
      throw std::runtime_error("the walls around a confined child could not be built");
    case ChildExit::kException:
      break;
  }
  return {kCrashed, {}};
}

Refusal refusal_of(const ConfinedOutcome& outcome) {
  switch (outcome.end) {
    case ConfinedEnd::kForbiddenCall:
      return {Reason::kScanIncomplete, "檢查程式試圖執行禁止之動作，已中止；檔案可能含攻擊碼。"};
    case ConfinedEnd::kDeadline:
      return {Reason::kScanIncomplete, "檢查逾時，已中止；請縮小或簡化檔案。"};
    case ConfinedEnd::kMemory:
      return {Reason::kScanIncomplete, "檢查所需記憶體超過上限；請縮小或簡化檔案。"};
    case ConfinedEnd::kOutput:
      return {Reason::kScanIncomplete, "檢查結果超過長度上限。"};
    case ConfinedEnd::kAnswered:
    case ConfinedEnd::kCrashed:
      break;
  }
  return {Reason::kScanIncomplete,
          "檢查程式異常終止（信號 " + std::to_string(outcome.signal) + "）；檔案可能已損毀。"};
}

bool has_one_thread() {
  const auto tasks = std::filesystem::directory_iterator("/proc/self/task");
  return std::distance(begin(tasks), end(tasks)) == 1;
}

}  // namespace

struct Nursery::State {
  State(std::vector<ConfinedJob> all, Descriptor socket, pid_t process, int children_max)
      : jobs(std::move(all)), control(std::move(socket)), pid(process), places(children_max) {}
  ~State() {
    shutdown(control.get(), SHUT_RDWR);
    waitpid(pid, nullptr, 0);
  }

  std::vector<ConfinedJob> jobs;
  Descriptor control;
  pid_t pid;
  std::counting_semaphore<> places;
};

Nursery::Nursery(std::unique_ptr<State> state) : state_(std::move(state)) {}
Nursery::Nursery(Nursery&&) noexcept = default;
Nursery& Nursery::operator=(Nursery&&) noexcept = default;
Nursery::~Nursery() = default;

Nursery Nursery::start(std::vector<ConfinedJob> jobs, int children_max) {
  YZ_ASSERT(children_max > 0);
  YZ_ASSERT(has_one_thread());
  SocketPair sockets;
  const pid_t pid = fork();
  if (pid < 0) fail("fork");
  if (pid == 0) run_nursery(jobs, sockets.theirs.get(), children_max);
  auto state = std::make_unique<State>(std::move(jobs), std::move(sockets.ours), pid, children_max);
  { const Descriptor forget = std::move(sockets.theirs); }
  char ready = 0;
  if (recv(state->control.get(), &ready, sizeof ready, 0) != sizeof ready) {
    throw std::system_error(ECHILD, std::generic_category(), "nursery did not start");
  }
  return Nursery(std::move(state));
}

ConfinedOutcome Nursery::watch(std::string_view job, ByteView input,
                               std::span<const int> descriptors, const ConfinedLimits& limits) {
  YZ_ASSERT(descriptors.size() <= kDescriptorsMax);
  const auto found = std::find_if(state_->jobs.begin(), state_->jobs.end(),
                                  [&](const ConfinedJob& known) { return known.name == job; });
  YZ_ASSERT(found != state_->jobs.end());

  SocketPair end;
  const Descriptor answer(memfd_create("answer", MFD_CLOEXEC));
  const Descriptor given = input_file(input);
  std::vector<Descriptor> views;
  views.push_back(read_only_view(given.get()));
  for (const int descriptor : descriptors) views.push_back(read_only_view(descriptor));
  std::vector<int> sent{end.theirs.get(), answer.get()};
  for (const Descriptor& view : views) sent.push_back(view.get());

  state_->places.acquire();
  struct Leave {
    std::counting_semaphore<>& places;
    ~Leave() { places.release(); }
  } const leave{state_->places};

  const auto index = static_cast<std::uint32_t>(found - state_->jobs.begin());
  send_with_descriptors(state_->control.get(),
                        Order{.job = index, .input_bytes = input.size(), .limits = limits}, sent);
  { const Descriptor forget = std::move(end.theirs); }  // so that its end is seen as an end
  ConfinedOutcome outcome = outcome_of(await_report(end.ours.get(), limits.deadline));
  if (outcome.end != ConfinedEnd::kAnswered) return outcome;
  std::optional<Bytes> bytes = read_answer(answer.get(), limits.output_bytes_max);
  if (!bytes) return {ConfinedEnd::kOutput, {}};
  outcome.answer = std::move(*bytes);
  return outcome;
}

Result<Bytes> Nursery::run(std::string_view job, ByteView input, std::span<const int> descriptors,
                           const ConfinedLimits& limits) {
  ConfinedOutcome outcome = watch(job, input, descriptors, limits);
  if (outcome.end != ConfinedEnd::kAnswered) return refusal_of(outcome);
  return std::move(outcome.answer);
}

}  // namespace yizhan
