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

#include "ground/confine/nursery_state.h"

namespace yizhan {

namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

OwnedDescriptor input_file(ByteView input) {
  OwnedDescriptor file(memfd_create("input", MFD_CLOEXEC));
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

bool has_one_thread() {
  const auto tasks = std::filesystem::directory_iterator("/proc/self/task");
  return std::distance(begin(tasks), end(tasks)) == 1;
}

}  // namespace

std::uint32_t Nursery::State::number_of(std::string_view job) const {
  const auto found = std::find_if(jobs.begin(), jobs.end(),
                                  [&](const ConfinedJob& known) { return known.name == job; });
  YZ_ASSERT(found != jobs.end());
  return static_cast<std::uint32_t>(found - jobs.begin());
}

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
  { const OwnedDescriptor forget = std::move(sockets.theirs); }
  char ready = 0;
  if (recv(state->control.get(), &ready, sizeof ready, 0) != sizeof ready) {
    throw std::system_error(ECHILD, std::generic_category(), "nursery did not start");
  }
  return Nursery(std::move(state));
}

ConfinedOutcome Nursery::watch(std::string_view job, ByteView input,
                               std::span<const int> descriptors, const ConfinedLimits& limits) {
  YZ_ASSERT(descriptors.size() <= kDescriptorsMax);
  const std::uint32_t number = state_->number_of(job);
  SocketPair end;
  const OwnedDescriptor answer(memfd_create("answer", MFD_CLOEXEC));
  const OwnedDescriptor given = input_file(input);
  std::vector<OwnedDescriptor> views;
  views.push_back(read_only_view(given.get()));
  for (const int descriptor : descriptors) views.push_back(read_only_view(descriptor));
  std::vector<int> sent{end.theirs.get(), answer.get()};
  for (const OwnedDescriptor& view : views) sent.push_back(view.get());

  const Place place(state_->places);
  send_with_descriptors(state_->control.get(),
                        Order{.job = number, .input_bytes = input.size(), .limits = limits}, sent);
  { const OwnedDescriptor forget = std::move(end.theirs); }  // so that its end is seen as an end
  ConfinedOutcome outcome = outcome_of(await_report(end.ours.get(), limits.deadline));
  if (outcome.end != ConfinedEnd::kAnswered) return outcome;
  std::optional<Bytes> bytes = read_answer(answer.get(), limits.output_bytes_max);
  if (!bytes) return {ConfinedEnd::kOutput, {}};
  outcome.answer = std::move(*bytes);
  return outcome;
}

Result<Bytes> Nursery::run(std::string_view job, ByteView input, std::span<const int> descriptors,
                           const ConfinedLimits& limits) {
  return result_of(watch(job, input, descriptors, limits));
}

}  // namespace yizhan
