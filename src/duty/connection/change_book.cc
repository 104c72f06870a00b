#include "duty/connection/change_book.h"

#include <algorithm>
#include <array>

#include "ground/control/control.h"

namespace yizhan {

namespace {

constexpr Milliseconds kAheadMax = std::chrono::minutes{5};
constexpr Milliseconds kDecisionValid = std::chrono::hours{24 * 7};
constexpr int kListedMax = 10'000;

const std::string kRequestFact = "change_request";
const std::string kReviewFact = "change_review";
// Whoever looks when the directory comes.
const std::string kItself = "yizhan-management";

std::string subject_of(const Sha256& fingerprint) { return "change/" + fingerprint.hex(); }

// 申請機關、所屬交換中心, as the form has them.
Result<void> check_scope(const Json& form, const std::string& scope) {
  const bool covered = scope.empty() || form.at("agency") == scope || form.at("centre") == scope;
  if (upheld("change_scope", covered)) return {};
  return Refusal{Reason::kRoleMissing, "此機關不在您管理之範圍內"};
}

Result<void> check_time(Time said, Time now) {
  if (said <= now + kAheadMax) return {};
  return Refusal{Reason::kClockSkew, "簽署時間 " + said.text()};
}

std::optional<Bytes> signed_bytes(Transaction& tx, const std::string& kind,
                                  const std::string& subject, Time now) {
  const auto fact = Facts::at(tx, {kind, subject}, now);
  if (!fact) return std::nullopt;
  return from_base64(fact->fact.value.at("cms").get<std::string>());
}

std::string subject_of(const Case& one) {
  return "change/" + one.form.at("request_sha256").get<std::string>();
}

ChangeRequest request_of(Transaction& tx, const Case& one, Time now) {
  const auto cms = signed_bytes(tx, kRequestFact, subject_of(one), now);
  YZ_ASSERT(cms);  // kept in the transaction that opened the case
  return open_change(*cms).value().request;
}

// None where it is nobody's of the scope: that there is one is not theirs to know.
Result<Case> find_within(Transaction& tx, const CaseId& id, const std::string& scope) {
  const auto one = Cases::find(tx, id);
  const bool known = one && one->kind == kConnectionChange && check_scope(one->form, scope);
  if (!known) return Refusal{Reason::kNotFound, "查無此連線異動申請"};
  return *one;
}

bool is_about(const JointDecision& decision, const CaseId& id) {
  const Json& content = decision.proposal.content;
  return decision.proposal.kind == "case_step" && content.value("case", "") == id.text();
}

Cases::Page all_of(const std::string& state, Time now) {
  return {.kind = kConnectionChange,
          .state = state,
          .owner = "",
          .changed_from = Time(),
          .changed_to = now + kAheadMax,
          .count_max = kListedMax};
}

// One at a time: of two that wait for the directory, the earlier would undo the later one day.
Result<void> check_alone(Transaction& tx, const Case& one, Time now) {
  for (const Case& other : Cases::list(tx, all_of(std::string(kApproved), now))) {
    if (other.subject != one.subject) continue;
    return Refusal{Reason::kConflict, "此機關另有已核定而未生效之異動：" + other.id.text()};
  }
  return {};
}

Json json_of(const CaseStep& step) {
  Json json = {{"version", step.version},
               {"step", step.step},
               {"state", step.state},
               {"person", step.person},
               {"time", step.at.text()}};
  if (step.decision) json["decision"] = *step.decision;
  return json;
}

}  // namespace

ChangeBook::ChangeBook(Parts parts)
    : parts_(parts),
      facts_(parts.journal),
      decisions_(parts.journal, kDecisionValid),
      cases_(parts.journal, change_form().cases, decisions_) {}

void ChangeBook::keep(Transaction& tx, Fact fact, const By& by) const {
  fact.sequence = Facts::next_sequence(tx, fact.reporter);
  fact.so = by.now;
  const Result<FactId> kept = facts_.report(tx, fact, {fact.reporter, by.now});
  YZ_ASSERT(kept.ok());  // its number is fresh, and its size was looked at when it was opened
}

// The case of exactly these bytes.
Result<Case> ChangeBook::case_for(Transaction& tx, const SignedChangeRequest& change,
                                  const Json& form, const By& by) const {
  const std::string subject = subject_of(change.fingerprint());
  if (const auto before = Facts::at(tx, {kRequestFact, subject}, by.now)) {
    const auto id = CaseId::parse(before->fact.value.at("case").get<std::string>());
    return *Cases::find(tx, id.value());
  }
  const std::string agency = party_of(change.request.agency);
  const Case opened = YZ_TRY(cases_.open(
      tx,
      {kConnectionChange, change_form().edition, agency,
       std::string(kCentreParty) + form.at("centre").get<std::string>(), form},
      by));
  const Json value = {{"case", opened.id.text()}, {"cms", to_base64(change.cms)}};
  keep(tx, {kRequestFact, subject, value, agency + "/changes", 0, by.now}, by);
  return opened;
}

Result<Json> ChangeBook::file(ByteView cms, const Actor& actor) {
  const SignedChangeRequest change = YZ_TRY(open_change(cms));
  const auto directory = parts_.directory.current();
  const By by{actor.who, parts_.clock.now()};
  const Json form = YZ_TRY(filled_form(change, *directory));
  YZ_TRY(check_scope(form, actor.scope));
  YZ_TRY(check_time(change.request.time, by.now));
  YZ_TRY(check_requester(change, *directory));
  YZ_TRY(check_change(change.request, *directory));
  return parts_.database.transact([&](Transaction& tx) -> Result<Json> {
    const Case one = YZ_TRY(case_for(tx, change, form, by));
    return line_of(tx, one);
  });
}

Result<Json> ChangeBook::review(ByteView cms, const Actor& actor) {
  const SignedChangeReview given = YZ_TRY(open_review(cms));
  const SignedChangeRequest& change = given.review.change;
  const auto directory = parts_.directory.current();
  const By by{actor.who, parts_.clock.now()};
  Json form = YZ_TRY(filled_form(change, *directory));
  YZ_TRY(check_scope(form, actor.scope));
  YZ_TRY(check_time(given.review.time, by.now));
  YZ_TRY(check_time(change.request.time, by.now));
  YZ_TRY(check_requester(change, *directory));
  YZ_TRY(check_reviewer(given, *directory));
  const bool agreed = given.review.kind == ChangeReview::Kind::kAgreed;
  // What can not be is sent back, not agreed to.
  if (agreed) YZ_TRY(check_change(change.request, *directory));
  return parts_.database.transact([&](Transaction& tx) -> Result<Json> {
    const Case one = YZ_TRY(case_for(tx, change, form, by));
    const std::string subject = subject_of(change.fingerprint());
    if (signed_bytes(tx, kReviewFact, subject, by.now) == given.cms) return line_of(tx, one);
    Json reviewed = one.form;
    add_review(reviewed, given);
    CaseMove move{one.id, one.version, agreed ? "review" : "send_back"};
    move.form = std::move(reviewed);
    Json line = YZ_TRY(taken(tx, move, by));
    keep(tx,
         {kReviewFact, subject, {{"cms", to_base64(given.cms)}},
          party_of(given.review.centre) + "/changes", 0, by.now},
         by);
    return line;
  });
}

Result<Json> ChangeBook::taken(Transaction& tx, const CaseMove& move, const By& by) const {
  const Case after = YZ_TRY(cases_.take_step(tx, move, by));
  return line_of(tx, after);
}

Result<Json> ChangeBook::propose(const CaseId& id, std::int64_t version, const Actor& actor) {
  const auto directory = parts_.directory.current();
  const By by{actor.who, parts_.clock.now()};
  return parts_.database.transact([&](Transaction& tx) -> Result<Json> {
    const Case one = YZ_TRY(find_within(tx, id, actor.scope));
    const Proposal proposal =
        YZ_TRY(cases_.proposal_for(tx, {.id = id, .version = version, .step = "approve"}));
    YZ_TRY(check_change(request_of(tx, one, by.now), *directory));
    YZ_TRY(check_alone(tx, one, by.now));
    for (const JointDecision& waiting : Decisions::waiting(tx, by.now)) {
      if (waiting.digest != proposal.digest()) continue;
      return Refusal{Reason::kConflict, "已由 " + waiting.proposed_by + " 提議，待另一人核定"};
    }
    YZ_TRY(decisions_.propose(tx, proposal, by));
    return line_of(tx, one);
  });
}

// 經兩人核定: the effect in the transaction of the second's word.
Result<Json> ChangeBook::confirm(const CaseId& id, const Seen& seen, const Actor& actor) {
  const auto directory = parts_.directory.current();
  const By by{actor.who, parts_.clock.now()};
  return parts_.database.transact([&](Transaction& tx) -> Result<Json> {
    const Case one = YZ_TRY(find_within(tx, id, actor.scope));
    const auto decision = Decisions::find(tx, seen.decision);
    if (!decision || !is_about(*decision, id)) {
      return Refusal{Reason::kNotFound, "查無此提議"};
    }
    YZ_TRY(check_change(request_of(tx, one, by.now), *directory));
    YZ_TRY(check_alone(tx, one, by.now));
    YZ_TRY(decisions_.confirm(tx, {seen.decision, seen.digest, actor.roles}, by));
    CaseMove move{.id = id, .version = one.version, .step = "approve"};
    move.decision = seen.decision;
    return taken(tx, move, by);
  });
}

Result<Json> ChangeBook::turn_down(const CaseId& id, const Refusing& refusing, const Actor& actor) {
  const bool known = refusing.step == "return" || refusing.step == "refuse";
  if (!known || refusing.reason.empty()) {
    return Refusal{Reason::kBadRequest, "step 僅得為 return（退回補正）或 refuse（不予核准），並敘明理由"};
  }
  const By by{actor.who, parts_.clock.now()};
  return parts_.database.transact([&](Transaction& tx) -> Result<Json> {
    const Case one = YZ_TRY(find_within(tx, id, actor.scope));
    CaseMove move{.id = id, .version = refusing.version, .step = refusing.step};
    Json form = one.form;
    form["bureau_note"] = refusing.reason;
    move.form = std::move(form);
    return taken(tx, move, by);
  });
}

void ChangeBook::tend() {
  const By by{kItself, parts_.clock.now()};
  parts_.database.transact([&](Transaction& tx) {
    decisions_.lapse(tx, by);
    for (const std::string_view state : {kApproved, kClosing}) {
      for (const Case& one : Cases::list(tx, all_of(std::string(state), by.now))) {
        advance(tx, one, by);
      }
    }
  });
}

// 生效: told by the directory that officers have signed, by nothing else.
void ChangeBook::advance(Transaction& tx, const Case& one, const By& by) const {
  const ChangeRequest request = request_of(tx, one, by.now);
  const auto directory = parts_.directory.as_signed();
  const bool closes = request.ends_code();
  const bool over = !closes || by.now >= closing_time(request);
  if (one.state == kClosing && !over) return;
  // Until it is closed, a code that ends is where its beginning has brought it.
  const Time at = one.state == kClosing || !closes ? by.now : effective_time(request);
  if (by.now < effective_time(request) || !is_in_effect(request, *directory, at)) return;
  const bool begins = closes && one.state == kApproved;
  const Result<Case> done = cases_.take_step(
      tx, {one.id, one.version, begins ? "begin_closing" : "take_effect"}, by);
  YZ_ASSERT(done.ok());  // from this state, at this version, in this transaction
}

Json ChangeBook::line_of(Transaction& tx, const Case& one) const {
  Json line = {{"case", one.id.text()},       {"state", one.state},
               {"version", one.version},      {"form", one.form},
               {"opened", one.opened.text()}, {"changed", one.changed.text()}};
  if (one.state != kReviewed) return line;
  Json waiting = Json::array();
  for (const JointDecision& decision : Decisions::waiting(tx, parts_.clock.now())) {
    if (!is_about(decision, one.id)) continue;
    if (decision.proposal.content.value("version", std::int64_t{0}) != one.version) continue;
    waiting.push_back({{"decision", decision.id.text()},
                       {"digest", decision.digest.hex()},
                       {"proposed_by", decision.proposed_by},
                       {"lapses", decision.lapses.text()}});
  }
  line["waiting"] = std::move(waiting);
  return line;
}

Json ChangeBook::describe(const std::string& scope, const std::string& state) const {
  const Time now = parts_.clock.now();
  Json items = parts_.database.read([&](Transaction& tx) {
    Json found = Json::array();
    std::vector<Case> all = Cases::list(tx, all_of(state, now));
    std::ranges::reverse(all);
    for (const Case& one : all) {
      if (check_scope(one.form, scope)) found.push_back(line_of(tx, one));
    }
    return found;
  });
  return {{"time", now.text()}, {"items", std::move(items)}};
}

Result<Json> ChangeBook::describe(const CaseId& id, const std::string& scope) const {
  const Time now = parts_.clock.now();
  return parts_.database.read([&](Transaction& tx) -> Result<Json> {
    const Case one = YZ_TRY(find_within(tx, id, scope));
    Json all = line_of(tx, one);
    Json steps = Json::array();
    for (const CaseStep& step : Cases::history(tx, id)) steps.push_back(json_of(step));
    all["steps"] = std::move(steps);
    const auto request = signed_bytes(tx, kRequestFact, subject_of(one), now);
    const auto review = signed_bytes(tx, kReviewFact, subject_of(one), now);
    if (request) all["request"] = to_base64(*request);
    if (review) all["review"] = to_base64(*review);
    return all;
  });
}

std::vector<Metric> ChangeBook::metrics() const {
  Metric waiting{"yizhan_connection_changes", "connection changes on their way, by state", {}};
  const Time now = parts_.clock.now();
  for (const std::string_view state : {kFiled, kReviewed, kApproved, kClosing}) {
    const auto count = parts_.database.read(
        [&](Transaction& tx) { return Cases::list(tx, all_of(std::string(state), now)).size(); });
    waiting.samples.push_back({{{"state", std::string(state)}}, static_cast<double>(count)});
  }
  return {std::move(waiting)};
}

}  // namespace yizhan
