#include "role/terminal/terminal_role.h"

#include <algorithm>

#include "ground/control/control.h"
#include "role/terminal/terminal.h"
#include "role/terminal/terminal_config.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

namespace {

constexpr int kBatch = 64;
constexpr Milliseconds kReloadEvery = std::chrono::minutes{1};
constexpr Milliseconds kAskAgain = std::chrono::seconds{5};  // the centre, when it did not answer
constexpr Milliseconds kCleanEvery = std::chrono::minutes{10};

constexpr Milliseconds kWarnEvery = std::chrono::hours{24};

TerminalKeyPlan key_plan(const Config& config) {
  return {OrgCode::parse(config.text("agency")).value(), config.text("keys.sign"),
          config.text("keys.tls"), config.text("dms.key"), config.duration("certificate_warning")};
}

Certificates registered_for(const Directory& directory, const OrgCode& own) {
  const Agency* agency = directory.find(own);
  return agency == nullptr ? Certificates{} : agency->certificates;
}

// The last that is valid; document-management systems compare with their own list.
std::shared_ptr<SigningKey> newest_valid(const KeyGenerations& generations, Time now) {
  const auto valid = [&](const auto& key) {
    return key->certificate().not_before() <= now && now < key->certificate().not_after();
  };
  const auto found = std::find_if(generations.rbegin(), generations.rend(), valid);
  return found == generations.rend() ? generations.front() : *found;
}

using AskGenerations = std::function<Result<KeyGenerations>(const std::string& name)>;

Result<TerminalKeys> choose_keys(const AskGenerations& ask, const TerminalKeyPlan& plan,
                                 const Directory& directory, Time now) {
  const Certificates registered = registered_for(directory, plan.own);
  auto sign = choose_key(YZ_TRY(ask(plan.sign)), registered, Purpose::kSign, now);
  auto tls = choose_key(YZ_TRY(ask(plan.tls)), registered, Purpose::kTls, now);
  auto api = plan.api.empty() ? tls : newest_valid(YZ_TRY(ask(plan.api)), now);
  return TerminalKeys{std::move(sign), std::move(tls), std::move(api)};
}

TerminalKeys require_keys(Keyholder& keyholder, const TerminalKeyPlan& plan,
                          const Directory& directory, Time now) {
  const AskGenerations ask = [&](const std::string& name) { return require_key(keyholder, name); };
  return choose_keys(ask, plan, directory, now).value();
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

bool TerminalKeys::operator==(const TerminalKeys& other) const {
  return sign->certificate() == other.sign->certificate() &&
         tls->certificate() == other.tls->certificate() &&
         api->certificate() == other.api->certificate();
}

TerminalRole::TerminalRole(const Config& config)
    : nursery_(Nursery::start(inspection_jobs())),
      lock_(data_folder(config)),
      database_({.url = store_url(config),
                 .connections = static_cast<int>(config.integer("store_connections"))}),
      objects_(data_folder(config) / "objects"),
      directory_(config.path("directory"), read_certificates(config.path("directory_anchors")),
                 data_folder(config) / "directory-editions.json"),
      orders_({data_folder(config) / "orders.json", directory_, clock_}),
      keyholder_(config.path("keyholder")),
      key_plan_(key_plan(config)),
      keys_(require_keys(keyholder_, key_plan_, *directory_.current(), clock_.now())),
      identity_(terminal_identity(config, keys_.sign->certificate(), keyholder_)),
      journal_(identity_.org.text()),
      trust_(config.path("trust"),
             CryptoPolicy::with(Pkcs1Signatures{config.flag("pkcs1_signatures")})),
      address_(centre_address(*directory_.current(), identity_.org, clock_.now())),
      former_address_(find_former_address(*directory_.current(), identity_.org, clock_.now())),
      centre_(centre_endpoint(address_, tls_identity(keys_.tls, *trust_.current()),
                              *trust_.current())),
      standing_(clock_.now()),
      bell_(router_, clock_.now()),
      inspector_(nursery_),
      judge_(inspector_),
      clamd_({.socket_path = config.path("clamd").string(), .server_uid = std::nullopt}),
      engine_(clamd_, clock_, age_max(config)),
      scanner_(inspector_, clamd_, engine_),
      former_(former_work(config)),
      drafting_({database_, objects_, clock_, [this] { wake(sealing_loop_); }}),
      sealing_(sealing_parts(config)),
      submitting_({database_, objects_, lines(), journal_, clock_, address_.name,
                   [this] { wake(sealing_loop_); }}),
      news_(news_parts()),
      opening_({database_, objects_, centre_, identity_, checking(config), journal_, clock_,
                [this] { wake(signing_loop_); }, address_.name}),
      handing_in_({database_, centre_, clock_, address_.name}),
      holdings_({objects_, address_.name, [this] { wake(submitting_loop_); }}),
      retelling_(retelling_parts()),
      proofs_(proof_parts(config.duration("proof_within"))),
      acknowledgement_({database_, identity_, journal_, clock_, [this] { wake(signing_loop_); }}),
      withdrawing_({database_, objects_, lines(), identity_, *keys_.sign, journal_, clock_}),
      desk_(desk_parts(config)),
      check_(judge_, directory_, identity_.org, clock_),
      exports_({database_, objects_, directory_, trust_, config.path("trust"), identity_.org,
                *keys_.sign, clock_, [this](const Sha256& evidence) { return prove(evidence); }}),
      status_({database_, directory_, identity_, keyholder_, engine_, standing_,
               [this] { return news_.caught_up(); }, clock_, key_plan_.warning,
               [this] { return distribution_ ? distribution_->describe() : Json(); }}),
      access_({database_, journal_, clock_, api_users(config.list("api_users")),
               config.path("dms.clients")}) {
  begin_record(config);
  add_terminal_routes(router_, {database_, objects_, directory_, clock_, drafting_, check_,
                                acknowledgement_, withdrawing_, following_up_, exports_,
                                status_, bell_, identity_.org, config.text("person"),
                                config.path("working_days")});
  start_distribution(config);
  add_monitor();
  start_loops(config);
  start_server(config);
}

void TerminalRole::start_distribution(const Config& config) {
  if (!CentreDistribution::is_configured(config)) return;
  const auto trust = trust_.current();
  distribution_ = std::make_unique<CentreDistribution>(
      config, CentreDistribution::Parts{
                  database_, journal_, directory_,
                  centre_endpoint(address_, tls_identity(keys_.tls, *trust), *trust),
                  data_folder(config), identity_.org, keys_.sign, clock_,
                  {[this](TrustClient& client) { return orders_.take(client, order_alarm_); }}});
  distribution_->start(plan("distribution", {}), [this] { wake(news_loop_); });
}

void TerminalRole::begin_record(const Config& config) {
  migrate(database_, kMigrations, clock_.now());
  database_.transact([&](Transaction& tx) {
    InboxStore(former_ ? former_->code().text() : address_.name).adopt(tx);
  });
  process_.emplace(database_, journal_, clock_,
                   ProcessRecord::Facts{"yizhan-terminal", YIZHAN_VERSION, config.print()});
}

Sealing::Parts TerminalRole::sealing_parts(const Config& config) {
  return {database_, objects_, identity_, directory_, trust_.policy(), *keys_.sign, judge_,
          scanner_, journal_, clock_, data_folder(config), [this] { wake(submitting_loop_); },
          [this](Transaction& tx, const DocumentId& document, const std::string& found) {
            detections_.note(tx, document, found);
          }};
}

NewsFollowing::Parts TerminalRole::news_parts() {
  return {database_, centre_, identity_, directory_, trust_.policy(), journal_, clock_,
          [this] { wake(opening_loop_); }, [this] { wake(sealing_loop_); }, address_.name,
          [this] { wake(retelling_loop_); }};
}

Retelling::Parts TerminalRole::retelling_parts() {
  return {database_, address_.name, [this](const Retold& retold) { return centre_.tell(retold); },
          holdings_, clock_};
}

EvidenceDesk::Parts TerminalRole::desk_parts(const Config& config) {
  return {database_, *keys_.sign, nullptr,
          [this](Transaction& tx, const EvidenceRow& row) { publish(tx, row); },
          batches_of(config)};
}

ProofAwaiting::Parts TerminalRole::proof_parts(Milliseconds within) {
  return {database_, [this](const Sha256& evidence) { return prove(evidence); },
          directory_, journal_, within, log_proof, clock_};
}

std::unique_ptr<FormerCentreWork> TerminalRole::former_work(const Config& config) {
  if (!former_address_) return nullptr;
  return std::make_unique<FormerCentreWork>(FormerCentreWork::Parts{
      CentreCode::parse(former_address_->name).value(),
      centre_endpoint(*former_address_, tls_identity(keys_.tls, *trust_.current()),
                      *trust_.current()),
      database_, objects_, identity_, directory_, trust_.policy(), checking(config), journal_,
      clock_, [this] { wake(sealing_loop_); }, [this] { wake(signing_loop_); },
      [this] { wake(submitting_loop_); }});
}

CentreLines TerminalRole::lines() {
  if (!former_) return centre_;
  return {centre_, former_->code(), former_->line()};
}

// It stands in the log of the centre that made it known to us.
Result<LogProof> TerminalRole::prove(const Sha256& evidence) {
  Result<LogProof> proof = centre_.prove(evidence);
  const bool elsewhere = !proof && proof.reason() == Reason::kNotFound && former_;
  return elsewhere ? former_->line().prove(evidence) : std::move(proof);
}

void TerminalRole::add_monitor() {
  const TerminalMonitor monitor{status_,    database_,  objects_, keyholder_, engine_,
                                directory_, standing_,
                                identity_.org, clock_};
  auto checks = checks_of(monitor);
  if (distribution_) {
    checks.push_back({"distribution", [this] { return distribution_->check_open(); }});
  }
  readiness_ = std::make_unique<Readiness>(std::move(checks), clock_);
  add_monitor_routes(router_, {*readiness_, [this, monitor] {
                                 std::vector<Metric> all = metrics_of(monitor);
                                 for (Metric& metric : metrics_of(orders_.counts())) {
                                   all.push_back(std::move(metric));
                                 }
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
  if (former_) former_->stop();
  // Every loop before any of them is destroyed: one may wake another until it stops.
  for (auto* loop : {&news_loop_, &sealing_loop_, &submitting_loop_, &opening_loop_,
                     &signing_loop_, &handing_in_loop_, &retelling_loop_, &proof_loop_,
                     &detection_loop_, &directory_loop_, &orders_loop_, &cleaning_loop_}) {
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
  sealing_loop_ =
      std::make_unique<Loop>(plan("seal", [this] { return !holds() && sealing_.work(); }));
  submitting_loop_ = std::make_unique<Loop>(plan("submit", [this] { return submitting_.work(); }));
  // The replay register must be whole before anything is opened.
  opening_loop_ = std::make_unique<Loop>(
      plan("open", [this] { return !holds() && news_.caught_up() && opening_.work(); }));
  signing_loop_ = std::make_unique<Loop>(plan("sign", [this] { return sign(); }));
  handing_in_loop_ =
      std::make_unique<Loop>(plan("hand_in", [this] { return handing_in_.work(); }));
  retelling_loop_ =
      std::make_unique<Loop>(plan("retell", [this] { return retelling_.work(); }));
  proof_loop_ = std::make_unique<Loop>(plan("prove", [this] { return proofs_.work(); }));
  LoopPlan detection = plan("detection", [this] { return tell_detections(); });
  detection.look_again = kReloadEvery;
  detection_loop_ = std::make_unique<Loop>(std::move(detection));

  orders_loop_ = std::make_unique<Loop>(plan("orders", [this] {
    orders_.tend(order_alarm_);
    return false;
  }));
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
    return submitting_.clear_bodies() > 0;
  });
  cleaning.look_again = kCleanEvery;
  cleaning_loop_ = std::make_unique<Loop>(std::move(cleaning));
  if (former_) {
    former_->start([this](std::string name, std::function<bool()> work) {
      return plan(std::move(name), std::move(work));
    }, wait);
  }
  loops_started_ = true;
}

bool TerminalRole::sign() {
  const Result<int> published = desk_.work(kBatch);
  if (published) return *published > 0;
  log_refusal(LogLevel::kAct, "signing_waits", published.refusal());
  return false;
}

bool TerminalRole::tell_detections() {
  const Result<bool> told =
      detections_.tell([this](ByteView cms) { return centre_.report_detection(cms); });
  if (told) return *told;
  log_refusal(LogLevel::kAct, "detection_waits", told.refusal());
  return false;
}

void TerminalRole::publish(Transaction& tx, const EvidenceRow& row) {
  InboxStore().hand_in_later(tx, row);
  tx.after_commit([this] {
    wake(handing_in_loop_);
    if (former_ && loops_started_) former_->wake();
  });
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

// Where officers hand the directory down, the one signature that it has by itself does not do.
bool TerminalRole::follows_directory_alone() const {
  return upheld("terminal_directory_by_officers", !distribution_);
}

bool TerminalRole::follow_directory() {
  if (!follows_directory_alone()) return false;
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
  if (follows_directory_alone()) journal_directory(directory_.reload());
  // The line to the centre is made once; to another address, or with other certificates, the
  // program starts afresh.
  const auto directory = directory_.current();
  const Time now = clock_.now();
  if (centre_address(*directory, identity_.org, now) != address_ ||
      find_former_address(*directory, identity_.org, now) != former_address_) {
    throw std::runtime_error("交換中心之位址或連線憑證已變更，重新啟動");
  }
  follow_certificates();
}

// Says once a day what ends soon. And a key that was renewed is used from a start on: what has been
// begun with the old one is ended with it.
void TerminalRole::follow_certificates() {
  const Time now = clock_.now();
  const Json ending = status_.certificates_ending();
  if (!ending.empty() && now - warned_ >= kWarnEvery) {
    warned_ = now;
    for (const Json& item : ending) {
      log(LogLevel::kAct, "certificate_ends",
          {{"use", item.at("use").get<std::string>()},
           {"until", item.at("until").get<std::string>()}});
    }
  }
  const AskGenerations ask = [&](const std::string& name) { return keyholder_.signing_keys(name); };
  const auto chosen = choose_keys(ask, key_plan_, *directory_.current(), now);
  if (!chosen || *chosen == keys_) return;  // a keyholder that waits for its card is waited for
  throw std::runtime_error("換發之憑證已生效，重新啟動");
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
