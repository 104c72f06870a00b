#include "role/management/report_book.h"

#include "ground/control/control.h"

namespace yizhan {

namespace {

const std::string kKind = "distribution_report";

std::string party_of(const ReportingNode& node) {
  return std::string(node.centre() != nullptr ? kCentreParty : kAgencyParty) + node.text();
}

// Who may speak through that centre: itself, and whom it serves.
Result<void> check_way(const ReportingNode& node, const CentreCode& from,
                       const Directory& directory, Time now) {
  const Refusal stranger{Reason::kForbidden, node.text() + " 不由 " + from.text() + " 轉送"};
  if (const CentreCode* centre = node.centre()) {
    return *centre == from ? Result<void>() : Result<void>(stranger);
  }
  const Agency* agency = directory.find(*node.agency());
  if (agency == nullptr || !agency->is_served_by(from, now)) return stranger;
  return {};
}

// The signed bytes go with it: whoever asks later can verify them again.
Fact fact_of(const SignedReport& signed_report) {
  const DistributionReport& report = signed_report.report;
  Json value = {{"timestamp", report.timestamp},
                {"directory", report.directory},
                {"directory_sha256", report.directory_sha256.hex()},
                {"cms", to_base64(signed_report.cms)}};
  for (const auto& [name, text] : {std::pair("failed", &report.failed),
                                   {"running", &report.running},
                                   {"verified", &report.verified}}) {
    if (!text->empty()) value[name] = *text;
  }
  if (report.host.edition != 0) value["host"] = report.host.describe();
  const std::string party = party_of(report.node);
  return {kKind, party, std::move(value), party, report.time.ms(), report.time};
}

// How the program of a node stands to the newest release of its layer, by its own signed word.
void add_program(Json& line, const Json& value, const std::optional<Release>& newest, Day today) {
  if (!value.contains("running")) return;
  line["running"] = value.at("running");
  if (value.contains("verified")) line["verified"] = value.at("verified");
  const auto running = ReleaseVersion::parse(value.at("running").get<std::string>());
  if (running) line["release"] = text_of(state_on(today, *running, newest));
}

// How the host of a node stands to the standard configuration, by its own signed word. Who never
// said anything of it is left out: not every host is looked at.
void add_host(Json& line, const Json& value, Day today) {
  if (!value.contains("host")) return;
  const Json& host = value.at("host");
  const auto checked = find_day(host.at("checked").get<std::string>());
  const bool deviates = host.at("deviations").get<std::int64_t>() > 0;
  line["host"] = host;
  line["host"]["standing"] =
      text_of(checked ? standing_of(*checked, deviates, today) : HostStanding::kUnchecked);
}

// By party.
using Words = std::map<std::string, StoredFact>;

Json line_of(const ReportingNode& node, const Words& words, std::int64_t in_force) {
  Json line = {{"layer", node.centre() != nullptr ? "exchange" : "terminal"},
               {"node", node.text()}};
  const auto word = words.find(party_of(node));
  if (word == words.end()) {
    line["state"] = "silent";
    return line;
  }
  const Json& value = word->second.fact.value;
  line["timestamp"] = value.at("timestamp");
  line["directory"] = value.at("directory");
  line["time"] = word->second.fact.so.text();
  const bool late = value.at("directory").get<std::int64_t>() < in_force;
  line["state"] = late ? "late" : "current";
  if (!value.contains("failed")) return line;
  line["failed"] = {{"code", value.at("failed")}};
  if (const auto reason = find_reason(value.at("failed").get<std::string>())) {
    line["failed"]["title"] = describe(*reason).title;
    line["failed"]["remedy"] = describe(*reason).remedy;
  }
  return line;
}

struct Tally {
  std::int64_t nodes = 0, late = 0, silent = 0, failing = 0, outdated = 0, deviating = 0;

  void add(const Json& line) {
    ++nodes;
    if (line.at("state") == "late") ++late;
    if (line.at("state") == "silent") ++silent;
    if (line.contains("failed")) ++failing;
    if (line.value("release", "") == "late") ++outdated;
    const bool seen = line.contains("host");
    if (seen && line.at("host").at("standing") != text_of(HostStanding::kKept)) ++deviating;
  }
  [[nodiscard]] Json describe() const {
    return {{"nodes", nodes},     {"late", late},         {"silent", silent},
            {"failing", failing}, {"outdated", outdated}, {"deviating", deviating}};
  }
};

std::map<std::string, Tally> tallies_of(const Json& items) {
  std::map<std::string, Tally> tallies{{"exchange", {}}, {"terminal", {}}};
  for (const Json& line : items) tallies[line.at("layer").get<std::string>()].add(line);
  return tallies;
}

}  // namespace

bool BoardScope::covers(const Centre& centre) const {
  return covers(centre.code.text(), centre.code);
}

bool BoardScope::covers(const Agency& agency) const {
  return covers(agency.code.text(), agency.home_centre);
}

bool BoardScope::covers(const std::string& code, const CentreCode& centre) const {
  return scope_.empty() || scope_ == code || scope_ == centre.text();
}

Result<void> ReportBook::take(ByteView cms, const CentreCode& from) {
  const SignedReport report = YZ_TRY(open_report(cms));
  const auto directory = parts_.directory.current();
  const Time now = parts_.clock.now();
  YZ_TRY(upheld("report_way", check_way(report.report.node, from, *directory, now)));
  YZ_TRY(check_reporter(report, *directory));
  const Fact fact = fact_of(report);
  return parts_.database.transact([&](Transaction& tx) -> Result<void> {
    YZ_TRY(facts_.report(tx, fact, {fact.reporter, now}));
    return {};
  });
}

Result<void> ReportBook::take_releases(TrustClient& client) {
  Releases found;
  for (const Layer layer : {Layer::kManagement, Layer::kExchange, Layer::kTerminal}) {
    // What does not hold is told by the nodes, who look for themselves.
    auto newest = YZ_TRY(find_newest(client, layer, [](const std::string&, const Refusal&) {}));
    if (newest) found.emplace(layer, std::move(*newest));
  }
  const std::lock_guard lock(mutex_);
  releases_ = std::move(found);
  return {};
}

ReportBook::Releases ReportBook::releases() const {
  const std::lock_guard lock(mutex_);
  return releases_;
}

Json ReportBook::board(const BoardScope& scope) const {
  const auto directory = parts_.directory.current();
  Words words;
  for (StoredFact& fact :
       parts_.database.read([](Transaction& tx) { return Facts::newest(tx, kKind); })) {
    std::string party = fact.fact.subject;
    words.insert_or_assign(std::move(party), std::move(fact));
  }
  Json items = Json::array();
  const Releases releases = this->releases();
  const Day today = day_of(parts_.clock.now());
  const auto add = [&](const ReportingNode& node, const std::string& name,
                       const CentreCode& centre) {
    Json line = line_of(node, words, directory->version());
    // A self-built centre runs a program of its own: ours has no newest one for it.
    const bool exchange = node.centre() != nullptr;
    const bool built = exchange && directory->find(*node.centre())->kind == CentreKind::kSelfBuilt;
    const auto release = built ? releases.end()
                               : releases.find(exchange ? Layer::kExchange : Layer::kTerminal);
    if (const auto word = words.find(party_of(node)); word != words.end()) {
      add_program(line, word->second.fact.value,
                  release == releases.end() ? std::nullopt : std::optional(release->second), today);
      add_host(line, word->second.fact.value, today);
    }
    line["name"] = name;
    line["centre"] = centre.text();
    items.push_back(std::move(line));
  };
  for (const auto& [code, centre] : directory->centres()) {
    if (centre.standing == Standing::kClosed || !scope.covers(centre)) continue;
    add(ReportingNode(code), centre.name, code);
  }
  for (const auto& [code, agency] : directory->agencies()) {
    if (agency.standing != Standing::kActive || !scope.covers(agency)) continue;
    add(ReportingNode(code), agency.name, agency.home_centre);
  }
  Json counts = Json::object();
  for (const auto& [layer, tally] : tallies_of(items)) counts[layer] = tally.describe();
  return {{"time", parts_.clock.now().text()},
          {"directory",
           {{"version", directory->version()},
            {"issued", directory->issued().text()},
            {"expires", directory->expires().text()}}},
          {"counts", std::move(counts)},
          {"items", std::move(items)}};
}

std::vector<Metric> ReportBook::metrics() const {
  Metric nodes{"yizhan_nodes", "centres and agencies of the directory, by layer", {}};
  Metric late{"yizhan_nodes_late", "of these, with an older directory than the one in force", {}};
  Metric silent{"yizhan_nodes_silent", "of these, that have never reported", {}};
  Metric failing{"yizhan_nodes_failing", "of these, that refuse what comes", {}};
  Metric outdated{"yizhan_nodes_outdated", "of these, below the minimum version after grace", {}};
  Metric deviating{"yizhan_nodes_deviating", "of these, whose host is not as it should be", {}};
  const Json whole = board(BoardScope(""));
  for (const auto& [layer, tally] : tallies_of(whole.at("items"))) {
    const std::vector<std::pair<std::string, std::string>> labels = {{"layer", layer}};
    nodes.samples.push_back({labels, static_cast<double>(tally.nodes)});
    late.samples.push_back({labels, static_cast<double>(tally.late)});
    silent.samples.push_back({labels, static_cast<double>(tally.silent)});
    failing.samples.push_back({labels, static_cast<double>(tally.failing)});
    outdated.samples.push_back({labels, static_cast<double>(tally.outdated)});
    deviating.samples.push_back({labels, static_cast<double>(tally.deviating)});
  }
  return {std::move(nodes), std::move(late), std::move(silent), std::move(failing),
          std::move(outdated), std::move(deviating)};
}

}  // namespace yizhan
