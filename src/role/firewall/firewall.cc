#include "role/firewall/firewall.h"

#include "ground/daemon/daemon.h"
#include "ground/files/files.h"
#include "role/firewall/firewall_config.h"

namespace yizhan {

namespace {

constexpr std::size_t kRootBytesMax = 512'000;
constexpr unsigned kStatusMode = 0644;  // who watches need not be root

class Firewalling final : public Running {
 public:
  explicit Firewalling(FirewallConfig config)
      : config_(std::move(config)),
        source_(config_.mirror),
        nft_(config_.nft),
        firewall_({config_.centre, config_.folder, read_file(config_.first_root, kRootBytesMax),
                   source_, nft_, config_.table, config_.gates, clock_}) {}

  void tend() override {
    const Time now = clock_.now();
    if (next_ && now < *next_) return;
    next_ = now + config_.look;
    look();
  }

 private:
  // A look that fails leaves what is in force, and is told once until another thing is to be said.
  void look() {
    const Result<FirewallStanding> looked = firewall_.work();
    if (!looked) return tell(looked.refusal());
    write_durably(config_.folder / "status.json",
                  bytes_of(looked->describe(config_.centre).dump()), kStatusMode);
    if (looked->restored > restored_) {
      log(LogLevel::kAct, "firewall_restored",
          {{"detail", "防火牆遭其他程式改動，已回復；請查明何人何故"}});
    }
    if (looked->applied != applied_) {
      log(LogLevel::kNotice, "addresses_applied",
          {{"effective", looked->effective ? looked->effective->text() : "none"},
           {"elements", std::to_string(looked->elements)}});
    }
    restored_ = looked->restored;
    applied_ = looked->applied;
    if (looked->why) return tell(*looked->why);
    told_.reset();
  }

  void tell(const Refusal& why) {
    if (told_ == why.reason) return;
    told_ = why.reason;
    log(LogLevel::kAct, "addresses_refused",
        {{"reason", std::string(code_of(why.reason))}, {"detail", why.detail}});
  }

  const FirewallConfig config_;
  const SystemClock clock_;
  FolderSource source_;
  const Nft nft_;
  Firewall firewall_;
  std::int64_t restored_ = 0;
  std::optional<Time> applied_;
  std::optional<Reason> told_;
  std::optional<Time> next_;
};

}  // namespace

int run_firewall(int count, char** arguments) {
  return run_daemon(
      count, arguments,
      {.name = "yizhan-firewall",
       .sentence = "驛站防火牆：自行驗證管理層簽署之位址清單，原子套用於核心。",
       .table = firewall_table(),
       .check = [](const Config& config) { read_firewall_config(config); },
       .start = [](const Config& config) -> std::unique_ptr<Running> {
         return std::make_unique<Firewalling>(read_firewall_config(config));
       }});
}

}  // namespace yizhan
