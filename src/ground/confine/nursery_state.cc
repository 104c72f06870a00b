#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "ground/confine/nursery_state.h"

namespace yizhan {

namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
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

}  // namespace

OwnedDescriptor::OwnedDescriptor(int number) : number_(number) {
  if (number_ < 0) fail("descriptor");
}

std::pair<int, int> SocketPair::make(int type) {
  std::array<int, 2> both{-1, -1};
  if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, both.data()) != 0) fail("socketpair");
  return {both[0], both[1]};
}

OwnedDescriptor read_only_view(int descriptor) {
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  return OwnedDescriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC));
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

Result<Bytes> result_of(ConfinedOutcome outcome) {
  if (outcome.end != ConfinedEnd::kAnswered) return refusal_of(outcome);
  return std::move(outcome.answer);
}

}  // namespace yizhan
