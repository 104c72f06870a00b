#include "way/screen/scan_line.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "ground/json/json.h"
#include "way/screen/scan_connection.h"

namespace yizhan {

namespace {

// For the request to come and for the answer to go; the scan between has its own limits.
constexpr Milliseconds kPeerTimeMax = std::chrono::seconds{10};
constexpr Milliseconds kAcceptPause = std::chrono::milliseconds{100};
constexpr std::string_view kCheck = R"({"check":true})", kReady = R"({"ready":true})";
constexpr JsonLimits kLimits{.bytes_max = ScanConnection::kMessageMax, .depth_max = 2};

Refusal unavailable(std::string_view what) {
  return Refusal{Reason::kScannerUnavailable, std::string(what)};
}

Refusal unreadable() { return unavailable("掃描服務之答覆無法辨識"); }

bool is_regular(const FileHandle& file) {
  struct stat status {};
  return file.is_open() && ::fstat(file.descriptor(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

Result<ScanOrder> ScanOrder::parse(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, kLimits));
  Members members(json, "scan order");
  ScanOrder order{members.base64("header"), {}, members.base64("key_block"),
                  members.time("accepted")};
  for (const Json& item : members.array("groups")) {
    const auto group =
        item.is_string() ? Sha256::from_hex(item.get_ref<const std::string&>()) : std::nullopt;
    if (group) order.groups.push_back(*group);
    else members.refuse("groups", "須為 SHA-256 之十六進位字串");
  }
  YZ_TRY(members.check());
  return order;
}

Bytes ScanOrder::json() const {
  Json list = Json::array();
  for (const Sha256& group : groups) list.push_back(group.hex());
  return canonical_json({{"header", to_base64(header)},
                         {"groups", std::move(list)},
                         {"key_block", to_base64(key_block)},
                         {"accepted", accepted.text()}});
}

Bytes describe_scan_answer(const Result<Bytes>& verdict) {
  if (verdict) return canonical_json({{"verdict", to_base64(*verdict)}});
  const Refusal& why = verdict.refusal();
  return canonical_json({{"code", code_of(why.reason)}, {"detail", why.detail}});
}

Result<Bytes> parse_scan_answer(ByteView bytes) {
  const Json json = YZ_TRY(parse_json(bytes, kLimits));
  Members members(json, "scan answer");
  if (members.has("verdict")) {
    Bytes verdict = members.base64("verdict");
    YZ_TRY(members.check());
    return verdict;
  }
  const std::optional<Reason> reason = find_reason(members.text("code"));
  const std::string detail = members.text("detail");
  if (!reason) members.refuse("code", "不認得的原因代碼");
  YZ_TRY(members.check());
  return Refusal{*reason, detail};
}

ScannerLine::ScannerLine(std::filesystem::path socket, Milliseconds answer_time_max,
                         std::optional<uid_t> scanner_uid)
    : socket_(std::move(socket)), answer_time_max_(answer_time_max), scanner_uid_(scanner_uid) {}

Result<Bytes> ScannerLine::scan(const ScanOrder& order, const FileHandle& body) const {
  const Bytes request = order.json();
  if (request.size() > ScanConnection::kMessageMax) {
    return Refusal{Reason::kTooLarge, "掃描要求過長"};
  }
  const FileHandle view =
      open_for_reading("/proc/self/fd/" + std::to_string(body.descriptor()));
  const Bytes answer = YZ_TRY(ask(request, view.descriptor(), answer_time_max_));
  Result<Bytes> verdict = parse_scan_answer(answer);
  if (!verdict && verdict.reason() == Reason::kMalformed) return unreadable();
  return verdict;
}

Result<void> ScannerLine::check(Milliseconds answer_time_max) const {
  const Bytes answer = YZ_TRY(ask(bytes_of(kCheck), std::nullopt, answer_time_max));
  if (text_of(answer) == kReady) return {};
  const Result<Bytes> why = parse_scan_answer(answer);
  if (why || why.reason() == Reason::kMalformed) return unreadable();
  return why.refusal();
}

Result<Bytes> ScannerLine::ask(ByteView request, std::optional<int> body,
                               Milliseconds answer_time_max) const {
  std::optional<ScanConnection> connection = ScanConnection::connect(socket_, answer_time_max);
  if (!connection) return unavailable("掃描服務未啟動");
  if (!connection->peer_is(scanner_uid_)) return unavailable("掃描服務之執行帳號不符");
  if (!connection->send(request, body)) return unavailable("掃描服務未接受要求");
  std::optional<Bytes> answer = connection->receive();
  if (!answer) return unavailable("掃描服務逾時未答覆");
  return std::move(*answer);
}

ScannerSocket::ScannerSocket(Settings settings)
    : settings_(std::move(settings)),
      listener_(listen_for_scans(settings_.socket)),
      wake_(::eventfd(0, EFD_CLOEXEC), "eventfd") {}

ScannerSocket::~ScannerSocket() {
  stop();
  std::error_code gone;
  std::filesystem::remove(settings_.socket, gone);
}

void ScannerSocket::stop() {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_.descriptor(), &one, sizeof one));
}

void ScannerSocket::serve(int workers, const Answer& answer) {
  std::vector<std::jthread> threads;  // joined when it goes out of scope
  for (int i = 0; i < workers; ++i) {
    threads.emplace_back([this, &answer] { accept_until_stopped(answer); });
  }
}

void ScannerSocket::accept_until_stopped(const Answer& answer) const {
  while (true) {
    pollfd sources[] = {{wake_.descriptor(), POLLIN, 0}, {listener_.descriptor(), POLLIN, 0}};
    static_cast<void>(::poll(sources, 2, -1));
    if (sources[0].revents != 0) return;
    const int accepted =
        ::accept4(listener_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (accepted >= 0) {
      serve_one(FileHandle(accepted, "connection"), answer);
    } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
      std::this_thread::sleep_for(kAcceptPause);  // no descriptors left, for now
    }
  }
}

void ScannerSocket::serve_one(FileHandle socket, const Answer& answer) const {
  ScanConnection connection(std::move(socket), kPeerTimeMax);
  if (!connection.peer_is(settings_.exchange_uid)) return;
  const std::optional<Bytes> request = connection.receive();
  if (!request) return;
  if (text_of(*request) == kCheck) {
    const std::optional<Bytes> reply = answer_check();
    connection.extend(kPeerTimeMax);
    if (reply) static_cast<void>(connection.send(*reply));
    return;
  }
  Result<ScanOrder> order = ScanOrder::parse(*request);
  FileHandle body = connection.take_descriptor();
  if (!order || !is_regular(body)) return;
  const IncomingScan scan{std::move(*order), std::move(body)};
  const Bytes reply = describe_scan_answer(safely([&] { return answer(scan); }));
  connection.extend(kPeerTimeMax);
  static_cast<void>(connection.send(reply));  // gone meanwhile: it asks again
}

std::optional<Bytes> ScannerSocket::answer_check() const {
  if (!settings_.check) return std::nullopt;
  const Result<Bytes> well = safely([this]() -> Result<Bytes> {
    YZ_TRY(settings_.check());
    return copy_of(bytes_of(kReady));
  });
  return well ? *well : describe_scan_answer(well);
}

// The edge of a job: what went wrong within is not the next order's trouble.
Result<Bytes> ScannerSocket::safely(const std::function<Result<Bytes>()>& work) const {
  try {
    return work();
  } catch (const std::exception& accident) {
    if (settings_.on_accident) settings_.on_accident(accident.what());
    return unavailable("掃描服務發生異常，稍後再試");
  }
}

}  // namespace yizhan
