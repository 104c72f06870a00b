#include "role/load/waiting_run.h"

#include <sys/resource.h>

#include <algorithm>
#include <set>
#include <thread>

namespace yizhan {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kPemBytesMax = 1U << 16;
constexpr auto kPoll = std::chrono::seconds{60};  // the longest that a centre lets ask
constexpr auto kLook = milliseconds{50};
constexpr auto kWakePause = milliseconds{20};
constexpr rlim_t kOtherFiles = 128;

Stamp now() { return std::chrono::steady_clock::now(); }

std::uint32_t microseconds(Stamp::duration time) {
  const auto count = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  return static_cast<std::uint32_t>(std::max<std::int64_t>(count, 0));
}

// As many as asked for, or an exception that says how many the system allows.
void allow_files(std::size_t connections) {
  rlimit limit{};
  const rlim_t wanted = connections + kOtherFiles;
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= wanted) return;
  const rlim_t hard = limit.rlim_max;
  limit = {.rlim_cur = wanted, .rlim_max = std::max(wanted, hard)};
  if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) return;
  throw std::runtime_error("同時開啟檔案之上限為 " + std::to_string(hard) + "，" +
                           std::to_string(connections) + " 個連線需要 " + std::to_string(wanted) +
                           "（ulimit -Hn）");
}

std::shared_ptr<SoftwareKey> read_shared_key(const std::filesystem::path& file) {
  const Bytes pem = read_file(file, kPemBytesMax);
  Result<PrivateKey> key = PrivateKey::parse_pem(pem, SecretBytes());
  Result<Certificate> certificate = Certificate::parse_pem(text_of(pem));
  if (!key || !certificate) throw std::runtime_error("金鑰檔無法讀取：" + file.string());
  return std::make_shared<SoftwareKey>(
      SoftwareKey::make(std::move(*key), std::move(*certificate)).value());
}

OrgCode first_in(const std::filesystem::path& folder) {
  const std::vector<OrgCode> codes = agencies_in(folder);
  if (codes.empty()) throw std::invalid_argument("沒有發文之模擬機關：" + folder.string());
  return codes.front();
}

}  // namespace

std::string text_of_phase(const Json& phase) {
  const std::string name = phase.at("phase").get<std::string>();
  if (name == "waiting") {
    return phase.at("terminals").dump() + " 個終端皆已連線等候，費時 " + phase.at("seconds").dump() +
           " 秒";
  }
  if (name == "rested") {
    return "靜候 " + phase.at("seconds").dump() + " 秒：中心答覆 " + phase.at("answers").dump() +
           " 次，連線中斷 " + phase.at("lost").dump() + " 次";
  }
  const auto latency = [&](const char* from) {
    const Json& all = phase.at(from);
    return all.at("p50").dump() + "／" + all.at("p99").dump() + "／" + all.at("max").dump();
  };
  return std::string(name == "woken" ? "逐件喚醒" : "一件喚醒多個") + "，毫秒（中位／99％／最長）：自送件 " +
         latency("from_submission_ms") + "，自受理 " + latency("from_acceptance_ms") + "，自 D.1 " +
         latency("from_consignment_ms") + "；未喚醒 " + phase.at("missing").dump() + "，重複 " +
         phase.at("twice").dump() + "，有誤 " + phase.at("wrong").dump();
}

WaitingRun::WaitingRun(WaitingPlan plan, const LoadFiles& files, Tell tell)
    : plan_(std::move(plan)),
      tell_(std::move(tell)),
      surroundings_(files),
      sender_(surroundings_, first_in(files.agencies),
              read_agency_keys(files.agencies, first_in(files.agencies))),
      key_(read_shared_key(plan_.key)),
      ledger_(MessageId::generate(surroundings_.clock.now())) {
  allow_files(plan_.terminals);
  choose_terminals();
  crowd_ = std::make_unique<ClientCrowd>(crowd_plan(), asking());
}

// Those of the directory whose line has that key, each with a certificate of its own.
void WaitingRun::choose_terminals() {
  const std::string key = key_->certificate().public_key_pem();
  const Time time = surroundings_.clock.now();
  const auto directory = surroundings_.directory.current();
  for (const auto& [code, agency] : directory->agencies()) {
    if (terminals_.size() == plan_.terminals) return;
    const auto certificates = certificates_for(agency.certificates, Purpose::kTls, time);
    if (certificates.empty() || agency.addresses.empty()) continue;
    if (certificates.front().public_key_pem() != key) continue;
    terminals_.push_back({code, {agency.addresses.front(), certificates.front()}});
  }
  if (terminals_.size() == plan_.terminals) return;
  throw std::invalid_argument("目錄中以此金鑰連線之機關只有 " + std::to_string(terminals_.size()));
}

CrowdPlan WaitingRun::crowd_plan() const {
  const auto trust = surroundings_.trust.current();
  const CentreAddress centre = centre_address(*surroundings_.directory.current(),
                                              terminals_.front().code, surroundings_.clock.now());
  CrowdPlan plan{.server = centre_endpoint(centre, tls_identity(key_, *trust), *trust),
                 .members = {}};
  for (const Terminal& terminal : terminals_) plan.members.push_back(terminal.member);
  return plan;
}

CrowdAsking WaitingRun::asking() {
  return {.next = [this](std::size_t i) { return news_path(terminals_[i].cursor, kPoll); },
          .answered = [this](std::size_t i, const Response& response) { answered(i, response); },
          .lost = [this](std::size_t, const std::string&) { ++lost_; }};
}

void WaitingRun::answered(std::size_t terminal, const Response& response) {
  const Stamp at = now();
  const Time time = surroundings_.clock.now();
  ++answers_;
  NewsCursor& cursor = terminals_[terminal].cursor;
  const Result<NewsPage> page = read_news(response, cursor);
  if (!page || page->items.empty()) return;
  for (const NewsEntry& news : page->items) {
    if (news.kind != text_of(EvidenceType::kConsignment)) continue;
    book_.woken(news.message.message, {terminal, at, time, news.evidence});
  }
  cursor = cursor_at(page->items.back());
}

bool WaitingRun::run() {
  crowd_->start();
  wait_for_all();
  rest();
  const bool singly = wake_one_by_one();
  const bool together = plan_.fan_out == 0 || wake_many();
  crowd_->stop();
  return singly && together && book_.surplus() == 0;
}

void WaitingRun::wait_for_all() {
  const Stamp begun = now();
  Stamp moved = begun;
  std::size_t most = 0;
  while (crowd_->waiting() < terminals_.size()) {
    std::this_thread::sleep_for(kLook);
    const std::size_t waiting = crowd_->waiting();
    if (waiting > most) moved = now();
    most = std::max(most, waiting);
    if (now() - moved < plan_.drain) continue;
    throw std::runtime_error("只有 " + std::to_string(most) + " 個終端連上並等候，中斷 " +
                             std::to_string(lost_) + " 次");
  }
  const double seconds = std::chrono::duration<double>(now() - begun).count();
  tell_({{"phase", "waiting"}, {"terminals", terminals_.size()}, {"seconds", seconds}});
}

void WaitingRun::rest() {
  answers_ = 0;
  std::this_thread::sleep_for(plan_.rest);
  const double seconds = std::chrono::duration<double>(plan_.rest).count();
  const std::int64_t answers = answers_, lost = lost_;
  tell_({{"phase", "rested"}, {"seconds", seconds}, {"answers", answers}, {"lost", lost}});
}

bool WaitingRun::wake_one_by_one() {
  Woken all;
  for (std::int64_t i = 0; i < plan_.documents; ++i) {
    // Spread over the whole crowd.
    const auto place = static_cast<std::size_t>(i) * terminals_.size() /
                       static_cast<std::size_t>(plan_.documents);
    all.add(send({place}));
    std::this_thread::sleep_for(kWakePause);
  }
  tell_(all.describe("woken"));
  return all.is_right();
}

bool WaitingRun::wake_many() {
  std::vector<std::size_t> to;
  for (std::size_t i = 0; i < plan_.fan_out; ++i) {
    to.push_back(i * terminals_.size() / plan_.fan_out);
  }
  const Woken all = send(to);
  tell_(all.describe("fanned_out"));
  return all.is_right();
}

WaitingRun::Woken WaitingRun::send(const std::vector<std::size_t>& to) {
  std::vector<Correspondent> recipients;
  const auto directory = surroundings_.directory.current();
  for (const std::size_t i : to) {
    const OrgCode& code = terminals_[i].code;
    recipients.push_back({code, directory->name_of({code, {}}).value()});
  }
  const SealedLetter letter =
      sender_.seal({++number_, plan_.bytes, 0, to}, std::move(recipients)).value();
  const MessageId message = letter.document.message;
  book_.expect(message, to.size());
  ledger_.sent(letter.document);
  const Stamp begun = now();
  Woken woken;
  if (!sender_.submit(letter, ledger_)) {
    woken.missing = to.size();
    return woken;
  }
  const Stamp accepted = now();
  const std::set<std::size_t> meant(to.begin(), to.end());
  std::set<std::size_t> reached;
  for (const Wake& wake : book_.wait(message, plan_.drain)) {
    const Result<Time> stated = consigned(wake);
    if (!stated || !meant.contains(wake.terminal)) {
      ++woken.wrong;
      continue;
    }
    if (!reached.insert(wake.terminal).second) ++woken.twice;
    woken.from_submission.push_back(microseconds(wake.at - begun));
    // It may be there before the sender has read that it was accepted.
    woken.from_acceptance.push_back(microseconds(wake.at - accepted));
    woken.from_consignment.push_back(microseconds(wake.time - *stated));
  }
  woken.missing = meant.size() - reached.size();
  return woken;
}

Result<Time> WaitingRun::consigned(const Wake& wake) const {
  const SignedStatement consigned = YZ_TRY(open_statement(wake.evidence));
  YZ_TRY(check_actor(consigned, *surroundings_.directory.current(),
                     surroundings_.trust.policy()));
  const Addressee expected{terminals_[wake.terminal].code, {}};
  if (consigned.statement.recipient != expected) return Reason::kForbidden;
  return consigned.statement.time;
}

void WaitingRun::Woken::add(Woken more) {
  const auto join = [](auto& to, const auto& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  join(from_submission, more.from_submission);
  join(from_acceptance, more.from_acceptance);
  join(from_consignment, more.from_consignment);
  missing += more.missing;
  twice += more.twice;
  wrong += more.wrong;
}

Json WaitingRun::Woken::describe(const std::string& phase) const {
  return {{"phase", phase},
          {"from_submission_ms", Latency::of(from_submission).describe()},
          {"from_acceptance_ms", Latency::of(from_acceptance).describe()},
          {"from_consignment_ms", Latency::of(from_consignment).describe()},
          {"missing", missing},
          {"twice", twice},
          {"wrong", wrong}};
}

}  // namespace yizhan
