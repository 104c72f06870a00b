#include "duty/incident/found_incidents.h"

#include <algorithm>

#include "ground/daemon/daemon.h"
#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr Milliseconds kAskedAgain = std::chrono::minutes{10};
// Two persons close it at management; no step of a centre's takes two.
constexpr Milliseconds kDecisionsValid = std::chrono::hours{24};

// One incident for each.
std::string subject_of(const IncidentFinding& finding) {
  if (!finding.source) return "release/" + cut_text(finding.found, 150);
  return "document/" + finding.source->agency.text() + "/" + finding.source->document.text();
}

IncidentState state_of(const Case& one) {
  if (one.state == "controlled") return IncidentState::kControlled;
  if (one.state == "improved" || one.state == "closed") return IncidentState::kImproved;
  return IncidentState::kOpen;
}

bool says_closed(const Json& answer) {
  const auto state = answer.is_object() ? answer.find("state") : answer.end();
  return state != answer.end() && *state == "closed";
}

// Escaped it is not much longer: the report has to fit.
Result<void> check_said(const std::string& what, const std::string& text, std::size_t bytes_max) {
  const std::size_t escaped = canonical_json(text).size();
  if (!text.empty() && text.size() <= bytes_max && escaped <= bytes_max + bytes_max / 4) return {};
  return Refusal{Reason::kFormInvalid,
                 "請載明" + what + "，不逾 " + std::to_string(bytes_max) + " 位元組"};
}

// What the case's form says over and above what it is called and where it stands.
IncidentReport read_form(const Json& form, const CentreCode& centre, const Case& one) {
  Json all = form;
  all.update(IncidentSpread{}.describe());
  const IncidentImpact impact{form.at("confidentiality").get<int>(),
                              form.at("integrity").get<int>(), form.at("availability").get<int>()};
  all["format"] = "yizhan-incident-1";
  all["centre"] = centre.text();
  all["incident"] = one.id.text();
  all["level"] = level_of(impact);
  all["state"] = text_of(state_of(one));
  all["time"] = form.at("detected");
  // It was written by this program.
  return IncidentReport::parse(canonical_json(all)).value();
}

}  // namespace

FoundIncidents::FoundIncidents(Parts parts)
    : parts_(std::move(parts)),
      case_kinds_(incident_cases()),
      clocks_(obligation_kinds()),
      decisions_(parts_.journal, kDecisionsValid),
      cases_(parts_.journal, case_kinds_, decisions_) {}

// 五(二)7: 追查惡意程式來源 … 如發生資安事件時，應儘速通知管理層
void FoundIncidents::open(Transaction& tx, const IncidentFinding& finding) const {
  const std::string subject = subject_of(finding);
  if (Cases::find_about(tx, kFoundIncident, subject)) return;
  const Time now = parts_.clock.now();
  // Stopped before anybody had it, it has hurt little; a person judges.
  IncidentImpact impact;
  const bool left = finding.source && finding.source->submission;
  if (left && parts_.trace(tx, *finding.source).spread.holding > 0) impact.integrity = 2;
  const IncidentReport report{parts_.centre,
                              CaseId::generate(now),  // as any: it stands in no form
                              finding.cause,
                              cut_text(finding.found, IncidentReport::kFoundBytesMax),
                              cut_text(finding.detail, IncidentReport::kDetailBytesMax),
                              now,
                              finding.source,
                              impact,
                              "",
                              "",
                              "",
                              "",
                              IncidentState::kOpen,
                              {},
                              std::nullopt,
                              now};
  const std::string owner = party_of(parts_.centre);
  const Case opened =
      cases_
          .open(tx, {kFoundIncident, kIncidentEdition, subject, owner, report.form()}, {owner, now})
          .value();
  tx.after_commit([id = opened.id.text(), found = report.found, wake = parts_.on_news] {
    log(LogLevel::kAct, "incident_opened", {{"incident", id}, {"found", found}});
    wake();
  });
}

std::vector<Case> FoundIncidents::listed(Transaction& tx) const {
  return shown_incidents(tx, case_kinds_.at({kFoundIncident, kIncidentEdition}),
                         parts_.clock.now());
}

IncidentReport FoundIncidents::report_of(Transaction& tx, const Case& one) const {
  IncidentReport report = read_form(one.form, parts_.centre, one);
  if (report.source && report.source->submission) {
    IncidentTrace trace = parts_.trace(tx, *report.source);
    report.spread = std::move(trace.spread);
    report.source_told = trace.told;
  }
  report.time = std::max(report.detected, parts_.clock.now());  // clocks are set back, too
  return report;
}

// Signed once for each thing there is to say, so that no card is asked at every start.
Result<SignedIncidentReport> FoundIncidents::said(const IncidentReport& now) const {
  const std::filesystem::path file = parts_.folder / (now.incident.text() + ".p7m");
  if (const auto kept = find_file(file, SignedIncidentReport::kBytesMax)) {
    Result<SignedIncidentReport> made = open_incident(*kept);
    const bool good = made && made->signer == parts_.key->certificate();
    if (good && now.says_what(made->report)) return made;
  }
  SignedIncidentReport fresh = YZ_TRY(sign_incident(now, *parts_.key));
  make_directory(parts_.folder);
  write_durably(file, fresh.cms);
  return fresh;
}

// Whom it has reached since then is told with the next look.
bool FoundIncidents::is_due(const Case& one) const {
  if (one.state == "closed") return false;
  const std::lock_guard lock(mutex_);
  const auto handed = handed_.find(one.id);
  if (handed == handed_.end() || handed->second.version != one.version) return true;
  return parts_.clock.now() - handed->second.at >= kAskedAgain;
}

Result<int> FoundIncidents::hand_up(const Hand& hand) {
  std::vector<std::pair<std::int64_t, IncidentReport>> due;  // and its version
  parts_.database.read([&](Transaction& tx) {
    for (const Case& one : listed(tx)) {
      if (is_due(one)) due.emplace_back(one.version, report_of(tx, one));
    }
  });
  int taken = 0;
  for (auto& [version, report] : due) {
    auto& holders = report.spread.holders;
    if (holders.size() > IncidentSpread::kListedMax) {
      holders.erase(holders.begin() + IncidentSpread::kListedMax, holders.end());
    }
    const SignedIncidentReport word = YZ_TRY(said(report));
    const Result<Json> answer = hand(word.cms);
    if (!answer && answer.reason() == Reason::kUnavailable) return answer.refusal();
    Handed handed{version, parts_.clock.now(), std::nullopt};
    if (answer) {
      ++taken;
      handed.version = follow({report.incident, version}, *answer);
      handed.answer = *answer;
    }
    const std::lock_guard lock(mutex_);
    handed_.insert_or_assign(report.incident, std::move(handed));
  }
  return taken;
}

// Management has it; or two of its people have closed it. What somebody said meanwhile is handed
// up as it comes.
std::int64_t FoundIncidents::follow(const Told& told, const Json& answer) const {
  return parts_.database.transact([&](Transaction& tx) {
    const auto one = Cases::find(tx, told.incident);
    const bool closed = one->state == "improved" && says_closed(answer);
    if (one->version != told.version || (one->state != "open" && !closed)) return told.version;
    const By by{"management", parts_.clock.now()};
    const CaseMove move{one->id, one->version, closed ? "close" : "report"};
    return cases_.take_step(tx, move, by).value().version;
  });
}

Result<Json> FoundIncidents::take(const CaseId& incident, const std::string& step,
                                  const std::string& person, const Change& change) {
  YZ_TRY(check_said("辦理人員", person, IncidentReport::kPersonBytesMax));
  Result<Json> done = parts_.database.transact([&](Transaction& tx) -> Result<Json> {
    const auto one = Cases::find(tx, incident);
    if (!one || one->kind != kFoundIncident) {
      return Refusal{Reason::kNotFound, "沒有此資安事件：" + incident.text()};
    }
    CaseMove move{one->id, one->version, step == "assess" ? step + "_" + one->state : step,
                  one->form};
    change(*move.form);
    (*move.form)["person"] = person;
    const Case after = YZ_TRY(cases_.take_step(tx, move, {person, parts_.clock.now()}));
    return describe(tx, after);
  });
  if (done) parts_.on_news();
  return done;
}

Result<Json> FoundIncidents::assess(const CaseId& incident, const IncidentImpact& impact,
                                    const std::string& person) {
  return take(incident, "assess", person, [&](Json& form) {
    form["confidentiality"] = impact.confidentiality;
    form["integrity"] = impact.integrity;
    form["availability"] = impact.availability;
    form["assessed_by"] = person;
  });
}

Result<Json> FoundIncidents::control(const CaseId& incident, const Word& word) {
  YZ_TRY(check_said("控制措施", word.text, IncidentReport::kTextBytesMax));
  return take(incident, "control", word.person, [&](Json& form) { form["control"] = word.text; });
}

Result<Json> FoundIncidents::improve(const CaseId& incident, const Word& word) {
  YZ_TRY(check_said("調查、處理及改善情形", word.text, IncidentReport::kTextBytesMax));
  return take(incident, "improve", word.person,
              [&](Json& form) { form["improvement"] = word.text; });
}

// Until when, and what is late by now.
void FoundIncidents::add_clocks(Transaction& tx, const Case& one, const IncidentReport& report,
                                Json& item) const {
  const Time now = parts_.clock.now();
  Json late = Json::array();
  const auto clock = [&](const char* name, const std::string& kind, Time from, bool owed) {
    const Time due = due_time(clocks_.at(kind), from, parts_.calendar);
    item[std::string(name) + "_by"] = due.text();
    if (owed && now >= due) late.push_back(name);
  };
  const bool open = one.state == "open", reported = one.state == "reported";
  clock("report", kReportClock, report.detected, open);
  clock("control", control_clock(level_of(report.impact)), report.detected, open || reported);
  for (const CaseStep& step : Cases::history(tx, one.id)) {
    if (step.step == "control") {
      clock("improvement", kImprovementClock, step.at, one.state == "controlled");
    }
  }
  item["late"] = std::move(late);
}

Json FoundIncidents::describe(Transaction& tx, const Case& one) const {
  const IncidentReport report = report_of(tx, one);
  Json item = report.form();
  item.update(report.spread.describe());
  item["incident"] = one.id.text();
  item["state"] = one.state;
  item["level"] = level_of(report.impact);
  if (report.source_told) item["source_told"] = report.source_told->text();
  add_clocks(tx, one, report, item);
  const std::lock_guard lock(mutex_);
  const auto handed = handed_.find(one.id);
  if (handed == handed_.end()) return item;
  item["handed"] = {{"time", handed->second.at.text()},
                    {"taken", handed->second.answer.has_value()}};
  if (handed->second.answer) item["handed"]["answer"] = *handed->second.answer;
  return item;
}

Json FoundIncidents::describe() const {
  Json items = Json::array();
  parts_.database.read([&](Transaction& tx) {
    for (const Case& one : listed(tx)) items.push_back(describe(tx, one));
  });
  return {{"time", parts_.clock.now().text()}, {"items", std::move(items)}};
}

std::vector<Metric> FoundIncidents::metrics() const {
  Json items = Json::array();
  parts_.database.read([&](Transaction& tx) {
    for (const Case& one : listed(tx)) {
      Json item = {{"state", one.state}};
      add_clocks(tx, one, read_form(one.form, parts_.centre, one), item);
      items.push_back(std::move(item));
    }
  });
  return incident_metrics(case_kinds_.at({kFoundIncident, kIncidentEdition}), items);
}

}  // namespace yizhan
