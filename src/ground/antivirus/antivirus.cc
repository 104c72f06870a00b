#include "ground/antivirus/antivirus.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "ground/antivirus/clamd_socket.h"
#include "ground/antivirus/replies.h"

namespace yizhan {

namespace {

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

std::string octal(std::size_t value, std::size_t digits) {
  std::string text(digits, '0');
  for (; value > 0; value >>= 3) text[--digits] = static_cast<char>('0' + (value & 7));
  return text;
}

// One member of a tar (POSIX ustar), its content of whole blocks.
std::string tar_of(const std::string& content) {
  std::string header(512, '\0');
  header.replace(0, 1, "a").replace(100, 7, octal(0600, 7));
  header.replace(124, 11, octal(content.size(), 11)).replace(148, 8, "        ");
  header.replace(156, 1, "0").replace(257, 5, "ustar").replace(263, 2, "00");
  std::size_t sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  return header.replace(148, 7, octal(sum, 6) + '\0') + content;
}

// Archives in archives, deeper than any engine follows: clamd knows at most 100 levels.
std::string endless_archive() {
  constexpr int kDepth = 110;
  std::string archive(512, 'x');
  for (int depth = 0; depth < kDepth; ++depth) archive = tar_of(archive);
  return archive;
}

}  // namespace

std::string eicar_test_file() {
  const std::string head = R"(X5O!P%@AP[4\PZX54(P^)7CC)7}$)";
  return head + "EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*";
}

ClamdSession::ClamdSession(const ClamdSettings& settings, std::unique_ptr<ClamdSocket> socket)
    : settings_(settings), socket_(std::move(socket)) {}
ClamdSession::ClamdSession(ClamdSession&&) noexcept = default;
ClamdSession::~ClamdSession() = default;

Result<EngineVersion> ClamdSession::version() {
  const std::string answer =
      YZ_TRY(socket_->ask("VERSION", std::nullopt, settings_.answer_time_max));
  return parse_version_reply(answer);
}

Result<void> ClamdSession::ping() {
  const Result<std::string> answer = socket_->ask("PING", std::nullopt, settings_.answer_time_max);
  if (answer.ok() && *answer == "PONG") return {};
  return Refusal{Reason::kScannerUnavailable, "掃毒服務沒有回應。"};
}

Result<ScanAnswer> ClamdSession::scan(int descriptor) {
  const Result<std::string> answer = socket_->ask("FILDES", descriptor, settings_.scan_time_max);
  if (answer.ok()) return parse_scan_reply(*answer);
  // Too slow over this file, or too slow altogether?
  if (answer.reason() == Reason::kScanIncomplete) YZ_TRY(Clamd(settings_).ping());
  return answer.refusal();
}

Result<std::vector<ScanAnswer>> ClamdSession::scan_all(std::span<const int> descriptors) {
  if (descriptors.empty()) return std::vector<ScanAnswer>{};
  const auto said =
      YZ_TRY(socket_->ask_all("FILDES", descriptors, settings_.answer_time_max));
  std::vector<ScanAnswer> answers;
  for (const std::string& one : said) answers.push_back(YZ_TRY(parse_scan_reply(one)));
  return answers;
}

Result<void> ClamdSession::check_signatures() {
  const ScanAnswer hit = YZ_TRY(scan(CanaryFile(eicar_test_file()).get()));
  if (hit.outcome == ScanOutcome::kInfected) return {};
  return Refusal{Reason::kScannerUnavailable, "掃毒引擎驗不出測試病毒，病毒碼可能遺失或遭抽換。"};
}

Clamd::Clamd(ClamdSettings settings) : settings_(std::move(settings)) {}

Result<ClamdSession> Clamd::open() const {
  return ClamdSession(settings_, std::make_unique<ClamdSocket>(
                                     YZ_TRY(ClamdSocket::connect(settings_))));
}

Result<EngineVersion> Clamd::version() const { return YZ_TRY(open()).version(); }
Result<void> Clamd::ping() const { return YZ_TRY(open()).ping(); }
Result<ScanAnswer> Clamd::scan(int descriptor) const { return YZ_TRY(open()).scan(descriptor); }

Result<void> Clamd::check() const {
  ClamdSession session = YZ_TRY(open());
  YZ_TRY(session.check_signatures());
  const ScanAnswer pass = YZ_TRY(session.scan(CanaryFile("公文電子交換").get()));
  if (pass.outcome != ScanOutcome::kClean) {
    return Refusal{Reason::kScannerUnavailable, "掃毒引擎誤判無害內容，病毒碼可能有誤。"};
  }
  // An engine that calls what it gave up on "OK" would let anything pass behind enough padding.
  const ScanAnswer limits = YZ_TRY(session.scan(CanaryFile(endless_archive()).get()));
  if (limits.outcome != ScanOutcome::kLimits) {
    return Refusal{Reason::kScannerUnavailable,
                   "掃毒引擎超出自身限制時未告警，請於 clamd.conf 設定 AlertExceedsMax yes。"};
  }
  return {};
}

}  // namespace yizhan
