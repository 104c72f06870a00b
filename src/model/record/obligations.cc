#include "model/record/obligations.h"

#include <algorithm>

#include "model/record/obligation_store.h"

namespace yizhan {

namespace {

using Notices = std::vector<ObligationNotice>;
using Kind = ObligationNotice::Kind;

Time end_of(Day day) { return begin_of(day + std::chrono::days{1}); }

// The last day on which there is still time.
Day due_day_of(const Obligation& obligation) {
  return day_of(obligation.due - Milliseconds{1});
}

// How far up the line somebody was told; 0: nobody, or somebody who is not in it any more.
std::size_t told_until(const Obligation& obligation, const std::vector<std::string>& line) {
  const auto found = std::ranges::find(line, obligation.escalated_to.value_or(""));
  return found == line.end() ? 0 : static_cast<std::size_t>(found - line.begin());
}

Time escalation_time(const Obligation& obligation, const ObligationKind& kind, std::size_t place) {
  const std::int64_t each = std::max<std::int64_t>(kind.escalate_after, 1);
  const std::int64_t later = each * static_cast<std::int64_t>(place - 1);
  return end_of(due_day_of(obligation) + std::chrono::days{kind.escalate_after + later});
}

// The subject of the fact or case; nullopt: there is none of that id.
std::optional<std::string> subject_of(Transaction& tx, const ObligationProof& proof) {
  if (proof.kind == ObligationProof::Kind::kFact) {
    const auto id = FactId::parse(proof.id);
    const auto fact = id ? Facts::find(tx, *id) : std::nullopt;
    return fact ? std::optional(fact->fact.subject) : std::nullopt;
  }
  const auto id = CaseId::parse(proof.id);
  const auto one = id ? Cases::find(tx, *id) : std::nullopt;
  return one ? std::optional(one->subject) : std::nullopt;
}

}  // namespace

const ObligationKind& Obligations::kind_named(const std::string& name) const {
  const auto found = kinds_.find(name);
  YZ_ASSERT(found != kinds_.end());
  return found->second;
}

Obligation Obligations::open_period(Transaction& tx, const std::string& kind, const Owed& owed,
                                    Time now) const {
  const ObligationKind& what = kind_named(kind);
  YZ_ASSERT(what.every.has_value());
  const Day today = day_of(now);
  return open(tx, {ObligationId::generate(now), kind, owed.subject,
                   period_of(*what.every, today).text, owed.owner, what.layer, Cause::kCalendar, "",
                   now, due_time(what, now, calendar_), ObligationState::kOpen,
                   std::nullopt, std::nullopt, std::nullopt});
}

Obligation Obligations::open_on(Transaction& tx, const Occasion& occasion, const Owed& owed,
                                Time now) const {
  const ObligationKind& what = kind_named(occasion.kind);
  YZ_ASSERT(!what.every.has_value());
  return open(tx, {ObligationId::generate(now), occasion.kind, owed.subject, occasion.event_id,
                   owed.owner, what.layer, Cause::kEvent, occasion.event_id, now,
                   due_time(what, occasion.at, calendar_), ObligationState::kOpen,
                   std::nullopt, std::nullopt, std::nullopt});
}

Obligation Obligations::open(Transaction& tx, const Obligation& wanted) const {
  ObligationStore store(tx);
  if (!store.insert(wanted)) {
    return store.find(Name{wanted.kind, wanted.subject, wanted.period}).value();
  }
  journal_.record(tx, Event::kObligationOpened,
                  {{"obligation", wanted.id.text()},
                   {"kind", wanted.kind},
                   {"subject", wanted.subject},
                   {"period", wanted.period},
                   {"owner", wanted.owner},
                   {"due", wanted.due.text()}},
                  wanted.opened);
  return wanted;
}

Result<void> Obligations::finish(Transaction& tx, const ObligationId& id,
                                 const ObligationProof& proof, const By& by) const {
  ObligationStore store(tx);
  const auto obligation = store.find(id);
  if (!obligation) return Refusal{Reason::kNotFound, "查無此應辦事項"};
  if (obligation->proof == proof) return {};
  if (obligation->proof) return Refusal{Reason::kConflict, "應辦事項已以其他佐證完成"};
  const auto subject = subject_of(tx, proof);
  if (!subject) return Refusal{Reason::kNotFound, "查無所指之佐證"};
  if (*subject != obligation->subject) {
    return Refusal{Reason::kBadRequest, "佐證之對象為 " + *subject + "，並非本應辦事項之對象"};
  }
  store.save_done(id, proof, by.now);
  journal_.record(tx, Event::kObligationDone,
                  {{"obligation", id.text()},
                   {"owner", obligation->owner},
                   {"proof", proof.id},
                   {"by", by.who}},
                  by.now);
  return {};
}

Notices Obligations::tend(Transaction& tx, const Supervision& supervision, Time now) const {
  Notices notices;
  remind(tx, now, notices);
  make_late(tx, now, notices);
  escalate(tx, supervision, now, notices);
  return notices;
}

// Of several reminders that have become due at once only the nearest is told.
void Obligations::remind(Transaction& tx, Time now, Notices& notices) const {
  std::int64_t most = 0;
  for (const auto& [name, kind] : kinds_) {
    for (const std::int64_t days : kind.remind) most = std::max(most, days);
  }
  ObligationStore store(tx);
  const Day today = day_of(now);
  for (Remindable& one : store.open_until(end_of(today + std::chrono::days{most}))) {
    const auto kind = kinds_.find(one.obligation.kind);
    if (kind == kinds_.end() || one.obligation.due <= now) continue;
    const std::int64_t left = (due_day_of(one.obligation) - today).count();
    std::optional<std::int64_t> nearest;
    for (const std::int64_t days : kind->second.remind) {
      if (days >= left && (!nearest || days < *nearest)) nearest = days;
    }
    if (!nearest || (one.told && *one.told <= *nearest)) continue;
    store.insert_reminder(one.obligation.id, *nearest, now);
    journal_.record(tx, Event::kObligationReminded,
                    {{"obligation", one.obligation.id.text()},
                     {"owner", one.obligation.owner},
                     {"days_before", *nearest}},
                    now);
    const std::string owner = one.obligation.owner;
    notices.push_back({Kind::kReminder, owner, std::move(one.obligation), *nearest});
  }
}

void Obligations::make_late(Transaction& tx, Time now, Notices& notices) const {
  ObligationStore store(tx);
  for (Obligation& obligation : store.open_past(now)) {
    store.save_late(obligation.id);
    obligation.state = ObligationState::kLate;
    journal_.record(tx, Event::kObligationLate,
                    {{"obligation", obligation.id.text()}, {"owner", obligation.owner}}, now);
    const std::string owner = obligation.owner;
    notices.push_back({Kind::kLate, owner, std::move(obligation)});
  }
}

// 五(五): 對本規範要求事項應盡管理及督導之責. Up the line: the next above has as many days as the
// first had, at least one; then whoever is above them is told too.
void Obligations::escalate(Transaction& tx, const Supervision& supervision, Time now,
                           Notices& notices) const {
  ObligationStore store(tx);
  for (const Obligation& obligation : store.late(now)) {
    const auto kind = kinds_.find(obligation.kind);
    if (kind == kinds_.end()) continue;
    const std::vector<std::string> line = supervision.line_of(obligation.owner);
    for (std::size_t next = told_until(obligation, line) + 1; next < line.size(); ++next) {
      if (now < escalation_time(obligation, kind->second, next)) break;
      Obligation told = obligation;
      told.escalated_to = line[next];
      store.save_escalated(obligation.id, line[next]);
      journal_.record(tx, Event::kObligationEscalated,
                      {{"obligation", obligation.id.text()},
                       {"owner", obligation.owner},
                       {"supervisor", line[next]}},
                      now);
      notices.push_back({Kind::kEscalation, line[next], std::move(told)});
    }
  }
}

std::optional<Obligation> Obligations::find(Transaction& tx, const Name& name) {
  return ObligationStore(tx).find(name);
}

std::optional<Obligation> Obligations::find(Transaction& tx, const ObligationId& id) {
  return ObligationStore(tx).find(id);
}

std::vector<Obligation> Obligations::late(Transaction& tx, Time now) {
  return ObligationStore(tx).late(now);
}

std::vector<Obligation> Obligations::list(Transaction& tx, const Page& page) {
  return ObligationStore(tx).list(page);
}

}  // namespace yizhan
