#include "role/exchange/exchange_role.h"

#include <thread>

#include "ground/control/control.h"
#include "role/exchange/centre_routes.h"
#include "role/exchange/exchange.h"
#include "role/exchange/exchange_config.h"
#include "role/exchange/incident_tracing.h"
#include "role/exchange/operator_routes.h"
#include "role/exchange/requests.h"
#include "role/exchange/terminal_routes.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

namespace {

constexpr Milliseconds kCleaningPause = std::chrono::hours{1};
constexpr Milliseconds kKeysPause = std::chrono::minutes{1};
constexpr Milliseconds kWarnEvery = std::chrono::hours{24};
constexpr int kBatch = 64;
constexpr std::size_t kCentreConnections = 2'000;
// Evidence of many documents is signed, logged and shown together.
constexpr Milliseconds kGathering{10};
// The journal waits that long for its place in the log, and evidence for a signed head over it.
constexpr Milliseconds kLogShown{250};
constexpr Milliseconds kScannerReady = std::chrono::seconds{15};
// The keyholder may be starting too, or wait for a card.
constexpr int kKeyTries = 30;

std::filesystem::path data_of(const Config& config) {
  make_directory(config.path("data"));
  return config.path("data");
}

std::string store_of(const Config& config) {
  const std::string& url = config.text("store");
  return url.empty() ? "sqlite:" + (data_of(config) / "exchange.db").string() : url;
}

KeyGenerations require_key(Keyholder& keyholder, const std::string& name) {
  for (int i = 0; i < kKeyTries; ++i) {
    Result<KeyGenerations> key = keyholder.signing_keys(name);
    if (key) return std::move(*key);
    log(LogLevel::kWarning, "key_waits",
        {{"key", name}, {"reason", std::string(code_of(key.reason()))}});
    std::this_thread::sleep_for(std::chrono::seconds{1});
  }
  throw std::runtime_error("金鑰 " + name + " 無法使用，請檢查金鑰服務");
}

CentreKeyPlan key_plan(const Config& config) {
  return {CentreCode::parse(config.text("centre")).value(), config.text("keys.tls"),
          config.text("keys.evidence"), config.text("keys.log"),
          config.duration("certificate_warning")};
}

Certificates registered_for(const Directory& directory, const CentreCode& own) {
  const Centre* centre = directory.find(own);
  return centre == nullptr ? Certificates{} : centre->certificates;
}

using AskGenerations = std::function<Result<KeyGenerations>(const std::string& name)>;

Result<CentreKeys> choose_keys(const AskGenerations& ask, const CentreKeyPlan& plan,
                               const Directory& directory, Time now) {
  const Certificates registered = registered_for(directory, plan.centre);
  auto tls = choose_key(YZ_TRY(ask(plan.tls)), registered, Purpose::kTls, now);
  auto evidence = choose_key(YZ_TRY(ask(plan.evidence)), registered, Purpose::kEvidence, now);
  auto log = choose_key(YZ_TRY(ask(plan.log)), registered, Purpose::kLog, now);
  return CentreKeys{std::move(tls), std::move(evidence), std::move(log)};
}

CentreKeys require_keys(Keyholder& keyholder, const CentreKeyPlan& plan,
                        const Directory& directory, Time now) {
  const AskGenerations ask = [&](const std::string& name) { return require_key(keyholder, name); };
  return choose_keys(ask, plan, directory, now).value();
}

int hand_overs_of(const Config& config) {
  return static_cast<int>(config.integer("centres.hand_overs"));
}

BatchRule batches_of(const Config& config) {
  const auto signing = find_batch_signing(config.text("batch_signing"));
  if (!signing) throw ConfigError({"batch_signing 須為 off、on 或 auto；請修正。"});
  return {*signing};
}

QuotaPlan quota_of(const Config& config) {
  auto plan = QuotaPlan::parse(config.integer("quota.recipients"), config.list("quota.exceptions"));
  if (!plan) throw std::runtime_error("quota.exceptions：" + plan.refusal().detail);
  return std::move(*plan);
}

void log_access(const AccessRecord& record) {
  // Waiting for mail is no news for the operator; refusals and failures are.
  if (record.status >= 400 || record.status == 0) {
    log(LogLevel::kWarning, "request", {{"record", record.line()}});
  }
}

ServerConfig server_of(const Config& config) {
  return {.worker_threads = static_cast<std::size_t>(config.integer("workers")),
          .access_log = log_access};
}

}  // namespace

bool CentreKeys::operator==(const CentreKeys& other) const {
  return tls->certificate() == other.tls->certificate() &&
         evidence->certificate() == other.evidence->certificate() &&
         log->certificate() == other.log->certificate();
}

ExchangeRole::ExchangeRole(const Config& config)
    : lock_(data_of(config)),
      database_({.url = store_of(config),
                 .connections = static_cast<int>(config.integer("store_connections"))}),
      objects_(data_of(config) / "objects"),
      journal_(config.text("centre")),
      directory_(config.path("directory"), read_certificates(config.path("directory_anchors")),
                 data_of(config) / "directory-editions.json"),
      orders_({data_of(config) / "orders.json", directory_, clock_}),
      keyholder_(config.path("keyholder")),
      key_plan_(key_plan(config)),
      keys_(require_keys(keyholder_, key_plan_, *directory_.current(), clock_.now())),
      trust_(config.path("trust"),
             CryptoPolicy::with(Pkcs1Signatures{config.flag("pkcs1_signatures")})),
      incidents_(incident_parts(config)),
      custody_({key_plan_.centre, keys_.evidence->certificate().sha256()}, journal_, clock_),
      log_(data_of(config) / "log", config.text("centre")),
      alarm_({custody_, journal_, incidents_}),
      refused_(database_, journal_, clock_),
      scanner_(config.path("scanner"), config.duration("scanner_answer")),
      desk_({database_, *keys_.evidence, &log_,
             [this](Transaction& tx, const EvidenceRow& row) { publish(tx, row); },
             batches_of(config)}),
      journal_sealing_(database_, log_),
      quota_(quota_of(config)),
      admission_({database_, custody_, objects_, directory_, trust_, journal_, quota_, screen_,
                  wake_signing_}),
      taking_over_({database_, custody_, objects_, directory_, trust_, journal_, screen_,
                    wake_signing_}),
      recollecting_({database_, custody_, directory_, trust_.policy(), wake_signing_}),
      screening_({database_, custody_, objects_, directory_, trust_, scanner_, alarm_,
                  wake_signing_, [this] { routing_loop_->wake(); },
                  [this](Transaction& tx, StoredPackage& package) {
                    return routing_.route_now(tx, package);
                  }}),
      routing_({database_, custody_, directory_, wake_signing_, [this] { centre_links_.wake(); }}),
      holding_({database_, custody_, objects_, directory_, wake_signing_,
                [this] { routing_loop_->wake(); }, [this] { centre_links_.wake(); }}),
      relaying_({database_, custody_, objects_, wake_signing_, [this] { routing_loop_->wake(); }}),
      centre_links_({relaying_, database_, custody_, directory_, trust_, keys_.tls, journal_,
                     wake_signing_, clock_, [this] { return holds(); }, on_malware_},
                    hand_overs_of(config)),
      reading_(database_, custody_),
      maintenance_({data_of(config) / "maintenance.json", database_, journal_, clock_}),
      gauge_(reading_, custody_),
      attesting_({database_, journal_, log_, directory_, trust_, custody_.centre().code, keys_.tls,
                  *keys_.log, data_of(config), AttestSettings::from(config), clock_}) {
  begin_record(config);
  start_distribution(config);
  add_terminal_routes(terminal_router_, {admission_, delivering_, holding_, reading_, directory_,
                                         attesting_, database_, custody_, maintenance_,
                                         recollecting_, distributing_.get(), &incidents_});
  start_loops(config);
  const ServerConfig server = server_of(config);
  const std::vector listeners{terminal_listener(config)};
  terminals_ = std::make_unique<Server>(listeners, terminal_router_, server);
  start_operators(config);
  terminals_->start();
  start_centres(config, server);
}

FoundIncidents::Parts ExchangeRole::incident_parts(const Config& config) {
  return {database_,
          journal_,
          key_plan_.centre,
          keys_.evidence,
          data_of(config) / "incidents",
          clock_,
          [this](Transaction& tx, const IncidentSource& source) {
            return trace_of(tx, custody_, source);
          },
          [this] {
            if (distributing_) distributing_->wake_reports();
          },
          working_days_of(config)};
}

bool ExchangeRole::holds() const { return !check_distribution(distributing_.get()); }

void ExchangeRole::start_distribution(const Config& config) {
  if (!Distributing::is_configured(config)) return;
  distributing_ = std::make_unique<Distributing>(
      config, Distributing::Parts{database_, journal_, directory_, trust_, keys_.tls,
                                  keys_.evidence, data_of(config), clock_,
                                  {[this](TrustClient& client) {
                                    return orders_.take(client, order_alarm_);
                                  }},
                                  &incidents_});
  const Distributing::PlanLoop plan_loop = [this](std::string name, std::function<bool()> work) {
    return plan(std::move(name), std::move(work));
  };
  distributing_->start(plan_loop, [this] {
    terminal_router_.wakeups().notify(std::string(kDistributionTopic));
  });
}

void ExchangeRole::begin_record(const Config& config) {
  migrate(database_, kMigrations, clock_.now());
  database_.transact([&](Transaction& tx) { custody_.comebacks().begin(tx); });
  quota_.load(database_, clock_.now());
  process_.emplace(database_, journal_, clock_,
                   ProcessRecord::Facts{"yizhan-exchange", YIZHAN_VERSION, config.print()});
}

void ExchangeRole::start_centres(const Config& config, const ServerConfig& server) {
  centre_links_.refresh();
  if (config.integer("centres.port") == 0) return;
  add_centre_routes(centre_router_, {taking_over_, holding_, reading_, directory_, custody_,
                                     maintenance_, recollecting_, distributing_.get()});
  centres_ = std::make_unique<Server>(std::vector{centre_listener(config)}, centre_router_, server);
  centres_->start();
}

void ExchangeRole::start_operators(const Config& config) {
  const OperatorDesk desk{holding_,  reading_,     directory_, attesting_,    custody_,
                          database_, maintenance_, gauge_,     centre_links_, quota_,
                          key_plan_.warning, distributing_.get(), &orders_, &incidents_};
  const ExchangeMonitor monitor{desk, database_, objects_,
                                {{"evidence", keys_.evidence}, {"log", keys_.log},
                                 {"tls", keys_.tls}},
                                clock_};
  readiness_ = std::make_unique<Readiness>(
      checks_of(monitor, [this] { return scanner_.check(kScannerReady); }), clock_);
  add_operator_routes(operator_router_, desk);
  const MonitorDesk watched{*readiness_, [monitor] { return metrics_of(monitor); }};
  add_monitor_routes(operator_router_, watched);
  add_monitor_routes(monitor_router_, watched);
  ListenerConfig operators;
  operators.unix_path = config.path("operator").string();
  const ServerConfig small{.io_threads = 1, .worker_threads = 1, .access_log = log_access};
  operators_ = std::make_unique<Server>(std::vector{std::move(operators)}, operator_router_, small);
  operators_->start();
  if (config.integer("monitor.port") == 0) return;
  monitors_ = std::make_unique<Server>(
      std::vector{monitor_listener(config.text("monitor.address"),
                                   static_cast<std::uint16_t>(config.integer("monitor.port")))},
      monitor_router_, small);
  monitors_->start();
}

ExchangeRole::~ExchangeRole() {
  if (terminals_) terminals_->stop();
  if (centres_) centres_->stop();
  centre_links_.stop();
  if (distributing_) distributing_->stop();
  if (operators_) operators_->stop();
  if (monitors_) monitors_->stop();
  // Every loop before any of them is destroyed: one may wake another until it stops.
  attesting_.stop();
  for (auto& loop : screening_loops_) loop->stop();
  for (Loop* loop : {routing_loop_.get(), holding_loop_.get(), orders_loop_.get(),
                     signing_loop_.get()}) {
    if (loop != nullptr) loop->stop();
  }
}

ServerTls ExchangeRole::server_tls() {
  std::vector<Certificate> chain = {keys_.tls->certificate()};
  const auto trust = trust_.current();
  std::vector<Certificate> anchors = trust->anchors.roots();
  for (const Certificate& issuer : trust->intermediates) {
    chain.push_back(issuer);
    anchors.push_back(issuer);
  }
  return {.identity = {std::move(chain), TlsKey::from_signing_key(keys_.tls).value()},
          .client_anchors = std::move(anchors)};
}

ListenerConfig ExchangeRole::terminal_listener(const Config& config) {
  ListenerConfig listener;
  listener.address = config.text("terminals.address");
  listener.port = static_cast<std::uint16_t>(config.integer("terminals.port"));
  listener.connections_max = static_cast<std::size_t>(config.integer("terminals.connections"));
  listener.connections_per_address_max =
      static_cast<std::size_t>(config.integer("terminals.connections_per_address"));
  listener.tls = server_tls();
  listener.admit_peer = [this](const Peer& peer) { return admit_peer(peer); };
  return listener;
}

ListenerConfig ExchangeRole::centre_listener(const Config& config) {
  ListenerConfig listener;
  listener.address = config.text("centres.address");
  listener.port = static_cast<std::uint16_t>(config.integer("centres.port"));
  listener.connections_max = kCentreConnections;
  listener.tls = server_tls();
  listener.admit_peer = [this](const Peer& peer) { return admit_centre(peer); };
  return listener;
}

Result<void> ExchangeRole::admit_peer(const Peer& peer) {
  const Result<OrgCode> org = identify(peer, *directory_.current(), clock_.now());
  // A centre comes for co-signatures; every other route asks for an agency.
  if (org || attesting_.check_asker(peer)) return {};
  return note_refused(peer, org.refusal());
}

Result<void> ExchangeRole::admit_centre(const Peer& peer) {
  const Result<OfferingCentre> from = identify_centre(peer, *directory_.current(), clock_.now());
  if (from) return {};
  return note_refused(peer, from.refusal());
}

// 五(二)4: 建立 IP 位址與機關名稱對照表，以供追蹤及查檢
Refusal ExchangeRole::note_refused(const Peer& peer, const Refusal& why) {
  refused_.note({.address = peer.address,
                 .certificate_sha256 = peer.certificate ? peer.certificate->sha256().hex() : "",
                 .reason = std::string(code_of(why.reason))});
  return why;
}

LoopPlan ExchangeRole::plan(std::string name, std::function<bool()> work) {
  return {.name = std::move(name),
          .work = std::move(work),
          .on_accident = [](const std::string& loop, const std::string& what) {
            log(LogLevel::kBroken, "accident", {{"loop", loop}, {"what", what}});
          }};
}

void ExchangeRole::start_loops(const Config& config) {
  // The log can not be used again after a failed append: the program starts afresh.
  LoopPlan signing = plan("sign", [this] { return sign_and_publish(); });
  signing.gather = kGathering;
  signing.ends_program = true;
  signing_loop_ = std::make_unique<Loop>(std::move(signing));
  routing_loop_ = std::make_unique<Loop>(
      plan("route", [this] { return !holds() && routing_.work(Routing::kPart); }));
  holding_loop_ = std::make_unique<Loop>(plan("hold", [this] {
    return holding_.work(kBatch) + delivering_.lapse_due(kBatch) > 0;
  }));
  orders_loop_ = std::make_unique<Loop>(plan("orders", [this] {
    orders_.tend(order_alarm_);
    return false;
  }));
  attesting_.start([this](std::string name, std::function<bool()> work) {
    return plan(std::move(name), std::move(work));
  });
  for (std::int64_t i = 0; i < config.integer("scanner_workers"); ++i) {
    screening_loops_.push_back(
        std::make_unique<Loop>(plan("screen", [this] { return !holds() && screening_.work(); })));
  }
}

// One that sleeps is enough; who is at work looks again when done.
void ExchangeRole::screen(StoredPackage package) {
  screening_.take(std::move(package));
  for (auto& loop : screening_loops_) {
    if (loop->wake()) return;
  }
}

bool ExchangeRole::sign_and_publish() {
  const Result<int> published = desk_.work(kBatch);
  if (!published) {
    log(LogLevel::kAct, "signing_waits", {{"reason", std::string(code_of(published.reason()))}});
    return false;
  }
  if (*published > 0 && clock_.now() - log_shown_ < kLogShown) return true;
  log_shown_ = clock_.now();
  const int sealed = journal_sealing_.work(kBatch);
  const Result<void> shown = log_.publish(*keys_.log);
  if (!shown) log(LogLevel::kAct, "log_waits", {{"reason", std::string(code_of(shown.reason()))}});
  return *published + sealed > 0;
}

void ExchangeRole::publish(Transaction& tx, const EvidenceRow& row) {
  for (const NewsReader& reader : announce(tx, custody_, *directory_.current(), row)) {
    tx.after_commit([this, topic = news_topic(reader)] {
      terminal_router_.wakeups().notify(topic);
      centre_router_.wakeups().notify(topic);
    });
  }
}

void ExchangeRole::tend() {
  reload();
  refused_.tend();
  const Time now = clock_.now();
  if (now - cleaned_ < kCleaningPause) return;
  cleaned_ = now;
  const int abandoned = admission_.discard_abandoned();
  if (abandoned > 0) {
    log(LogLevel::kNotice, "uploads_discarded", {{"count", std::to_string(abandoned)}});
  }
}

void ExchangeRole::reload() {
  trust_.reload();
  for (const std::string& what : trust_.take_left_out()) {
    log(LogLevel::kAct, "revocation_list_left_out", {{"what", what}});
  }
  follow_directory();
  centre_links_.refresh();
  follow_certificates();
}

// A file that somebody puts there has one signature; where officers hand the directory down, that
// does not do for theirs.
void ExchangeRole::follow_directory() {
  if (!upheld("centre_directory_by_officers", !distributing_)) return;
  const Result<bool> newer = directory_.reload();
  if (!newer) {
    log(LogLevel::kAct, "directory_refused", {{"reason", std::string(code_of(newer.reason()))}});
  } else if (*newer) {
    log(LogLevel::kNotice, "directory_loaded",
        {{"version", std::to_string(directory_.current()->version())}});
  }
}

// A key that was renewed is used from a start on: what has been begun with the old one is ended
// with it, and the supervisor starts this program again.
void ExchangeRole::follow_certificates() {
  const Time now = clock_.now();
  const auto directory = directory_.current();
  if (directory->version() == keys_looked_up_in_ && now - keys_looked_at_ < kKeysPause) return;
  keys_looked_at_ = now;
  keys_looked_up_in_ = directory->version();
  warn_of_ends(registered_for(*directory, key_plan_.centre));
  const AskGenerations ask = [&](const std::string& name) { return keyholder_.signing_keys(name); };
  const auto chosen = choose_keys(ask, key_plan_, *directory, now);
  if (!chosen || *chosen == keys_) return;  // a keyholder that waits for its card is waited for
  throw std::runtime_error("換發之憑證已生效，重新啟動");
}

void ExchangeRole::warn_of_ends(const Certificates& registered) {
  const Time now = clock_.now();
  if (now - warned_ < kWarnEvery) return;
  for (const Json& one : describe_coverage(registered, now, key_plan_.warning)) {
    if (one.at("state") == "good") continue;
    warned_ = now;
    log(LogLevel::kAct, "certificate_ends",
        {{"use", one.at("use").get<std::string>()},
         {"holder", one.value("holder", "")},
         {"until", one.at("until").get<std::string>()}});
  }
}

int run_exchange(int count, char** arguments) {
  return run_daemon(count, arguments,
                    {.name = "yizhan-exchange",
                     .sentence = "驛站交換中心：受理、掃描、分送公文，並出具證據。",
                     .table = exchange_table(),
                     .start = [](const Config& config) -> std::unique_ptr<Running> {
                       return std::make_unique<ExchangeRole>(config);
                     }});
}

}  // namespace yizhan
