#include "role/exchange/attesting.h"

#include <algorithm>

#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr std::chrono::seconds kStampDeadline{10};
constexpr std::size_t kStampBytesMax = 64U << 10;
constexpr Milliseconds kStampLook = std::chrono::seconds{1};

std::string reason_of(const std::optional<Refusal>& why) {
  return why ? std::string(code_of(why->reason)) + " " + why->detail : std::string();
}

Endpoint endpoint_of(const Config& authority) {
  Endpoint endpoint;
  endpoint.unix_path = authority.path("socket").string();
  if (!endpoint.unix_path.empty()) return endpoint;
  endpoint.host = authority.text("address");
  endpoint.port = static_cast<std::uint16_t>(authority.integer("port"));
  endpoint.anchors = read_certificates(authority.path("tls_anchors"));
  return endpoint;
}

StampAuthority authority_of(const Config& config) {
  const std::string& name = config.text("name");
  const bool reachable = !config.path("socket").empty() ||
                         (!config.text("address").empty() && !config.path("tls_anchors").empty());
  if (!reachable) {
    throw ConfigError({"[[timestamp_authority]]「" + name +
                       "」須設定 socket，或 address 及 tls_anchors；請補上。"});
  }
  // shared_ptr: copied with the function.
  auto client = std::make_shared<Client>(endpoint_of(config));
  return {name, read_certificates(config.path("anchors")),
          [client, path = config.text("path")](const Bytes& query) {
            return client->send({.method = Method::kPost,
                                 .path_and_query = path,
                                 .headers = {{"Content-Type", "application/timestamp-query"}},
                                 .body = query,
                                 .response_bytes_max = kStampBytesMax},
                                kStampDeadline);
          }};
}

double seconds_of(Milliseconds time) { return static_cast<double>(time.count()) / 1000; }

}  // namespace

void AttestJournal::record(Event event, const Fields& fields, LogLevel level) {
  database_.transact(
      [&](Transaction& tx) { journal_.record(tx, event, fields, clock_.now()); });
  LogFields words;
  for (const Field& field : fields) {
    const auto* text = std::get_if<std::string>(&field.value);
    words.emplace_back(field.name,
                       text != nullptr ? *text
                                       : std::to_string(std::get<std::int64_t>(field.value)));
  }
  log(level, std::string(yizhan::describe(event).name), words);
}

void AttestJournal::log_uncosigned(const std::optional<Refusal>& why) {
  record(why ? Event::kLogUncosigned : Event::kLogCosigned, {{"reason", reason_of(why)}},
         why ? LogLevel::kAct : LogLevel::kNotice);
}

void AttestJournal::witness_disagrees(const std::string& witness, const Refusal& why) {
  record(Event::kWitnessDisagrees, {{"witness", witness}, {"reason", reason_of(why)}},
         LogLevel::kAct);
}

void AttestJournal::stamps_missing(const std::string& authority,
                                   const std::optional<Refusal>& why) {
  record(why ? Event::kStampsMissing : Event::kStampsBack,
         {{"authority", authority}, {"reason", reason_of(why)}},
         why ? LogLevel::kAct : LogLevel::kNotice);
}

void AttestJournal::log_conflict(const LogConflict& conflict) {
  const auto before = Checkpoint::parse(conflict.before.text());
  const auto shown = Checkpoint::parse(conflict.shown.text());
  record(Event::kLogConflict,
         {{"log", conflict.origin},
          {"size_before", static_cast<std::int64_t>(before->head.size)},
          {"size_shown", static_cast<std::int64_t>(shown->head.size)},
          {"root_shown", shown->head.root.hex()}},
         LogLevel::kAct);
}

AttestSettings AttestSettings::from(const Config& config) {
  AttestSettings settings{.interval = config.duration("witness.interval"),
                          .limits = {config.duration("witness.shown_after"),
                                     config.duration("witness.held_after")},
                          .stamp_interval = config.duration("timestamps.interval"),
                          .stamp_told_after = config.duration("timestamps.told_after")};
  for (const std::string& vkey : config.list("witness.logs")) {
    auto key = NoteKey::parse_text(vkey);
    if (!key) throw ConfigError({"witness.logs：" + vkey + " " + key.refusal().detail + "；請修正。"});
    settings.peers.push_back(std::move(*key));
  }
  if (!config.path("witness.clients").empty()) {
    settings.clients = read_certificates(config.path("witness.clients"));
  }
  for (const Config& authority : config.tables("timestamp_authority")) {
    settings.authorities.push_back(authority_of(authority));
  }
  return settings;
}

Attesting::Attesting(Parts parts)
    : parts_(std::move(parts)),
      alarm_(parts_.database, parts_.journal, parts_.clock),
      standing_({parts_.data / "uncosigned-since", parts_.settings.limits, alarm_, parts_.clock}),
      line_({parts_.tls_key, parts_.trust, parts_.clock}),
      cosigning_({parts_.log, parts_.directory, parts_.own,
                  [this](const Centre& witness, const Bytes& body) {
                    return line_.ask(witness, body);
                  },
                  standing_, alarm_, parts_.clock}),
      stamping_({parts_.database, parts_.log, parts_.directory, parts_.own,
                 parts_.settings.authorities, parts_.settings.stamp_interval,
                 parts_.settings.stamp_told_after, alarm_, parts_.clock}),
      proving_({parts_.database, parts_.log, parts_.directory, parts_.own}),
      witness_({parts_.data / "witness", parts_.own, parts_.log_key, parts_.directory,
                parts_.settings.peers, alarm_, parts_.clock}) {}

void Attesting::start(const PlanLoop& plan) {
  // Under load there is always something new: a round an interval is enough.
  LoopPlan cosigning = plan("cosign", [this] {
    cosigning_.work();
    return false;
  });
  cosigning.look_again = parts_.settings.interval;
  cosigning_loop_ = std::make_unique<Loop>(std::move(cosigning));
  if (parts_.settings.authorities.empty()) return;
  LoopPlan stamping = plan("stamp", [this] { return stamping_.work(); });
  stamping.look_again = kStampLook;
  stamping_loop_ = std::make_unique<Loop>(std::move(stamping));
}

void Attesting::stop() {
  line_.stop();
  for (Loop* loop : {cosigning_loop_.get(), stamping_loop_.get()}) {
    if (loop != nullptr) loop->stop();
  }
}

Result<void> Attesting::check_asker(const Peer& peer) const {
  if (!peer.certificate) return Reason::kCertificateUnregistered;
  const Sha256& certificate = peer.certificate->sha256();
  const auto directory = parts_.directory.current();
  const Centre* const centre = directory->find_centre_by_tls(certificate, parts_.clock.now());
  if (centre != nullptr && centre->standing == Standing::kActive) return {};
  const auto& named = parts_.settings.clients;
  if (std::ranges::find(named, *peer.certificate) != named.end()) return {};
  return Reason::kCertificateUnregistered;
}

std::optional<SignedNote> Attesting::checkpoint() const {
  auto cosigned = parts_.log.find_cosigned();
  return cosigned ? cosigned : parts_.log.find_checkpoint();
}

Json Attesting::describe() const {
  Json json = cosigning_.describe();
  json["size"] = parts_.log.size();
  json["standing"] = standing_.describe();
  json["timestamps"] = stamping_.describe();
  return json;
}

void Attesting::add_metrics(std::vector<Metric>& all) const {
  const Json witnesses = cosigning_.describe();
  const Time now = parts_.clock.now();
  const auto since = standing_.uncosigned_since();
  all.push_back(Metric::single("yizhan_log_uncosigned_seconds",
                               "how long the newest checkpoints lack co-signatures",
                               since ? seconds_of(now - *since) : 0));
  all.push_back(Metric::single("yizhan_log_cosignatures_required",
                               "how many witnesses the directory asks for; 0: unwitnessed",
                               witnesses.at("required").get<double>()));
  all.push_back(Metric::single("yizhan_log_cosigned_entries_total",
                               "entries under the co-signed checkpoint",
                               witnesses.at("cosigned_size").get<double>()));
  Metric disagreeing{"yizhan_log_witness_disagrees",
                     "1 when a witness stands at another past than this log's; an incident",
                     {}};
  for (const Json& item : witnesses.at("witnesses")) {
    disagreeing.samples.push_back({{{"witness", item.at("centre").get<std::string>()}},
                                   item.at("disagrees").get<bool>() ? 1.0 : 0.0});
  }
  all.push_back(std::move(disagreeing));
  Metric missing{"yizhan_timestamp_failing_seconds",
                 "how long an authority has given no time-stamp", {}};
  for (const Json& item : stamping_.describe()) {
    const auto failing = Time::parse(item.value("failing_since", ""));
    missing.samples.push_back({{{"authority", item.at("authority").get<std::string>()}},
                               failing ? seconds_of(now - *failing) : 0.0});
  }
  all.push_back(std::move(missing));
}

}  // namespace yizhan
