#include "duty/notice/notice_book.h"

#include "ground/control/control.h"

namespace yizhan {

namespace {

const std::string kAnswered = "update_answer";

// What a centre owes and says of one notice.
std::string subject_of(const CentreCode& centre, std::int64_t number) {
  return party_of(centre) + "/notice/" + std::to_string(number);
}

Fact fact_of(const SignedNoticeAnswer& signed_answer) {
  const NoticeAnswer& answer = signed_answer.answer;
  Json value = signed_answer.describe();
  value["notice_sha256"] = answer.notice_sha256.hex();
  // Its own count, beside that of the reports: each is numbered by its milliseconds.
  return {kAnswered,          subject_of(answer.centre, answer.notice),
          std::move(value),   party_of(answer.centre) + "/notices",
          answer.time.ms(),   answer.time};
}

// The last word about exactly that content; nullopt: none.
std::optional<NoticeAnswer> last_word(Transaction& tx, const std::string& subject,
                                      const Sha256& notice, Time now) {
  const auto fact = Facts::at(tx, {kAnswered, subject}, now);
  if (!fact || fact->fact.value.at("notice_sha256") != notice.hex()) return std::nullopt;
  const auto cms = from_base64(fact->fact.value.at("cms").get<std::string>());
  return open_answer(cms.value()).value().answer;
}

}  // namespace

NoticeBook::Notices NoticeBook::in_force() const {
  const std::lock_guard lock(mutex_);
  return notices_;
}

Result<void> NoticeBook::take(TrustClient& client) {
  Notices notices;
  const auto targets = YZ_TRY(client.list_targets(UpdateNotice::kFolder));
  for (const auto& [path, target] : targets) {
    const Bytes content = YZ_TRY(client.fetch_target(path));
    Result<UpdateNotice> notice = UpdateNotice::parse(path, content);
    if (!notice) continue;
    const std::int64_t number = notice->number;
    notices.insert_or_assign(number, InForce{std::move(*notice), target.sha256});
  }
  open_obligations(notices);
  const std::lock_guard lock(mutex_);
  notices_ = std::move(notices);
  return {};
}

void NoticeBook::open_obligations(const Notices& notices) {
  const auto directory = parts_.directory.current();
  const Time now = parts_.clock.now();
  parts_.database.transact([&](Transaction& tx) {
    for (const auto& [number, one] : notices) {
      int owing = 0;  // that did not before
      for (const auto& [code, centre] : directory->centres()) {
        if (centre.standing == Standing::kClosed) continue;
        const Obligations::Name plan{kUpdatePlan, subject_of(code, number), one.notice.path()};
        if (Obligations::find(tx, plan)) continue;
        open_plan(tx, one.notice, code);
        ++owing;
      }
      if (owing == 0) continue;
      parts_.journal.record(tx, Event::kNoticePublished,
                            {{"notice", std::to_string(number)},
                             {"title", one.notice.title},
                             {"sha256", one.sha256.hex()},
                             {"centres", std::to_string(owing)}},
                            now);
    }
  });
}

Day NoticeBook::plan_by(const UpdateNotice& notice) const {
  return due_day(parts_.kinds.at(kUpdatePlan), notice.issued, parts_.calendar);
}

// 於一週內排定更新時程. A centre that came after the week has one of its own.
Obligation NoticeBook::open_plan(Transaction& tx, const UpdateNotice& notice,
                                 const CentreCode& centre) const {
  const Time now = parts_.clock.now();
  const bool in_time = day_of(now) <= plan_by(notice);
  return parts_.obligations.open_on(
      tx, {kUpdatePlan, notice.path(), in_time ? begin_of(notice.issued) : now},
      {subject_of(centre, notice.number), party_of(centre)}, now);
}

Result<void> NoticeBook::take_answer(ByteView cms, const CentreCode& from) {
  const SignedNoticeAnswer given = YZ_TRY(open_answer(cms));
  const NoticeAnswer& answer = given.answer;
  if (!upheld("answer_own", answer.centre == from)) {
    return Refusal{Reason::kForbidden, answer.centre.text() + " 之回覆不由 " + from.text() + " 送交"};
  }
  YZ_TRY(check_answerer(given, *parts_.directory.current()));
  const Notices notices = in_force();
  const auto one = notices.find(answer.notice);
  if (one == notices.end()) {
    return Refusal{Reason::kNotFound, "沒有第 " + std::to_string(answer.notice) + " 號更新通知"};
  }
  if (one->second.sha256 != answer.notice_sha256) {
    return Refusal{Reason::kConflict, "所回覆者為同號之另一通知，請依現行通知回覆"};
  }
  const Fact fact = fact_of(given);
  const By by{party_of(from), parts_.clock.now()};
  return parts_.database.transact([&](Transaction& tx) -> Result<void> {
    const FactId id = YZ_TRY(facts_.report(tx, fact, {fact.reporter, by.now}));
    const Obligation plan = open_plan(tx, one->second.notice, from);
    if (plan.state == ObligationState::kDone) return {};
    return parts_.obligations.finish(tx, plan.id, ObligationProof::of(id), by);
  });
}

Json NoticeBook::line_of(Transaction& tx, const InForce& one, const Centre& centre) const {
  const Time now = parts_.clock.now();
  const std::string subject = subject_of(centre.code, one.notice.number);
  const auto plan = Obligations::find(tx, {kUpdatePlan, subject, one.notice.path()});
  const auto last = last_word(tx, subject, one.sha256, now);
  // None yet: the centre has come to the directory since the last look.
  const Day by = plan ? day_of(plan->due) - std::chrono::days{1} : plan_by(one.notice);
  Json line = {{"node", centre.code.text()},
               {"name", centre.name},
               {"plan_by", text_of(by)},
               {"state", text_of(state_on(day_of(now), by, last ? &*last : nullptr))}};
  if (!last) return line;
  line["answer"] = {{"kind", text_of(last->kind)},
                    {"day", text_of(last->day)},
                    {"person", last->person},
                    {"note", last->note},
                    {"time", last->time.text()}};
  return line;
}

Json NoticeBook::describe(const Covers& covers) const {
  const auto directory = parts_.directory.current();
  const Notices notices = in_force();
  Json items = Json::array();
  parts_.database.read([&](Transaction& tx) {
    for (auto one = notices.rbegin(); one != notices.rend(); ++one) {
      Json item = one->second.notice.describe();
      item["plan_by"] = text_of(plan_by(one->second.notice));
      Json centres = Json::array();
      for (const auto& [code, centre] : directory->centres()) {
        if (centre.standing == Standing::kClosed || !covers(centre)) continue;
        centres.push_back(line_of(tx, one->second, centre));
      }
      item["centres"] = std::move(centres);
      items.push_back(std::move(item));
    }
  });
  return {{"time", parts_.clock.now().text()}, {"items", std::move(items)}};
}

std::vector<Metric> NoticeBook::metrics() const {
  std::map<std::string, double> counts;
  const Json all = describe([](const Centre&) { return true; });
  for (const Json& item : all.at("items")) {
    for (const Json& line : item.at("centres")) counts[line.at("state").get<std::string>()] += 1;
  }
  Metric answers{"yizhan_update_notice_centres",
                 "centres to which an update notice is addressed, by how they stand", {}};
  for (const NoticeState state : {NoticeState::kUnplanned, NoticeState::kLate,
                                  NoticeState::kPlanned, NoticeState::kOverdue,
                                  NoticeState::kDone}) {
    const std::string text(text_of(state));
    answers.samples.push_back({{{"state", text}}, counts[text]});
  }
  return {std::move(answers)};
}

}  // namespace yizhan
