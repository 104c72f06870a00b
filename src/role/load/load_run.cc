#include "role/load/load_run.h"

#include <limits>
#include <ostream>

namespace yizhan {

namespace {

constexpr auto kWait = std::chrono::seconds{1};
constexpr auto kPause = std::chrono::milliseconds{10};
constexpr auto kAskAgain = std::chrono::milliseconds{200};
constexpr auto kShowEvery = std::chrono::seconds{1};

Stamp now() { return std::chrono::steady_clock::now(); }

}  // namespace

LoadRun::LoadRun(LoadPlan plan, const LoadFiles& files, std::ostream& progress)
    : plan_(std::move(plan)),
      progress_(progress),
      surroundings_(files),
      ledger_(MessageId::generate(surroundings_.clock.now())),
      sender_turns_(plan_.senders + plan_.receivers),
      receiver_turns_(plan_.senders + plan_.receivers),
      connections_(plan_.connections, [this](std::size_t agency) { agencies_[agency]->close(); }) {
  const std::vector<OrgCode> codes = agencies_in(files.agencies);
  if (const auto fits = check_plan(plan_, codes.size()); !fits) {
    throw std::invalid_argument(fits.refusal().detail);
  }
  for (std::size_t i = 0; i < plan_.senders + plan_.receivers; ++i) {
    agencies_.push_back(std::make_unique<SimulatedAgency>(
        surroundings_, codes[i], read_agency_keys(files.agencies, codes[i])));
  }
}

Report LoadRun::run() {
  catch_up();
  begin_ = moved_ = now();
  end_ = begin_ + plan_.duration;
  const std::size_t following = std::min(plan_.senders, plan_.threads);
  const std::size_t receiving = std::min(plan_.receivers, plan_.threads);
  sending_ = plan_.threads;
  auto follow_threads = start(following, [this](const std::stop_token&) { follow(); });
  auto receive_threads = start(receiving, [this](const std::stop_token&) { receive(); });
  auto send_threads = start(plan_.threads, [this](const std::stop_token& stop) { send(stop); });
  watch([this] { return sending_ == 0 || (!plan_.documents && now() >= end_) || is_stuck(); });
  send_threads.clear();
  if (!plan_.documents) end_ = now();
  moved_ = now();
  watch([this] { return ledger_.under_way() == 0 || is_stuck(); });
  if (plan_.documents) end_ = now();
  sender_turns_.end();
  receiver_turns_.end();
  follow_threads.clear();
  receive_threads.clear();
  // Whoever got everything must not get more; then what the senders are told of it.
  const auto serve_some = [this](bool senders) {
    for_each_agency([this, senders](std::size_t agency) {
      if ((agency < plan_.senders) == senders) serve(agency, std::chrono::seconds{0});
    });
  };
  serve_some(false);
  serve_some(true);
  if (failed_) std::rethrow_exception(failure_);
  return ledger_.report({begin_, end_});
}

std::vector<std::jthread> LoadRun::start(std::size_t count, const Work& work) {
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < count; ++i) {
    threads.emplace_back([this, work](const std::stop_token& stop) {
      try {
        work(stop);
      } catch (const std::exception&) {  // the edge of a worker
        fail();
      }
    });
  }
  return threads;
}

void LoadRun::fail() {
  const std::scoped_lock lock(failure_mutex_);
  if (!failure_) failure_ = std::current_exception();
  failed_ = true;
  sender_turns_.end();
  receiver_turns_.end();
}

void LoadRun::for_each_agency(const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  auto threads = start(plan_.threads, [&](const std::stop_token&) {
    for (std::size_t i = next++; i < agencies_.size(); i = next++) work(i);
  });
}

// What earlier runs left in the news.
void LoadRun::catch_up() {
  for_each_agency([this](std::size_t agency) {
    connections_.begin_turn(agency);
    if (const auto caught = agencies_[agency]->catch_up(); !caught) {
      throw std::runtime_error("無法取得消息：" + agencies_[agency]->code().text() + " " +
                               std::string(code_of(caught.reason())) + " " +
                               caught.refusal().detail);
    }
    if (agency >= plan_.senders) connections_.end_turn(agency);
  });
  if (failed_) std::rethrow_exception(failure_);
}

void LoadRun::send(const std::stop_token& stop) {
  struct Leaving {
    std::atomic<std::size_t>& sending;
    ~Leaving() { --sending; }
  } leaving{sending_};
  while (send_next(stop)) {
  }
}

bool LoadRun::is_last(std::int64_t number) const {
  if (plan_.documents) return number >= *plan_.documents;
  return (plan_.rate ? intended_for(number) : now()) >= end_;
}

Stamp LoadRun::intended_for(std::int64_t number) const {
  const std::chrono::duration<double> after(static_cast<double>(number) / plan_.rate.value());
  return begin_ + std::chrono::duration_cast<Stamp::duration>(after);
}

// Sealed ahead of its time; then sent at it, or as soon after as a thread is free: what a slow
// centre keeps waiting counts from when it should have gone.
bool LoadRun::send_next(const std::stop_token& stop) {
  const auto window = plan_.rate ? std::numeric_limits<std::int64_t>::max() : plan_.window;
  if (!ledger_.enter(window, stop)) return false;
  const std::int64_t number = next_++;
  if (is_last(number) || failed_) {
    ledger_.leave();
    return false;
  }
  const PlannedDocument plan = plan_document(plan_, number);
  std::vector<Correspondent> recipients;
  for (const std::size_t receiver : plan.receivers) {
    recipients.push_back(agencies_[receiver]->correspondent());
  }
  SimulatedAgency& sender = *agencies_[plan.sender];
  Result<SealedLetter> letter = sender.seal(plan, std::move(recipients));
  if (!letter) {
    ledger_.unsealed(letter.reason());
    std::this_thread::sleep_for(kAskAgain);
    return true;
  }
  if (plan_.rate) std::this_thread::sleep_until(intended_for(number));
  letter->document.intended = plan_.rate ? intended_for(number) : now();
  ledger_.sent(letter->document);
  sender_turns_.owe(plan.sender);
  if (!sender.submit(*letter, ledger_)) return true;
  for (const std::size_t receiver : plan.receivers) receiver_turns_.owe(receiver);
  return true;
}

void LoadRun::follow() {
  // With a thread for each sender its evidence is seen at once; otherwise they are asked in turns.
  const bool in_turns = plan_.senders > plan_.threads;
  while (const auto agency = sender_turns_.take()) {
    const int came = serve(*agency, in_turns ? std::chrono::seconds{0} : kWait);
    sender_turns_.give_back(*agency, came);
    if (in_turns && came == 0) std::this_thread::sleep_for(kPause);
  }
}

void LoadRun::receive() {
  while (const auto agency = receiver_turns_.take()) {
    connections_.begin_turn(*agency);
    const int came = serve(*agency, kWait);
    connections_.end_turn(*agency);
    receiver_turns_.give_back(*agency, came);
  }
}

int LoadRun::serve(std::size_t agency, std::chrono::seconds wait) {
  const auto served = agencies_[agency]->serve(wait, ledger_);
  if (served) return served->received + served->decided;
  ledger_.trouble("news", served.reason());
  std::this_thread::sleep_for(kAskAgain);
  return 0;
}

void LoadRun::watch(const std::function<bool()>& done) {
  Stamp next = now() + kShowEvery;
  while (!done() && !failed_) {
    std::this_thread::sleep_for(kPause);
    if (now() < next) continue;
    next += kShowEvery;
    show();
  }
}

// Nothing has happened for as long as we have patience.
bool LoadRun::is_stuck() {
  const Progress progress = ledger_.progress();
  const std::int64_t events = progress.accepted + progress.received + progress.closed;
  if (events != events_) moved_ = now();
  events_ = events;
  return now() - moved_ > plan_.drain;
}

void LoadRun::show() {
  const Progress progress = ledger_.progress();
  progress_ << std::chrono::duration_cast<std::chrono::seconds>(now() - begin_).count() << " 秒  發文 "
            << progress.sent << "  受理 " << progress.accepted << "  完成 " << progress.closed
            << "（每秒 " << progress.closed - shown_.closed << "）  途中 " << ledger_.under_way()
            << "  重試或拒絕 " << progress.troubles << "\n"
            << std::flush;
  shown_ = progress;
}

}  // namespace yizhan
