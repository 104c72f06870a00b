#include "ground/net/exchange.h"

#include <charconv>

#include "ground/net/problem.h"

namespace yizhan {

namespace {

constexpr std::int64_t kWaitSecondsMax = 60;

constexpr std::chrono::seconds kStreamWait{30};  // shorter than what proxies on the way allow

// "wait" of the query, in seconds; who reads a stream of events waits without saying so.
Result<std::chrono::seconds> parse_wait(const Request& request) {
  const auto found = request.query.find("wait");
  if (found == request.query.end()) {
    const std::string_view accepted = request.header("Accept").value_or("");
    const bool stream = accepted.find("text/event-stream") != std::string::npos;
    return stream ? kStreamWait : std::chrono::seconds{0};
  }
  const std::string& text = found->second;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || seconds < 0 || seconds > kWaitSecondsMax) {
    return Refusal{Reason::kBadRequest, "wait 須為 0 至 60 之整數（秒）"};
  }
  return std::chrono::seconds{seconds};
}

}  // namespace

Exchange::Exchange(const HeaderLimits& limits, Time now)
    : reader(limits), framing{.id = Uuid::generate(now).text(), .now = now} {}

void Exchange::refuse(const Refusal& refusal) { response = Response::problem(refusal); }

void Exchange::find_route(const Router& router, const Peer& peer) {
  const RequestHead& head = reader.head();
  auto found = router.find(head.method, head.path);
  request = {.method = head.method,
             .path = head.path,
             .query = head.query,
             .parameters = std::move(found.parameters),
             .headers = head.headers,
             .peer = peer,
             .id = framing.id};
  if (found.route == nullptr && found.allow.empty()) return refuse({Reason::kNotFound, {}});
  if (found.route == nullptr) {
    refuse({Reason::kMethodNotAllowed, {}});
    response->headers.emplace_back("Allow", found.allow);
    return;
  }
  route = found.route;
  if (!route->waiting) return;
  const auto asked = parse_wait(request);
  if (!asked.ok()) return refuse(asked.refusal());
  wait = *asked;
}

void Exchange::answer(Wakeups& wakeups, bool last_chance, const std::function<void()>& wake) {
  try {  // one of the four edges where exceptions end
    if (Clock::now() > deadline_) return refuse({Reason::kUnavailable, "等候處理逾時"});
    if (route->handler) {
      response = route->handler(request);
      return;
    }
    // Before the handler looks: what is notified from now on wakes us.
    if (!subscription_) subscription_ = wakeups.subscribe(route->topic_of(request), wake);
    response = route->waiting(request, last_chance);
    if (!response && last_chance) response = Response{.status = 204};
  } catch (const std::exception& what) {
    accident(what);
  }
}

void Exchange::ask(Wakeups& wakeups, bool last_chance, const std::function<void()>& wake) {
  work_on({});
  answer(wakeups, last_chance, wake);
  subject_ = worked_on();
}

void Exchange::accident(const std::exception& what) {
  note_ = what.what();
  refuse({Reason::kInternal, {}});
}

std::string Exchange::frame() {
  try {
    if (response->refusal) response->body = problem_body(*response->refusal, framing.id);
    return write_head(*response, framing);
  } catch (const std::exception& what) {
    accident(what);
    return frame();  // a problem document of ours can always be sent
  }
}

AccessRecord Exchange::record(bool sent) const {
  const RequestHead& head = reader.head();
  AccessRecord record{
      .id = framing.id,
      .method = std::string(head.path.empty() ? "?" : name_of(head.method)),
      .path = head.raw_path,
      .status = response->status,
      .request_bytes = request.body.size(),
      .response_bytes = sends_body(*response, framing) ? response->body.size() : 0,
      .duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun),
      .note = note_};
  if (note_.empty() && response->refusal) {
    record.note.append(code_of(response->refusal->reason)).append(" ");
    record.note.append(response->refusal->detail);
  }
  if (!sent) record.note += " (answer not sent)";
  return record;
}

}  // namespace yizhan
