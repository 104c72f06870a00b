#include "role/terminal/terminal_role.h"

#include "role/terminal/terminal.h"
#include "role/terminal/terminal_config.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

namespace {

constexpr int kBatch = 64;
constexpr Milliseconds kReloadEvery = std::chrono::minutes{1};
constexpr Milliseconds kAskAgain = std::chrono::seconds{5};  // the centre, when it did not answer
constexpr Milliseconds kCleanEvery = std::chrono::minutes{10};

TerminalKeys require_keys(Keyholder& keyholder, const Config& config) {
  auto sign = require_key(keyholder, config.text("keys.sign"));
  auto tls = require_key(keyholder, config.text("keys.tls"));
  const std::string& api = config.text("dms.key");
  return {std::move(sign), tls, api.empty() ? tls : require_key(keyholder, api)};
}

std::optional<Milliseconds> age_max(const Config& config) {
  const Milliseconds age = config.duration("signature_age");
  return age.count() == 0 ? std::nullopt : std::optional(age);
}

void log_access(const AccessRecord& record) {
  // Questions are no news for the operator; refusals and failures are.
  if (record.status >= 400 || record.status == 0) {
    log(LogLevel::kWarning, "request", {{"record", record.line()}});
  }
}

void log_refusal(LogLevel level, const std::string& event, const Refusal& refusal) {
  log(level, event,
      {{"reason", std::string(code_of(refusal.reason))}, {"detail", refusal.detail}});
}

// The journal has it already; the evidence itself is in GET /api/v1/unproven.
void log_proof(const EvidenceRow& row, const std::optional<Refusal>& why) {
  log(why ? LogLevel::kAct : LogLevel::kNotice, why ? "proof_overdue" : "proof_arrived",
      {{"message", row.message.message.text()},
       {"kind", row.kind},
       {"evidence", row.sha256.hex()},
       {"reason", why ? std::string(code_of(why->reason)) : ""}});
}

}  // namespace

TerminalRole::TerminalRole(const Config& config)
    : nursery_(Nursery::start(inspection_jobs())),
      lock_(data_folder(config)),
      database_({.url = store_url(config),
                 .connections = static_cast<int>(config.integer("store_connections"))}),
      objects_(data_folder(config) / "objects"),
      keyholder_(config.path("keyholder")),
      keys_(require_keys(keyholder_, config)),
      identity_(terminal_identity(config, keys_.sign->certificate(), keyholder_)),
      journal_(identity_.org.text()),
      directory_(config.path("directory"), read_certificates(config.path("directory_anchors")),
                 data_folder(config) / "directory-editions.json"),
      trust_(config.path("trust"),
             CryptoPolicy::with(Pkcs1Signatures{config.flag("pkcs1_signatures")})),
      address_(centre_address(*directory_.current(), identity_.org, clock_.now())),
      centre_(centre_endpoint(address_, tls_identity(keys_.tls, *trust_.current()),
                              *trust_.current())),
      standing_(clock_.now()),
      bell_(router_, clock_.now()),
      inspector_(nursery_),
      judge_(inspector_),
      clamd_({.socket_path = config.path("clamd").string(), .server_uid = std::nullopt}),
      engine_(clamd_, clock_, age_max(config)),
      scanner_(inspector_, clamd_, engine_),
      drafting_({database_, objects_, clock_, [this] { wake(sealing_loop_); }}),
      sealing_({database_, objects_, identity_, directory_, trust_.policy(), *keys_.sign, judge_,
                scanner_, journal_, clock_, data_folder(config),
                [this] { wake(submitting_loop_); }}),
      submitting_({database_, objects_, centre_, journal_, clock_, address_.name,
                   [this] { wake(sealing_loop_); }}),
      news_({database_, centre_, identity_, directory_, trust_.policy(), journal_, clock_,
             [this] { wake(opening_loop_); }, [this] { wake(sealing_loop_); }}),
      opening_({database_, objects_, centre_, identity_,
                checking(config), journal_, clock_, [this] { wake(signing_loop_); }}),
      handing_in_({database_, centre_, clock_}),
      proofs_(proof_parts(config.duration("proof_within"))),
      acknowledgement_({database_, identity_, journal_, clock_, [this] { wake(signing_loop_); }}),
      withdrawing_({database_, objects_, centre_, identity_, *keys_.sign, journal_, clock_}),
      following_up_({database_, journal_, clock_}),
      desk_({database_, *keys_.sign, nullptr,
             [this](Transaction& tx, const EvidenceRow& row) { publish(tx, row); }}),
      check_(judge_, directory_, identity_.org, clock_),
      exports_({database_, objects_, directory_, trust_, config.path("trust"), identity_.org,
                *keys_.sign, clock_,
                [this](const Sha256& evidence) { return centre_.prove(evidence); }}),
      status_({database_, directory_, identity_, keyholder_, engine_, standing_,
               [this] { return news_.caught_up(); }, clock_}),
      access_({database_, journal_, clock_, api_users(config.list("api_users")),
               config.path("dms.clients")}) {
  migrate(database_, kMigrations, clock_.now());
  process_.emplace(database_, journal_, clock_,
                   ProcessRecord::Facts{"yizhan-terminal", YIZHAN_VERSION, config.print()});
  add_terminal_routes(router_, {database_, objects_, directory_, clock_, drafting_, check_,
                                acknowledgement_, withdrawing_, following_up_, exports_,
                                status_, bell_, identity_.org, config.text("person"),
                                config.path("working_days")});
  if (CentreDistribution::is_configured(config)) {
    distribution_ = std::make_unique<CentreDistribution>(
        config, CentreDistribution::Parts{
                    database_, journal_, directory_,
                    centre_endpoint(address_, tls_identity(keys_.tls, *trust_.current()),
                                    *trust_.current()),
                    data_folder(config), clock_});
  }
  add_monitor();
  start_distribution();
  start_loops(config);
  start_server(config);
}

void TerminalRole::start_distribution() {
  if (!distribution_) return;
  distribution_->start(plan("distribution", {}), [this] { wake(news_loop_); });
}

ProofAwaiting::Parts TerminalRole::proof_parts(Milliseconds within) {
  return {database_, [this](const Sha256& evidence) { return centre_.prove(evidence); },
          directory_, journal_, within, log_proof, clock_};
}

void TerminalRole::add_monitor() {
  const TerminalMonitor monitor{status_,    database_,  objects_, keyholder_, engine_,
                                directory_, standing_,
                                {{"sign", keys_.sign->certificate()},
                                 {"tls", keys_.tls->certificate()}},
                                clock_};
  readiness_ = std::make_unique<Readiness>(checks_of(monitor), clock_);
  add_monitor_routes(router_, {*readiness_, [this, monitor] {
                                 std::vector<Metric> all = metrics_of(monitor);
                                 if (!distribution_) return all;
                                 for (Metric& metric : distribution_->metrics()) {
                                   all.push_back(std::move(metric));
                                 }
                                 return all;
                               }});
}

Checking TerminalRole::checking(const Config& config) {
  return Checking({directory_, trust_,
                   [this](const Sha256& certificate) {
                     return keyholder_.decryption_key_for(certificate);
                   },
                   judge_, scanner_, clock_, data_folder(config)});
}

TerminalRole::~TerminalRole() {
  if (server_) server_->stop();
  if (distribution_) distribution_->stop();
  centre_.stop();  // a question may be open for half a minute, an upload for hours
  // Every loop before any of them is destroyed: one may wake another until it stops.
  for (auto* loop : {&news_loop_, &sealing_loop_, &submitting_loop_, &opening_loop_,
                     &signing_loop_, &handing_in_loop_, &proof_loop_, &directory_loop_,
                     &cleaning_loop_}) {
    if (*loop) (*loop)->stop();
  }
}

void TerminalRole::start_server(const Config& config) {
  std::vector<ListenerConfig> listeners;
  listeners.push_back(local_listener(config));
  if (!config.text("dms.address").empty()) listeners.push_back(remote_listener(config));
  server_ = std::make_unique<Server>(
      std::move(listeners), router_,
      ServerConfig{.worker_threads = static_cast<std::size_t>(config.integer("workers")),
                   .access_log = log_access});
  server_->start();
}

ListenerConfig TerminalRole::local_listener(const Config& config) {
  ListenerConfig listener;
  listener.unix_path = config.path("api").string();
  listener.admit_peer = [this](const Peer& peer) { return access_.admit(peer); };
  return listener;
}

ListenerConfig TerminalRole::remote_listener(const Config& config) {
  const auto trust = trust_.current();
  ListenerConfig listener;
  listener.address = config.text("dms.address");
  listener.port = static_cast<std::uint16_t>(config.integer("dms.port"));
  listener.tls = ServerTls{.identity = tls_identity(keys_.api, *trust),
                           .client_anchors = tls_anchors(*trust)};
  listener.admit_peer = [this](const Peer& peer) { return access_.admit(peer); };
  return listener;
}

LoopPlan TerminalRole::plan(std::string name, std::function<bool()> work) {
  return {.name = std::move(name),
          .work =
              [this, work = std::move(work)] {
                const bool worked = work();
                if (worked) bell_.ring();
                return worked;
              },
          .on_accident =
              [](const std::string& loop, const std::string& what) {
                log(LogLevel::kBroken, "accident", {{"loop", loop}, {"what", what}});
              }};
}

void TerminalRole::wake(std::unique_ptr<Loop>& loop) {
  if (loops_started_) loop->wake();
}

void TerminalRole::start_loops(const Config& config) {
  sealing_loop_ = std::make_unique<Loop>(plan("seal", [this] { return !holds() && sealing_.work(); }));
  submitting_loop_ = std::make_unique<Loop>(plan("submit", [this] { return submitting_.work(); }));
  // The replay register must be whole before anything is opened.
  opening_loop_ = std::make_unique<Loop>(
      plan("open", [this] { return !holds() && news_.caught_up() && opening_.work(); }));
  signing_loop_ = std::make_unique<Loop>(plan("sign", [this] { return sign(); }));
  handing_in_loop_ =
      std::make_unique<Loop>(plan("hand_in", [this] { return handing_in_.work(); }));

  proof_loop_ = std::make_unique<Loop>(plan("prove", [this] { return proofs_.work(); }));

  LoopPlan directory = plan("directory", [this] { return follow_directory(); });
  directory.look_again = config.duration("directory_interval");
  directory_loop_ = std::make_unique<Loop>(std::move(directory));

  const auto wait = std::chrono::duration_cast<std::chrono::seconds>(config.duration("news_wait"));
  LoopPlan news = plan("news", {});
  news.work = [this, wait] { return follow_news(wait); };
  news.look_again = kAskAgain;
  news_loop_ = std::make_unique<Loop>(std::move(news));

  LoopPlan cleaning = plan("clean", [this, life = config.duration("draft_life")] {
    drafting_.discard_before(clock_.now() - life);
    return false;
  });
  cleaning.look_again = kCleanEvery;
  cleaning_loop_ = std::make_unique<Loop>(std::move(cleaning));
  loops_started_ = true;
}

bool TerminalRole::sign() {
  const Result<int> published = desk_.work(kBatch);
  if (published) return *published > 0;
  log_refusal(LogLevel::kAct, "signing_waits", published.refusal());
  return false;
}

void TerminalRole::publish(Transaction& tx, const EvidenceRow& row) {
  InboxStore().hand_in_later(tx, row);
  tx.after_commit([this] { wake(handing_in_loop_); });
}

// Asks again at once after an answer: the centre holds the question until there is news.
bool TerminalRole::follow_news(std::chrono::seconds wait) {
  const Result<int> came = news_.work(wait);
  if (came) {
    standing_.answered(clock_.now());
    if (*came > 0) bell_.ring();
    return true;
  }
  if (came.reason() == Reason::kDirectoryNewer) {
    standing_.answered(clock_.now());
    distribution_ ? distribution_->wake() : wake(directory_loop_);
  } else {
    standing_.failed(came.refusal(), clock_.now());
  }
  log_refusal(LogLevel::kWarning, "news_waits", came.refusal());
  return false;
}

// Not where the distribution brings it: one officer's signature would then do for two.
bool TerminalRole::follow_directory() {
  if (distribution_) return false;
  const Result<std::optional<Bytes>> snapshot =
      centre_.directory(directory_.current()->version());
  if (!snapshot) {
    log_refusal(LogLevel::kWarning, "directory_waits", snapshot.refusal());
    return false;
  }
  if (!*snapshot) return false;
  const Result<bool> newer = directory_.adopt(**snapshot);
  journal_directory(newer);
  return newer && *newer;
}

void TerminalRole::journal_directory(const Result<bool>& newer) {
  const std::int64_t version = directory_.current()->version();
  if (newer && !*newer) return;
  const Time now = clock_.now();
  database_.transact([&](Transaction& tx) {
    if (newer) {
      const Sha256 digest = sha256(directory_.signed_bytes());
      journal_.record(tx, Event::kDirectoryLoaded,
                      {{"version", version}, {"sha256", digest.hex()}}, now);
    } else {
      journal_.record(tx, Event::kDirectoryRefused,
                      {{"version", version}, {"reason", std::string(code_of(newer.reason()))}},
                      now);
    }
  });
  if (!newer) return log_refusal(LogLevel::kAct, "directory_refused", newer.refusal());
  log(LogLevel::kNotice, "directory_loaded", {{"version", std::to_string(version)}});
  wake(news_loop_);
}

void TerminalRole::tend() {
  access_.tend();
  if (clock_.now() - reloaded_ >= kReloadEvery) reload();
}

void TerminalRole::log_left_out() {
  for (const std::string& what : trust_.take_left_out()) {
    log(LogLevel::kAct, "revocation_list_left_out", {{"what", what}});
  }
}

void TerminalRole::reload() {
  reloaded_ = clock_.now();
  trust_.reload();
  log_left_out();
  journal_directory(directory_.reload());
  // The line to the centre is made once; to another address, or with other certificates, the
  // program starts afresh.
  if (centre_address(*directory_.current(), identity_.org, clock_.now()) != address_) {
    throw std::runtime_error("交換中心之位址或連線憑證已變更，重新啟動");
  }
}

int run_terminal(int count, char** arguments) {
  return run_daemon(count, arguments,
                    {.name = "yizhan-terminal",
                     .sentence = "驛站終端：封裝、發送、收取、確認機關公文，並提供 API。",
                     .table = terminal_table(),
                     .start = [](const Config& config) -> std::unique_ptr<Running> {
                       return std::make_unique<TerminalRole>(config);
                     }});
}

}  // namespace yizhan
