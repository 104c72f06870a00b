#pragma once

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <list>
#include <mutex>
#include <semaphore>
#include <utility>

#include "ground/confine/wire.h"

// What a program keeps of its nursery and of the children in it. Internal to this folder.

namespace yizhan {

class OwnedDescriptor {
 public:
  explicit OwnedDescriptor(int number);  // throws std::system_error when it is none
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  OwnedDescriptor& operator=(OwnedDescriptor&&) = delete;
  ~OwnedDescriptor() {
    if (number_ >= 0) close(number_);
  }
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

struct SocketPair {
  explicit SocketPair(int type = SOCK_SEQPACKET) : SocketPair(make(type)) {}
  OwnedDescriptor ours;
  OwnedDescriptor theirs;

 private:
  explicit SocketPair(std::pair<int, int> both) : ours(both.first), theirs(both.second) {}
  static std::pair<int, int> make(int type);  // throws std::system_error
};

// The same file, read-only and with a position of its own: the child can not write into what is
// being judged, nor move our place in it.
OwnedDescriptor read_only_view(int descriptor);

// What the nursery says of a child that has ended. Throws std::system_error when it says nothing
// within `deadline` and ten seconds.
Report await_report(int socket, Milliseconds deadline);
ConfinedOutcome outcome_of(const Report& report);
Result<Bytes> result_of(ConfinedOutcome outcome);

// A child between two visits, or at one.
struct LivingChild {
  std::string compartment;
  OwnedDescriptor report;   // hung up on, the nursery ends the child
  OwnedDescriptor channel;  // for jobs and answers
  std::chrono::steady_clock::time_point born;
  int jobs = 0;
};

// A place among those that work at once.
class Place {
 public:
  explicit Place(std::counting_semaphore<>& places) : places_(places) { places_.acquire(); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { places_.release(); }

 private:
  std::counting_semaphore<>& places_;
};

struct Nursery::State {
  State(std::vector<ConfinedJob> all, OwnedDescriptor socket, pid_t process, int children_max)
      : jobs(std::move(all)), control(std::move(socket)), pid(process), places(children_max) {}
  ~State() {
    shutdown(control.get(), SHUT_RDWR);
    waitpid(pid, nullptr, 0);
  }

  [[nodiscard]] std::uint32_t number_of(std::string_view job) const;
  // One of that compartment that is not used up; ends all that are.
  void take_idle(const std::string& compartment, const ConfinedLimits& limits,
                 std::optional<LivingChild>& into);
  // Ends the one that has waited longest when there are too many.
  void give_back(LivingChild child);
  [[nodiscard]] LivingChild give_birth(const std::string& compartment,
                                       const ConfinedLimits& limits);

  std::vector<ConfinedJob> jobs;
  OwnedDescriptor control;
  pid_t pid;
  std::counting_semaphore<> places;
  std::mutex mutex;
  std::list<LivingChild> idle;  // those that wait; the one kept last at the end
};

}  // namespace yizhan
