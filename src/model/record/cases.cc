#include "model/record/cases.h"

#include <algorithm>

#include "ground/control/control.h"
#include "model/record/case_store.h"
#include "model/record/words.h"

namespace yizhan {

namespace {

constexpr std::size_t kFilesMax = 50;  // of one step
constexpr std::string_view kDecisionKind = "case_step";

Json json_of(const std::vector<CaseAttachment>& attachments) {
  Json all = Json::array();
  for (const CaseAttachment& one : attachments) {
    all.push_back({{"sha256", one.sha256.hex()},
                   {"name", one.name},
                   {"media_type", one.media_type},
                   {"bytes", one.bytes}});
  }
  return all;
}

std::string content_sha256(const CaseStep& step) {
  const Json content = {{"form", step.form}, {"attachments", json_of(step.attachments)}};
  return sha256(canonical_json(content)).hex();
}

Result<void> check_files(const std::vector<CaseAttachment>& attachments) {
  if (attachments.size() > kFilesMax) return Refusal{Reason::kTooLarge, "一次至多 50 個附件"};
  for (const CaseAttachment& one : attachments) {
    if (!parse_party(one.name) || !parse_party(one.media_type) || one.bytes < 0) {
      return Refusal{Reason::kBadRequest, "附件應有檔名、類型及大小"};
    }
  }
  return {};
}

}  // namespace

struct Cases::Planned {
  Case before;
  const CaseStepKind* step;
  Json form;  // as it will stand
};

Result<Case> Cases::open(Transaction& tx, const NewCase& wanted, const By& by) const {
  const auto kind = kinds_.find({wanted.kind, wanted.edition});
  if (kind == kinds_.end()) return Refusal{Reason::kNotFound, "查無此種案件"};
  if (!parse_party(wanted.subject) || !parse_party(wanted.owner)) {
    return Refusal{Reason::kBadRequest, "案件應有對象及承辦者"};
  }
  YZ_TRY(check_form(kind->second, wanted.form, FormCheck::kDraft));
  const Case opened{
      CaseId::generate(by.now), wanted.kind, wanted.edition, wanted.subject, wanted.owner,
      kind->second.initial,     1,           wanted.form,    by.now,         by.now};
  CaseStore store(tx);
  store.insert(opened);
  store.insert_step(opened.id, {1, "", opened.state, wanted.form, by.who, by.now, {}, {}});
  journal_.record(tx, Event::kCaseOpened,
                  {{"case", opened.id.text()},
                   {"kind", opened.kind},
                   {"edition", opened.edition},
                   {"by", by.who}},
                  by.now);
  return opened;
}

// Everything about a step but whether two persons decided on it.
Result<Cases::Planned> Cases::plan(Transaction& tx, const CaseMove& move) const {
  const auto before = CaseStore(tx).find(move.id);
  if (!before) return Refusal{Reason::kNotFound, "查無此案件"};
  const auto kind = kinds_.find({before->kind, before->edition});
  if (kind == kinds_.end()) return Refusal{Reason::kNotFound, "查無此種案件之定義"};
  if (!upheld("case_version", move.version == before->version)) {
    return Refusal{Reason::kConflict,
                   "案件已為第 " + std::to_string(before->version) + " 版，請重新查詢後再辦理"};
  }
  const CaseStepKind* const step = kind->second.find_step(move.step);
  if (step == nullptr || std::ranges::find(step->from, before->state) == step->from.end()) {
    return Refusal{Reason::kStepNotAllowed, "案件目前之狀態不得辦理此步驟：" + before->state};
  }
  if (!step->edits && (move.form || !move.attachments.empty())) {
    return Refusal{Reason::kStepNotAllowed, "此步驟不得修改表單或附件"};
  }
  YZ_TRY(check_files(move.attachments));
  const Json form = move.form.value_or(before->form);
  YZ_TRY(check_form(kind->second, form, step->whole ? FormCheck::kWhole : FormCheck::kDraft));
  return Planned{*before, step, form};
}

Result<Proposal> Cases::proposal_for(Transaction& tx, const CaseMove& move) const {
  const Planned planned = YZ_TRY(plan(tx, move));
  if (planned.step->confirming_role.empty()) {
    return Refusal{Reason::kBadRequest, "此步驟無須另一人核定"};
  }
  return Proposal{std::string(kDecisionKind),
                  planned.before.subject,
                  {{"case", planned.before.id.text()},
                   {"version", planned.before.version},
                   {"step", move.step},
                   {"form", planned.form},
                   {"attachments", json_of(move.attachments)}},
                  planned.step->confirming_role};
}

Result<Case> Cases::take_step(Transaction& tx, const CaseMove& move, const By& by) const {
  const Planned planned = YZ_TRY(plan(tx, move));
  std::optional<std::string> decision;
  if (!planned.step->confirming_role.empty()) {
    if (!move.decision) return Refusal{Reason::kStepNotAllowed, "此步驟應先經另一人核定"};
    const Proposal proposal = YZ_TRY(proposal_for(tx, move));
    YZ_TRY(decisions_.use(tx, *move.decision, proposal, by));
    decision = move.decision->text();
  }
  Case after = planned.before;
  after.state = planned.step->to;
  after.version = planned.before.version + 1;
  after.form = planned.form;
  after.changed = by.now;
  const CaseStep step{after.version, move.step, after.state, after.form,
                      by.who,        by.now,    decision,    move.attachments};
  CaseStore store(tx);
  if (!store.save_step(after)) return Reason::kConflict;
  store.insert_step(after.id, step);
  for (const CaseAttachment& one : move.attachments) {
    if (!store.insert_attachment(after, one)) {
      return Refusal{Reason::kConflict, "附件已在案件中：" + one.name};
    }
  }
  journal_.record(tx, Event::kCaseStepTaken,
                  {{"case", after.id.text()},
                   {"step", move.step},
                   {"state", after.state},
                   {"version", after.version},
                   {"content_sha256", content_sha256(step)},
                   {"by", by.who}},
                  by.now);
  return after;
}

std::optional<Case> Cases::find(Transaction& tx, const CaseId& id) {
  return CaseStore(tx).find(id);
}

std::optional<Case> Cases::find_about(Transaction& tx, const std::string& kind,
                                      const std::string& subject) {
  return CaseStore(tx).find_about(kind, subject);
}

std::vector<CaseStep> Cases::history(Transaction& tx, const CaseId& id) {
  return CaseStore(tx).history(id);
}

std::vector<Case> Cases::list(Transaction& tx, const Page& page) {
  return CaseStore(tx).list(page);
}

}  // namespace yizhan
