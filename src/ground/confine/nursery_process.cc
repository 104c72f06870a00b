#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <new>
#include <system_error>

#include "ground/confine/cage.h"
#include "ground/confine/wire.h"

// The inside of the nursery: one thread, one loop, and the children.

namespace yizhan {

namespace {

using SteadyClock = std::chrono::steady_clock;

// Places of a child's descriptors after keep_only().
constexpr int kAnswerFile = 3;
constexpr int kInputFile = 4;
constexpr int kFirstOfJob = 5;
constexpr int kChannel = 3;  // of one that lives on

struct Child {
  int report_socket;
  SteadyClock::time_point deadline;
  bool overdue = false;
};

[[noreturn]] void leave(ChildExit how) { _exit(static_cast<int>(how)); }

ByteView map_input(std::uint64_t size) {
  if (size == 0) return {};
  void* start = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, kInputFile, 0);
  if (start == MAP_FAILED) throw std::bad_alloc();
  return {static_cast<const std::uint8_t*>(start), size};
}

void write_answer(ByteView answer) {
  while (!answer.empty()) {
    const ssize_t written = write(kAnswerFile, answer.data(), answer.size());
    if (written <= 0) leave(ChildExit::kOutput);
    answer = answer.subspan(static_cast<std::size_t>(written));
  }
}

// What every child is born with, so that a limit means what it may add.
std::uint64_t address_space_bytes() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void be_caged(const ReceivedOrder& received, const CallFilter& filter) {
  try {
    keep_only(std::span(received.descriptors).subspan(1));
    enter_cage(received.order.limits, filter);
  } catch (const std::exception&) {
    leave(ChildExit::kNoCage);
  }
}

[[noreturn]] void do_one_job(const ConfinedJob& job, const ReceivedOrder& received) {
  try {
    std::vector<int> descriptors(received.descriptors.size() - 3);
    for (std::size_t i = 0; i < descriptors.size(); ++i) {
      descriptors[i] = kFirstOfJob + static_cast<int>(i);
    }
    const Bytes answer = job.run(map_input(received.order.input_bytes), descriptors);
    if (answer.size() > received.order.limits.output_bytes_max) leave(ChildExit::kOutput);
    write_answer(answer);
  } catch (const std::bad_alloc&) {
    leave(ChildExit::kMemory);
  } catch (const std::exception&) {
    leave(ChildExit::kException);
  }
  leave(ChildExit::kAnswered);
}

class NurseryProcess {
 public:
  NurseryProcess(const std::vector<ConfinedJob>& jobs, int control, int children_max)
      : jobs_(jobs),
        control_(control),
        children_max_(static_cast<std::size_t>(children_max) + Nursery::kIdleMax),
        filter_(CallFilter::build({})),
        living_filter_(CallFilter::build(kChannel)) {
    // What ends the program (SIGTERM to the whole group) must not end the nursery under its
    // feet: it goes when the program does, by the end of file on the control socket.
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, nullptr);
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    ended_ = signalfd(-1, &ended, SFD_CLOEXEC | SFD_NONBLOCK);
    if (ended_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
  }

  // Until the program goes away.
  void attend() {
    while (true) {
      // A full nursery does not look at further orders; they wait in the socket.
      const bool full = children_.size() >= children_max_;
      std::vector<pollfd> sources{
          pollfd{ended_, POLLIN, 0},
          pollfd{control_, static_cast<short>(full ? 0 : POLLIN), 0},
      };
      for (const auto& [pid, child] : children_) {
        const bool ending = child.overdue;
        sources.push_back({ending ? -1 : child.report_socket, POLLRDHUP, 0});
      }
      const int ready = poll(sources.data(), sources.size(), milliseconds_to_deadline());
      if (ready < 0 && errno != EINTR) return;
      if (ready > 0) end_the_forsaken(std::span(sources).subspan(2));
      bury_the_ended();
      end_the_overdue();
      if (full && (sources[1].revents & POLLHUP) != 0) return;
      if (!full && ready > 0 && sources[1].revents != 0 && !give_birth()) return;
    }
  }

  void end_all() {
    for (const auto& [pid, child] : children_) kill(pid, SIGKILL);
    for (const auto& [pid, child] : children_) waitpid(pid, nullptr, 0);
  }

 private:
  int milliseconds_to_deadline() const {
    if (children_.empty()) return -1;
    const auto next = std::min_element(
        children_.begin(), children_.end(),
        [](const auto& a, const auto& b) { return a.second.deadline < b.second.deadline; });
    const auto left =
        std::chrono::ceil<Milliseconds>(next->second.deadline - SteadyClock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
  }

  [[noreturn]] void live_as_child(const ReceivedOrder& received) const {
    const Order& order = received.order;
    be_caged(received, order.lives_on ? living_filter_ : filter_);
    if (order.lives_on) live_on(jobs_, kChannel, order.limits.output_bytes_max);
    do_one_job(jobs_.at(order.job), received);
  }

  bool give_birth() {
    std::optional<ReceivedOrder> received = receive_order(control_);
    if (!received) return false;
    ConfinedLimits& limits = received->order.limits;
    limits.memory_bytes += born_with_;
    if (received->order.lives_on) limits.deadline += limits.life_max;  // a last job begins late
    const pid_t pid = fork();
    if (pid == 0) live_as_child(*received);
    for (std::size_t i = 1; i < received->descriptors.size(); ++i) close(received->descriptors[i]);
    const int report_socket = received->descriptors.front();
    if (pid < 0) {
      close(report_socket);  // the caller reads the end of file: no child, no answer
      return true;
    }
    const auto deadline = SteadyClock::now() + limits.deadline;
    children_.emplace(pid, Child{report_socket, deadline});
    return true;
  }

  void bury_the_ended() {
    signalfd_siginfo drained{};
    while (read(ended_, &drained, sizeof drained) > 0) {
    }
    int status = 0;
    while (true) {
      const pid_t pid = waitpid(-1, &status, WNOHANG);
      if (pid <= 0) return;
      const auto child = children_.find(pid);
      if (child == children_.end()) continue;
      const Report report{status, child->second.overdue};
      send(child->second.report_socket, &report, sizeof report, MSG_NOSIGNAL);
      close(child->second.report_socket);
      children_.erase(child);
    }
  }

  void end_the_overdue() {
    const auto now = SteadyClock::now();
    for (auto& [pid, child] : children_) {
      if (child.deadline <= now) end(pid, child);
    }
  }

  // Those whose program has hung up on them; `reports` in the order of the children.
  void end_the_forsaken(std::span<const pollfd> reports) {
    std::size_t place = 0;
    for (auto& [pid, child] : children_) {
      if (reports[place++].revents != 0) end(pid, child);
    }
  }

  static void end(pid_t pid, Child& child) {
    child.overdue = true;
    child.deadline = SteadyClock::now() + std::chrono::seconds(1);
    kill(pid, SIGKILL);
  }

  const std::vector<ConfinedJob>& jobs_;
  int control_;
  std::size_t children_max_;
  CallFilter filter_;
  CallFilter living_filter_;
  int ended_ = -1;
  std::uint64_t born_with_ = address_space_bytes();
  std::map<pid_t, Child> children_;
};

void become_the_nursery() {
  prctl(PR_SET_NAME, "nursery");
  // The children's whole environment. The time zone is read now, as they can not.
  clearenv();
  setenv("TZ", "UTC0", 1);
  tzset();
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) throw std::system_error(errno, std::generic_category(), "/dev/null");
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
#if !defined(__SANITIZE_ADDRESS__)
  dup2(null, STDERR_FILENO);  // what a parser complains of may be the text of a document
#endif
}

}  // namespace

void run_nursery(const std::vector<ConfinedJob>& jobs, int control, int children_max) {
  try {
    become_the_nursery();
    keep_only(std::span(&control, 1));
    const int kept = STDERR_FILENO + 1;
    for (const ConfinedJob& job : jobs) {
      if (job.warm != nullptr) job.warm();
    }
    NurseryProcess nursery(jobs, kept, children_max);
    const char ready = 1;
    if (send(kept, &ready, sizeof ready, MSG_NOSIGNAL) == sizeof ready) {
      nursery.attend();
      nursery.end_all();
    }
  } catch (const std::exception&) {
    _exit(1);  // the program reads the end of file and says so
  }
  _exit(0);
}

}  // namespace yizhan
