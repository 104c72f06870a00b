#include "ground/antivirus/antivirus.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "ground/antivirus/clamd_socket.h"

namespace yizhan {

namespace {

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// "Thu Nov  5 09:28:03 2026", as ctime(3) writes it.
std::optional<Time> parse_ctime(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 24) return std::nullopt;
  const std::size_t month = kMonths.find(text.substr(4, 3));
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  std::string day(text.substr(8, 2));
  std::replace(day.begin(), day.end(), ' ', '0');
  const std::string number = std::to_string(month / 3 + 1);
  const std::string rfc3339 = std::string(text.substr(20)) + "-" + (number.size() == 1 ? "0" : "") +
                              number + "-" + day + "T" + std::string(text.substr(11, 8)) + "Z";
  return Time::parse(rfc3339);
}

// "fd[12]: OK" or "fd[12]: Name FOUND"; anything else is no clear answer.
Result<ScanAnswer> parse_answer(std::string_view answer) {
  const Refusal unclear{Reason::kScanIncomplete, "掃毒引擎未給明確結果，視為未完成掃描。"};
  const std::size_t colon = answer.find("]: ");
  if (colon == std::string_view::npos || !answer.starts_with("fd[") ||
      !is_digits(answer.substr(3, colon - 3))) {
    return unclear;
  }
  std::string_view said = answer.substr(colon + 3);
  if (said == "OK") return ScanAnswer{ScanOutcome::kClean, {}};
  constexpr std::string_view kFound = " FOUND";
  if (!said.ends_with(kFound) || said.size() == kFound.size() || !is_printable(said)) {
    return unclear;
  }
  said.remove_suffix(kFound.size());
  const ScanOutcome outcome = said.starts_with("Heuristics.Limits.")      ? ScanOutcome::kLimits
                              : said.starts_with("Heuristics.Encrypted.") ? ScanOutcome::kEncrypted
                                                                          : ScanOutcome::kInfected;
  return ScanAnswer{outcome, std::string(said)};
}

// A file in memory, closed at the end.
class CanaryFile {
 public:
  explicit CanaryFile(std::string_view content) : descriptor_(memfd_create("canary", MFD_CLOEXEC)) {
    if (descriptor_ < 0 || write(descriptor_, content.data(), content.size()) !=
                               static_cast<ssize_t>(content.size())) {
      throw std::system_error(errno, std::generic_category(), "memfd");
    }
  }
  CanaryFile(const CanaryFile&) = delete;
  CanaryFile& operator=(const CanaryFile&) = delete;
  ~CanaryFile() { close(descriptor_); }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

std::string eicar_test_file() {
  const std::string head = R"(X5O!P%@AP[4\PZX54(P^)7CC)7}$)";
  return head + "EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*";
}

Clamd::Clamd(ClamdSettings settings) : settings_(std::move(settings)) {}

Result<EngineVersion> Clamd::version() const {
  const ClamdSocket socket = YZ_TRY(ClamdSocket::connect(settings_));
  const std::string answer = YZ_TRY(socket.ask("VERSION", std::nullopt, settings_.answer_time_max));
  if (!answer.starts_with("ClamAV ") || !is_printable(answer)) {
    return Refusal{Reason::kScannerUnavailable, "掃毒服務未回報版本。"};
  }
  const std::size_t first = answer.find('/');
  EngineVersion version{answer.substr(0, first), {}, {}};
  if (first == std::string::npos) return version;
  const std::size_t second = answer.find('/', first + 1);
  version.signatures_version = answer.substr(first + 1, second - first - 1);
  if (second != std::string::npos) version.signatures_time = parse_ctime(answer.substr(second + 1));
  return version;
}

Result<void> Clamd::ping() const {
  const ClamdSocket socket = YZ_TRY(ClamdSocket::connect(settings_));
  const Result<std::string> answer = socket.ask("PING", std::nullopt, settings_.answer_time_max);
  if (answer.ok() && *answer == "PONG") return {};
  return Refusal{Reason::kScannerUnavailable, "掃毒服務沒有回應。"};
}

Result<ScanAnswer> Clamd::scan(int descriptor) const {
  const ClamdSocket socket = YZ_TRY(ClamdSocket::connect(settings_));
  const Result<std::string> answer = socket.ask("FILDES", descriptor, settings_.scan_time_max);
  if (answer.ok()) return parse_answer(*answer);
  // Too slow over this file, or too slow altogether?
  if (answer.reason() == Reason::kScanIncomplete) YZ_TRY(ping());
  return answer.refusal();
}

Result<void> Clamd::check() const {
  const ScanAnswer hit = YZ_TRY(scan(CanaryFile(eicar_test_file()).get()));
  if (hit.outcome != ScanOutcome::kInfected) {
    return Refusal{Reason::kScannerUnavailable, "掃毒引擎驗不出測試病毒，病毒碼可能遺失或遭抽換。"};
  }
  const ScanAnswer pass = YZ_TRY(scan(CanaryFile("公文電子交換").get()));
  if (pass.outcome != ScanOutcome::kClean) {
    return Refusal{Reason::kScannerUnavailable, "掃毒引擎誤判無害內容，病毒碼可能有誤。"};
  }
  return {};
}

}  // namespace yizhan
