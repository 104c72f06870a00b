#include <poll.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "ground/confine/nursery_state.h"

// The program's side of children that live on.

namespace yizhan {

namespace {

using SteadyClock = std::chrono::steady_clock;

bool wait_until(int socket, short events, SteadyClock::time_point until) {
  while (true) {
    const auto left = std::chrono::ceil<Milliseconds>(until - SteadyClock::now()).count();
    pollfd source{socket, events, 0};
    const int ready =
        poll(&source, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

bool may_be_retried(int error) { return error == EAGAIN || error == EINTR; }

bool send_all(int socket, ByteView bytes, SteadyClock::time_point until) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) bytes = bytes.subspan(static_cast<std::size_t>(sent));
    else if (!may_be_retried(errno) || !wait_until(socket, POLLOUT, until)) return false;
  }
  return true;
}

bool receive_all(int socket, std::span<std::uint8_t> into, SteadyClock::time_point until) {
  while (!into.empty()) {
    const ssize_t got = recv(socket, into.data(), into.size(), MSG_DONTWAIT);
    if (got > 0) into = into.subspan(static_cast<std::size_t>(got));
    else if (got == 0 || !may_be_retried(errno) || !wait_until(socket, POLLIN, until)) return false;
  }
  return true;
}

// One that speaks unasked, or is gone.
bool is_silent(const LivingChild& child) {
  pollfd source{child.channel.get(), POLLIN, 0};
  return poll(&source, 1, 0) == 0;
}

bool is_used_up(const LivingChild& child, const ConfinedLimits& limits) {
  return child.jobs >= limits.jobs_max || SteadyClock::now() - child.born >= limits.life_max;
}

}  // namespace

void Nursery::State::take_idle(const std::string& compartment, const ConfinedLimits& limits,
                               std::optional<LivingChild>& into) {
  const std::lock_guard lock(mutex);
  idle.remove_if([&](const LivingChild& child) { return is_used_up(child, limits); });
  const auto found = std::find_if(idle.begin(), idle.end(), [&](const LivingChild& child) {
    return child.compartment == compartment;
  });
  if (found == idle.end()) return;
  into.emplace(std::move(*found));
  idle.erase(found);
}

void Nursery::State::give_back(LivingChild child) {
  const std::lock_guard lock(mutex);
  idle.push_back(std::move(child));
  if (idle.size() > kIdleMax) idle.pop_front();
}

LivingChild Nursery::State::give_birth(const std::string& compartment,
                                       const ConfinedLimits& limits) {
  SocketPair report;
  SocketPair channel(SOCK_STREAM);
  // One that nobody asks goes by itself.
  const timeval idle_max{limits.life_max.count() / 1000, limits.life_max.count() % 1000 * 1000};
  setsockopt(channel.theirs.get(), SOL_SOCKET, SO_RCVTIMEO, &idle_max, sizeof idle_max);
  const std::array sent{report.theirs.get(), channel.theirs.get()};
  send_with_descriptors(control.get(), Order{.lives_on = true, .limits = limits}, sent);
  return {compartment, std::move(report.ours), std::move(channel.ours), SteadyClock::now()};
}

struct ConfinedVisit::Turn {
  Nursery::State& nursery;
  const Place place;
  ConfinedLimits limits;
  std::optional<LivingChild> child;  // none: it is gone
};

ConfinedVisit::ConfinedVisit(std::unique_ptr<Turn> turn) : turn_(std::move(turn)) {}
ConfinedVisit::ConfinedVisit(ConfinedVisit&&) noexcept = default;
ConfinedVisit::~ConfinedVisit() = default;

ConfinedVisit Nursery::visit(const std::string& compartment, const ConfinedLimits& limits) {
  State& state = *state_;
  std::unique_ptr<ConfinedVisit::Turn> turn(
      new ConfinedVisit::Turn{state, Place(state.places), limits, std::nullopt});
  state.take_idle(compartment, limits, turn->child);
  if (turn->child && !is_silent(*turn->child)) turn->child.reset();
  if (!turn->child) turn->child.emplace(state.give_birth(compartment, limits));
  return ConfinedVisit(std::move(turn));
}

void ConfinedVisit::keep() {
  if (turn_->child) turn_->nursery.give_back(std::move(*turn_->child));
  turn_->child.reset();
}

ConfinedOutcome ConfinedVisit::watch(std::string_view job, ByteView input,
                                     std::span<const int> descriptors) {
  YZ_ASSERT(turn_->child.has_value());
  YZ_ASSERT(descriptors.size() <= Nursery::kDescriptorsMax);
  LivingChild& child = *turn_->child;
  const int channel = child.channel.get();
  const auto until = SteadyClock::now() + turn_->limits.deadline;
  std::vector<OwnedDescriptor> views;
  std::vector<int> sent;
  for (const int descriptor : descriptors) {
    views.push_back(read_only_view(descriptor));
    sent.push_back(views.back().get());
  }
  child.jobs += 1;
  const Task task{turn_->nursery.number_of(job), static_cast<std::uint32_t>(sent.size()),
                  input.size()};
  AnswerHead head{};
  if (!send_task(channel, task, sent) || !send_all(channel, input, until) ||
      !receive_all(channel, {reinterpret_cast<std::uint8_t*>(&head), sizeof head}, until)) {
    return end_of_child(SteadyClock::now() >= until);
  }
  ConfinedOutcome outcome{ConfinedEnd::kAnswered, {}};
  if (head.bytes > turn_->limits.output_bytes_max) {
    turn_->child.reset();
    return {ConfinedEnd::kOutput, {}};
  }
  outcome.answer.resize(static_cast<std::size_t>(head.bytes));
  if (!receive_all(channel, outcome.answer, until)) {
    return end_of_child(SteadyClock::now() >= until);
  }
  return outcome;
}

Result<Bytes> ConfinedVisit::run(std::string_view job, ByteView input,
                                 std::span<const int> descriptors) {
  return result_of(watch(job, input, descriptors));
}

// No answer: has it ended, and how? One that has not, though it cut us off, is ended now.
ConfinedOutcome ConfinedVisit::end_of_child(bool overdue) {
  constexpr Milliseconds kTimeToEnd{1'000};
  const LivingChild child = std::move(*turn_->child);
  turn_->child.reset();
  const int report = child.report.get();
  if (overdue || !wait_until(report, POLLIN, SteadyClock::now() + kTimeToEnd)) {
    shutdown(report, SHUT_WR);
  }
  ConfinedOutcome outcome = outcome_of(await_report(child.report.get(), {}));
  if (outcome.end == ConfinedEnd::kAnswered) outcome.end = ConfinedEnd::kCrashed;
  return outcome;
}

}  // namespace yizhan
