#include "duty/incident/incident_book.h"

#include "ground/control/control.h"
#include "ground/daemon/daemon.h"

namespace yizhan {

namespace {

const std::string kWord = "incident_word";
const std::string kReview = "incident_review";
const std::string kManagement = "management";

constexpr Milliseconds kAheadMax = std::chrono::minutes{5};  // as Facts take them

Fact fact_of(const SignedIncidentReport& word) {
  const IncidentReport& report = word.report;
  // Each incident has its own count, by milliseconds.
  const std::string subject = incident_subject(report.centre, report.incident);
  return {
      kWord,   subject,          {{"cms", to_base64(word.cms)}, {"state", text_of(report.state)}},
      subject, report.time.ms(), report.time};
}

Json describe_closing(const JointDecision& decision) {
  return {{"digest", decision.digest.hex()},
          {"proposed_by", decision.proposed_by},
          {"lapses", decision.lapses.text()}};
}

// The level that counts: management's where it has judged what is said now.
int level_in(const std::optional<Json>& review, const IncidentReport& last) {
  return review ? review->at("level").get<int>() : level_of(last.impact);
}

// How the case came to where the centre says that it is; "": it is there.
std::string step_to(IncidentState said, const std::string& state) {
  if (said == IncidentState::kControlled && state == "reported") return "control";
  const bool behind = state == "reported" || state == "controlled";
  return said == IncidentState::kImproved && behind ? "improve" : "";
}

Refusal no_incident(const IncidentBook::Name& name) {
  return {Reason::kNotFound, "沒有此資安事件：" + name.centre.text() + " " + name.incident.text()};
}

}  // namespace

IncidentBook::IncidentBook(Parts parts)
    : parts_(parts),
      case_kinds_(incident_cases()),
      facts_(parts.journal),
      cases_(parts.journal, case_kinds_, parts.decisions) {}

std::optional<IncidentReport> IncidentBook::last_word(Transaction& tx,
                                                      const std::string& subject) const {
  const auto fact = Facts::at(tx, {kWord, subject}, parts_.clock.now() + kAheadMax);
  if (!fact) return std::nullopt;
  const auto cms = from_base64(fact->fact.value.at("cms").get<std::string>());
  return open_incident(cms.value()).value().report;
}

std::optional<Json> IncidentBook::review_of(Transaction& tx, const IncidentReport& last) const {
  const std::string subject = incident_subject(last.centre, last.incident);
  const auto fact = Facts::at(tx, {kReview, subject}, parts_.clock.now());
  if (!fact || fact->fact.value.at("reported_level") != level_of(last.impact)) return std::nullopt;
  Json review = fact->fact.value;
  review["by"] = fact->fact.reporter;
  review["time"] = fact->fact.so.text();
  return review;
}

Case IncidentBook::open_or_find(Transaction& tx, const IncidentReport& report) const {
  const std::string subject = incident_subject(report.centre, report.incident);
  if (auto one = Cases::find_about(tx, kManagedIncident, subject)) return std::move(*one);
  const std::string owner = party_of(report.centre);
  const Json form = {{"cause", text_of(report.cause)}, {"found", report.found}};
  tx.after_commit([centre = report.centre.text(), incident = report.incident.text(),
                   found = report.found, level = level_of(report.impact)] {
    log(LogLevel::kAct, "incident_reported",
        {{"centre", centre},
         {"incident", incident},
         {"found", found},
         {"level", std::to_string(level)}});
  });
  return cases_
      .open(tx, {kManagedIncident, kIncidentEdition, subject, owner, form},
            {owner, parts_.clock.now()})
      .value();
}

// A clock that has begun does not end because the level is found to be lower.
void IncidentBook::start_clocks(Transaction& tx, const IncidentReport& report) const {
  const std::string id = report.incident.text(), owner = party_of(report.centre);
  const std::string subject = incident_subject(report.centre, report.incident);
  const Time now = parts_.clock.now();
  const auto start = [&](const std::string& kind, Time at, const std::string& who) {
    parts_.obligations.open_on(tx, {kind, id, at}, {subject, who}, now);
  };
  const auto review = review_of(tx, report);
  const int level = level_in(review, report);
  start(kReportClock, report.detected, owner);
  if (!review) start(review_clock(level), now, kManagement);
  start(control_clock(level), report.detected, owner);
  if (report.state != IncidentState::kOpen) start(kImprovementClock, report.time, owner);
}

void IncidentBook::finish(Transaction& tx, const Obligations::Name& name,
                          const FactId& proof) const {
  const auto owed = Obligations::find(tx, name);
  if (!owed || owed->state == ObligationState::kDone) return;
  parts_.obligations
      .finish(tx, owed->id, ObligationProof::of(proof), {owed->owner, parts_.clock.now()})
      .value();
}

// What the centre's word ends, and where the case is by now.
Case IncidentBook::follow(Transaction& tx, const IncidentReport& last, const FactId& word) const {
  const std::string subject = incident_subject(last.centre, last.incident);
  const std::string id = last.incident.text();
  finish(tx, {kReportClock, subject, id}, word);
  if (last.state != IncidentState::kOpen) {
    finish(tx, {control_clock(1), subject, id}, word);
    finish(tx, {control_clock(4), subject, id}, word);
  }
  if (last.state == IncidentState::kImproved) finish(tx, {kImprovementClock, subject, id}, word);
  Case one = open_or_find(tx, last);
  Json form = one.form;
  form["word"] = word.text();
  if (one.state == "closed" || form == one.form) return one;
  const std::string step = step_to(last.state, one.state);
  // Whoever was about to close it has seen another word.
  const CaseMove move{one.id, one.version, step.empty() ? "word_" + one.state : step, form};
  return cases_.take_step(tx, move, {party_of(last.centre), parts_.clock.now()}).value();
}

Result<Json> IncidentBook::take(ByteView cms, const CentreCode& from) {
  const SignedIncidentReport given = YZ_TRY(open_incident(cms));
  const IncidentReport& report = given.report;
  if (!upheld("incident_own", report.centre == from)) {
    return Refusal{Reason::kForbidden,
                   report.centre.text() + " 之資安事件不由 " + from.text() + " 通報"};
  }
  YZ_TRY(check_incident_signer(given, *parts_.directory.current()));
  const Fact fact = fact_of(given);
  const Time now = parts_.clock.now();
  return parts_.database.transact([&](Transaction& tx) -> Result<Json> {
    const FactId id = YZ_TRY(facts_.report(tx, fact, {fact.reporter, now}));
    const IncidentReport last = last_word(tx, fact.subject).value();
    start_clocks(tx, last);
    const bool newest = last.time == report.time;
    const Case one = newest ? follow(tx, last, id) : open_or_find(tx, last);
    Json answer = {{"taken", true}, {"state", one.state}};
    if (const auto review = review_of(tx, last)) answer["review"] = *review;
    return answer;
  });
}

Result<IncidentBook::Found> IncidentBook::require(Transaction& tx, const Name& name) const {
  const std::string subject = incident_subject(name.centre, name.incident);
  auto one = Cases::find_about(tx, kManagedIncident, subject);
  if (!one) return no_incident(name);
  return Found{std::move(*one), last_word(tx, subject).value()};
}

Result<Json> IncidentBook::review(const Name& name, const Review& review, const By& by) {
  if (review.note.empty() || review.note.size() > IncidentReport::kTextBytesMax) {
    return Refusal{Reason::kBadRequest, "請載明審核理由（note，不逾 2,000 位元組）"};
  }
  return parts_.database.transact([&](Transaction& tx) -> Result<Json> {
    Found found = YZ_TRY(require(tx, name));
    if (found.managed.state == "closed") {
      return Refusal{Reason::kStepNotAllowed, "資安事件已結案"};
    }
    const std::string subject = found.managed.subject;
    const Fact fact{kReview,
                    subject,
                    {{"level", level_of(review.impact)},
                     {"reported_level", level_of(found.last.impact)},
                     {"confidentiality", review.impact.confidentiality},
                     {"integrity", review.impact.integrity},
                     {"availability", review.impact.availability},
                     {"note", review.note}},
                    by.who,
                    Facts::next_sequence(tx, by.who),
                    by.now};
    const FactId id = YZ_TRY(facts_.report(tx, fact, by));
    start_clocks(tx, found.last);
    const std::string period = name.incident.text();
    finish(tx, {review_clock(1), subject, period}, id);
    finish(tx, {review_clock(4), subject, period}, id);
    Json form = found.managed.form;
    form["review"] = id.text();
    const CaseMove move{found.managed.id, found.managed.version, "review_" + found.managed.state,
                        form};
    found.managed = YZ_TRY(cases_.take_step(tx, move, by));
    return describe(tx, found);
  });
}

std::optional<JointDecision> IncidentBook::closing_of(Transaction& tx, const Case& one) const {
  const auto proposal = cases_.proposal_for(tx, {one.id, one.version, "close"});
  if (!proposal) return std::nullopt;
  const Sha256 digest = proposal->digest();
  for (JointDecision& waiting : Decisions::waiting(tx, parts_.clock.now())) {
    if (waiting.digest == digest) return std::move(waiting);
  }
  return std::nullopt;
}

Result<Json> IncidentBook::propose_closing(const Name& name, const By& by) {
  return parts_.database.transact([&](Transaction& tx) -> Result<Json> {
    const Found found = YZ_TRY(require(tx, name));
    const Case& one = found.managed;
    const Proposal proposal = YZ_TRY(cases_.proposal_for(tx, {one.id, one.version, "close"}));
    if (found.last.state != IncidentState::kImproved || !review_of(tx, found.last)) {
      return Refusal{Reason::kStepNotAllowed, "尚未改善，或等級尚未審核，不得結案"};
    }
    if (closing_of(tx, one)) return describe(tx, found);  // it waits already
    YZ_TRY(parts_.decisions.propose(tx, proposal, by));
    return describe(tx, found);
  });
}

Result<Json> IncidentBook::confirm_closing(const Name& name, const Confirmation& seen,
                                           const By& by) {
  return parts_.database.transact([&](Transaction& tx) -> Result<Json> {
    Found found = YZ_TRY(require(tx, name));
    const Case& one = found.managed;
    const auto waiting = closing_of(tx, one);
    if (!waiting) return Refusal{Reason::kStepNotAllowed, "尚未有人提議結案，或提議已失效"};
    YZ_TRY(parts_.decisions.confirm(tx, {waiting->id, seen.digest, seen.roles}, by));
    CaseMove move{one.id, one.version, "close"};
    move.decision = waiting->id;
    found.managed = YZ_TRY(cases_.take_step(tx, move, by));
    return describe(tx, found);
  });
}

Json IncidentBook::clocks_of(Transaction& tx, const IncidentReport& last) const {
  const std::string subject = incident_subject(last.centre, last.incident);
  const Time now = parts_.clock.now();
  Json clocks = Json::array();
  for (const std::string& kind : {kReportClock, review_clock(1), review_clock(4), control_clock(1),
                                  control_clock(4), kImprovementClock}) {
    const auto owed = Obligations::find(tx, {kind, subject, last.incident.text()});
    if (!owed) continue;
    const bool done = owed->state == ObligationState::kDone;
    Json clock = {{"kind", kind},
                  {"owner", owed->owner},
                  {"due", owed->due.text()},
                  {"late", owed->done.value_or(now) >= owed->due},
                  {"done", done}};
    clocks.push_back(std::move(clock));
  }
  return clocks;
}

Json IncidentBook::describe(Transaction& tx, const Found& found) const {
  const IncidentReport& last = found.last;
  const auto review = review_of(tx, last);
  const int level = level_in(review, last);
  Json item = last.form();
  item.update(last.spread.describe());
  item["centre"] = last.centre.text();
  item["incident"] = last.incident.text();
  item["state"] = found.managed.state;
  item["reported_level"] = level_of(last.impact);
  item["level"] = level;
  item["said"] = last.time.text();
  if (last.source_told) item["source_told"] = last.source_told->text();
  if (review) item["review"] = *review;
  if (is_grave(level)) item["ground"] = "十三(一)";  // for who proposes a suspension
  item["clocks"] = clocks_of(tx, last);
  item["late"] = Json::array();  // and is not done
  for (const Json& clock : item["clocks"]) {
    const bool late = clock.at("late").get<bool>() && !clock.at("done").get<bool>();
    if (late) item["late"].push_back(clock.at("kind"));
  }
  if (const auto closing = closing_of(tx, found.managed)) {
    item["closing"] = describe_closing(*closing);
  }
  return item;
}

Json IncidentBook::describe(const Covers& covers) const {
  const CaseKind& kind = case_kinds_.at({kManagedIncident, kIncidentEdition});
  Json items = Json::array();
  parts_.database.read([&](Transaction& tx) {
    for (const Case& one : shown_incidents(tx, kind, parts_.clock.now())) {
      const auto last = last_word(tx, one.subject);
      if (last && covers(last->centre)) items.push_back(describe(tx, {one, *last}));
    }
  });
  return {{"time", parts_.clock.now().text()}, {"items", std::move(items)}};
}

std::vector<Metric> IncidentBook::metrics() const {
  return incident_metrics(case_kinds_.at({kManagedIncident, kIncidentEdition}),
                          describe([](const CentreCode&) { return true; }).at("items"));
}

}  // namespace yizhan
