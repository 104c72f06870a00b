#include "role/exchange/centre_links.h"

#include <atomic>

#include "ground/daemon/daemon.h"
#include "way/retell/retell.h"

namespace yizhan {

namespace {

// Less than the line's own deadline.
constexpr std::chrono::seconds kNewsWait{20};

}  // namespace

class CentreLinks::Link {
 public:
  Link(const Parts& parts, const CentreCode& code, CentreAddress address, int hand_overs_max)
      : code_(code),
        address_(std::move(address)),
        line_(centre_endpoint(address_, tls_identity(parts.tls, *parts.trust.current()),
                              *parts.trust.current())),
        pace_(hand_overs_max),
        following_({code, line_, parts.database, parts.custody, parts.directory,
                    parts.trust.policy(), parts.journal, parts.wake_signing, [this] { wake(); },
                    parts.on_malware}),
        holdings_({parts.custody, code, [this] { wake(); }}),
        retelling_({parts.database, code.text(),
                    [this](const Retold& retold) { return line_.tell(retold); }, holdings_,
                    parts.clock}) {
    for (int i = 0; i < hand_overs_max; ++i) {
      loops_.push_back(loop("relay", [this, &relaying = parts.relaying, holds = parts.holds] {
        if (holds()) return false;
        const Destination destination{code_, line_, pace_};
        relaying.tell_delayed(destination);
        return relaying.work(destination);
      }));
    }
    loops_.push_back(loop("retell", [this] { return retelling_.work(); }));
    loops_.push_back(loop("follow", [this] { return follow(); }));
    started_ = true;
  }
  ~Link() {
    line_.stop();
    for (auto& loop : loops_) loop->stop();
  }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  [[nodiscard]] const CentreAddress& address() const { return address_; }
  [[nodiscard]] const Pace& pace() const { return pace_; }
  void wake() {
    if (!started_) return;  // everybody looks first
    for (auto& loop : loops_) loop->wake();
  }

 private:
  std::unique_ptr<Loop> loop(const std::string& name, std::function<bool()> work) const {
    return std::make_unique<Loop>(
        LoopPlan{.name = name + " " + code_.text(),
                 .work = std::move(work),
                 .on_accident = [](const std::string& which, const std::string& what) {
                   log(LogLevel::kBroken, "accident", {{"loop", which}, {"what", what}});
                 }});
  }

  bool follow() {
    const Result<int> read = following_.work(kNewsWait);
    if (read.ok() != was_read_) {
      const std::string why = read ? "" : std::string(code_of(read.reason()));
      log(read ? LogLevel::kNotice : LogLevel::kWarning, read ? "centre_reached" : "centre_silent",
          {{"centre", code_.text()}, {"reason", why}});
    }
    was_read_ = read.ok();
    return read.ok();
  }

  const CentreCode code_;
  const CentreAddress address_;
  RelayLine line_;
  Pace pace_;
  EvidenceFollowing following_;
  RelayedHoldings holdings_;
  Retelling retelling_;
  bool was_read_ = true;  // the following loop's
  std::atomic<bool> started_ = false;
  std::vector<std::unique_ptr<Loop>> loops_;
};

CentreLinks::CentreLinks(Parts parts, int hand_overs_max)
    : parts_(std::move(parts)), hand_overs_max_(hand_overs_max) {}

CentreLinks::~CentreLinks() { stop(); }

std::map<CentreCode, CentreAddress> CentreLinks::wanted() const {
  const auto directory = parts_.directory.current();
  const Centre* own = directory->find(parts_.custody.centre().code);
  std::map<CentreCode, CentreAddress> wanted;
  if (own == nullptr || own->centre_port == 0) return wanted;
  for (const auto& [code, centre] : directory->centres()) {
    if (code == own->code || centre.standing != Standing::kActive) continue;
    const auto address = find_relay_address(centre, parts_.custody.now());
    if (address) wanted.emplace(code, *address);
  }
  return wanted;
}

void CentreLinks::refresh() {
  const std::map<CentreCode, CentreAddress> addresses = wanted();
  std::vector<std::unique_ptr<Link>> ended;  // outside of the lock: their threads are waited for
  const std::lock_guard lock(mutex_);
  for (auto link = links_.begin(); link != links_.end();) {
    const auto now = addresses.find(link->first);
    const bool stays = now != addresses.end() && now->second == link->second->address();
    if (!stays) ended.push_back(std::move(link->second));
    link = stays ? std::next(link) : links_.erase(link);
  }
  for (const auto& [code, address] : addresses) {
    if (links_.contains(code)) continue;
    links_.emplace(code, std::make_unique<Link>(parts_, code, address, hand_overs_max_));
  }
}

void CentreLinks::wake() {
  const std::lock_guard lock(mutex_);
  for (auto& [code, link] : links_) link->wake();
}

void CentreLinks::stop() {
  std::map<CentreCode, std::unique_ptr<Link>> ended;
  const std::lock_guard lock(mutex_);
  ended.swap(links_);
}

Json CentreLinks::describe(Json queues) const {
  const std::lock_guard lock(mutex_);
  for (Json& queue : queues) {
    const auto code = CentreCode::parse(queue.at("centre").get<std::string>());
    const auto link = code ? links_.find(*code) : links_.end();
    if (link == links_.end()) continue;
    queue["hand_overs_max"] = link->second->pace().limit();
    if (const auto since = link->second->pace().failing_since()) {
      queue["unreachable_since"] = since->text();
    }
  }
  return queues;
}

}  // namespace yizhan
