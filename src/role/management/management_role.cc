#include "role/management/management_role.h"

#include <thread>

#include "model/line/line.h"
#include "role/management/management.h"
#include "role/management/management_config.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

namespace {

constexpr std::size_t kSessionKeyBytes = 32;
constexpr std::size_t kCentreConnections = 2'000;
constexpr std::size_t kPeopleConnections = 2'000;
constexpr Milliseconds kDecisionsValid = std::chrono::hours{72};  // a weekend lies between
constexpr Milliseconds kTendPause = std::chrono::minutes{1};
// The keyholder may be starting too, or wait for a card.
constexpr int kKeyTries = 30;

std::filesystem::path data_of(const Config& config) {
  make_directory(config.path("data"));
  return config.path("data");
}

std::string store_of(const Config& config) {
  const std::string& url = config.text("store");
  return url.empty() ? "sqlite:" + (data_of(config) / "management.db").string() : url;
}

std::shared_ptr<SigningKey> require_key(Keyholder& keyholder, const std::string& name) {
  for (int i = 0; i < kKeyTries; ++i) {
    Result<std::shared_ptr<SigningKey>> key = keyholder.signing_key(name);
    if (key) return std::move(*key);
    log(LogLevel::kWarning, "key_waits",
        {{"key", name}, {"reason", std::string(code_of(key.reason()))}});
    std::this_thread::sleep_for(std::chrono::seconds{1});
  }
  throw std::runtime_error("金鑰 " + name + " 無法使用，請檢查金鑰服務");
}

// Made at the first start. Who loses it gives everybody a new second factor.
SecretBytes session_key(const Config& config) {
  std::filesystem::path file = config.path("session_key");
  const bool own = file.empty();
  if (own) file = data_of(config) / "session.key";
  if (own && !std::filesystem::exists(file)) {
    SecretBytes fresh(kSessionKeyBytes);
    fill_random(fresh.writable());
    write_durably(file, fresh.view());
  }
  SecretBytes key(read_file(file, kSessionKeyBytes));
  if (key.size() != kSessionKeyBytes) {
    throw ConfigError({"session_key 須為恰 32 位元組之檔案；請修正。"});
  }
  return key;
}

Database& migrated(Database& database, Time now) {
  migrate(database, kMigrations, now);
  return database;
}

// Throws ConfigError: a table there is none.
WorkingCalendar working_days_of(const Config& config) {
  Result<WorkingCalendar> calendar = WorkingCalendar::load(config.path("working_days"));
  if (!calendar) throw ConfigError({"working_days：" + calendar.refusal().detail});
  return std::move(*calendar);
}

Issuing::Times times_of(const Config& config) {
  return {config.duration("distribution.look"), config.duration("distribution.freshen"),
          config.duration("distribution.stale_after")};
}

std::uint16_t port_of(const Config& config, std::string_view key) {
  return static_cast<std::uint16_t>(config.integer(key));
}

void log_access(const AccessRecord& record) {
  // Waiting for news is none for the operator; refusals and failures are.
  if (record.status >= 400 || record.status == 0) {
    log(LogLevel::kWarning, "request", {{"record", record.line()}});
  }
}

LoopPlan plan(std::string name, std::function<bool()> work) {
  return {.name = std::move(name),
          .work = std::move(work),
          .on_accident = [](const std::string& loop, const std::string& what) {
            log(LogLevel::kBroken, "accident", {{"loop", loop}, {"what", what}});
          }};
}

}  // namespace

ManagementRole::ManagementRole(const Config& config)
    : lock_(data_of(config)),
      database_({.url = store_of(config),
                 .connections = static_cast<int>(config.integer("store_connections"))}),
      journal_(config.text("name")),
      directory_(config.path("directory"), read_certificates(config.path("directory_anchors")),
                 data_of(config) / "directory-editions.json"),
      keyholder_(config.path("keyholder")),
      keys_({require_key(keyholder_, config.text("keys.tls")),
             require_key(keyholder_, config.text("keys.online"))}),
      trust_(config.path("trust")),
      refused_(migrated(database_, clock_.now()), journal_, clock_),
      process_(database_, journal_, clock_,
               ProcessRecord::Facts{"yizhan-management", YIZHAN_VERSION, config.print()}),
      kinds_(obligation_kinds()),
      calendar_(working_days_of(config)),
      obligations_(journal_, kinds_, calendar_),
      notices_({database_, journal_, directory_, kinds_, calendar_, obligations_, clock_}),
      certificates_({database_, journal_, directory_, obligations_, clock_}),
      changes_({database_, journal_, directory_, clock_}),
      decisions_(journal_, kDecisionsValid),
      incidents_({database_, journal_, directory_, obligations_, decisions_, clock_}),
      supervision_({database_, directory_, obligations_, clock_}),
      issuing_({database_, journal_, directory_, keys_.online, config.path("repository"),
                data_of(config), clock_, times_of(config),
                {[this](TrustClient& client) { return notices_.take(client); },
                 [this](TrustClient& client) { return reports_.take_releases(client); }}}),
      reports_({database_, journal_, directory_, clock_}),
      accounts_(journal_),
      sessions_({database_, journal_, clock_}, SessionPolicy{}, session_key(config),
                config.text("name")),
      attempts_(static_cast<int>(config.integer("people.attempts")), clock_) {
  const ServerConfig server{.worker_threads = static_cast<std::size_t>(config.integer("workers")),
                            .access_log = log_access};
  add_centre_routes(centre_router_, {directory_, issuing_, reports_, notices_, incidents_,
                                      clock_});
  issuing_.start(plan,
                 [this] { centre_router_.wakeups().notify(std::string(kDistributionTopic)); });
  centres_ = std::make_unique<Server>(std::vector{centre_listener(config)}, centre_router_, server);
  start_operators(config);
  centres_->start();
  start_people(config, server);
}

ManagementRole::~ManagementRole() {
  for (Server* server : {centres_.get(), people_.get(), operators_.get(), monitors_.get()}) {
    if (server != nullptr) server->stop();
  }
  issuing_.stop();
}

PeopleDesk ManagementRole::people_desk() {
  return {database_, accounts_, sessions_, attempts_,     directory_, trust_,     issuing_,
          reports_,  notices_,  certificates_, changes_, incidents_, supervision_, clock_};
}

ServerTls ManagementRole::server_tls(bool with_certificate) {
  const auto trust = trust_.current();
  ServerTls tls{.identity = tls_identity(keys_.tls, *trust)};
  tls.require_client_certificate = with_certificate;
  if (with_certificate) tls.client_anchors = tls_anchors(*trust);
  return tls;
}

ListenerConfig ManagementRole::centre_listener(const Config& config) {
  ListenerConfig listener;
  listener.address = config.text("centres.address");
  listener.port = port_of(config, "centres.port");
  listener.connections_max = kCentreConnections;
  listener.tls = server_tls(true);
  listener.admit_peer = [this](const Peer& peer) { return admit_centre(peer); };
  return listener;
}

Result<void> ManagementRole::admit_centre(const Peer& peer) {
  const Result<CentreCode> from = find_calling_centre(peer, *directory_.current(), clock_.now());
  if (from) return {};
  refused_.note({.address = peer.address,
                 .certificate_sha256 = peer.certificate ? peer.certificate->sha256().hex() : "",
                 .reason = std::string(code_of(from.reason()))});
  return from.refusal();
}

void ManagementRole::start_operators(const Config& config) {
  const ManagementMonitor monitor{database_, issuing_,   reports_,   notices_,     certificates_,
                                  changes_,  incidents_, directory_, keys_.online, clock_};
  readiness_ = std::make_unique<Readiness>(checks_of(monitor), clock_);
  const MonitorDesk watched{*readiness_, [monitor] { return metrics_of(monitor); }};
  add_people_routes(operator_router_, people_desk());
  add_monitor_routes(operator_router_, watched);
  add_monitor_routes(monitor_router_, watched);
  ListenerConfig operators;
  operators.unix_path = config.path("operator").string();
  const ServerConfig small{.io_threads = 1, .worker_threads = 2, .access_log = log_access};
  operators_ = std::make_unique<Server>(std::vector{std::move(operators)}, operator_router_, small);
  operators_->start();
  if (config.integer("monitor.port") == 0) return;
  monitors_ =
      std::make_unique<Server>(std::vector{monitor_listener(config.text("monitor.address"),
                                                            port_of(config, "monitor.port"))},
                               monitor_router_, small);
  monitors_->start();
}

// Browsers are not asked for a certificate; who has a card comes to a port of its own.
void ManagementRole::start_people(const Config& config, const ServerConfig& server) {
  std::vector<ListenerConfig> listeners;
  for (const bool with_certificate : {false, true}) {
    const auto port = port_of(config, with_certificate ? "people.certificate_port" : "people.port");
    if (port == 0) continue;
    ListenerConfig listener;
    listener.address = config.text("people.address");
    listener.port = port;
    listener.connections_max = kPeopleConnections;
    listener.tls = server_tls(with_certificate);
    listeners.push_back(std::move(listener));
  }
  if (listeners.empty()) return;
  add_people_routes(people_router_, people_desk());
  people_ = std::make_unique<Server>(std::move(listeners), people_router_, server);
  people_->start();
}

void ManagementRole::tend() {
  refused_.tend();
  follow_trust();
  const Time now = clock_.now();
  if (now - tended_ < kTendPause) return;
  tended_ = now;
  sessions_.tend();
  certificates_.tend();
  changes_.tend();
  tend_obligations();
  tend_decisions();
}

// What nobody confirmed in time is in the journal as that.
void ManagementRole::tend_decisions() {
  database_.transact([&](Transaction& tx) {
    static_cast<void>(decisions_.lapse(tx, {"management", clock_.now()}));
  });
}

// Each is told once: what is late, and to whom above it went.
void ManagementRole::tend_obligations() {
  for (const ObligationNotice& one : supervision_.tend()) {
    if (one.kind == ObligationNotice::Kind::kReminder) continue;
    const bool late = one.kind == ObligationNotice::Kind::kLate;
    log(LogLevel::kAct, late ? "obligation_late" : "obligation_escalated",
        {{"kind", one.obligation.kind},
         {"owner", one.obligation.owner},
         {"subject", one.obligation.subject},
         {"to", one.to}});
  }
}

void ManagementRole::reload() {
  follow_trust();
  issuing_.wake();
}

void ManagementRole::follow_trust() {
  trust_.reload();
  for (const std::string& what : trust_.take_left_out()) {
    log(LogLevel::kAct, "revocation_list_left_out", {{"what", what}});
  }
}

int run_management(int count, char** arguments) {
  return run_daemon(
      count, arguments,
      {.name = "yizhan-management",
       .sentence = "驛站管理層：公布承辦人員簽署之派送，收受各節點之回報，管理人員帳號。",
       .table = management_table(),
       .check = check_management,
       .start = [](const Config& config) -> std::unique_ptr<Running> {
         return std::make_unique<ManagementRole>(config);
       }});
}

}  // namespace yizhan
