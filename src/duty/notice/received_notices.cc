#include "duty/notice/received_notices.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr std::string_view kKeptFormat = "yizhan-notices-kept-1";
constexpr std::size_t kFileBytesMax = 64U << 20;

constexpr std::array<std::pair<NoticeState, std::string_view>, 5> kStates{
    {{NoticeState::kUnplanned, "unplanned"},
     {NoticeState::kLate, "late"},
     {NoticeState::kPlanned, "planned"},
     {NoticeState::kOverdue, "overdue"},
     {NoticeState::kDone, "done"}}};

// A plan is for a day that is to come, what is done is done by now.
Result<void> check_day(NoticeAnswer::Kind kind, Day day, Day today) {
  if (kind == NoticeAnswer::Kind::kPlanned && day < today) {
    return Refusal{Reason::kBadRequest, "預定更新之日期已過：" + text_of(day)};
  }
  if (kind == NoticeAnswer::Kind::kDone && day > today) {
    return Refusal{Reason::kBadRequest, "完成更新之日期尚未到來：" + text_of(day)};
  }
  return {};
}

}  // namespace

std::string_view text_of(NoticeState state) {
  return std::ranges::find(kStates, state, &decltype(kStates)::value_type::first)->second;
}

NoticeState state_on(Day today, Day plan_by, const NoticeAnswer* last) {
  if (last == nullptr) return today > plan_by ? NoticeState::kLate : NoticeState::kUnplanned;
  if (last->kind == NoticeAnswer::Kind::kDone) return NoticeState::kDone;
  return today > last->day ? NoticeState::kOverdue : NoticeState::kPlanned;
}

ReceivedNotices::ReceivedNotices(Parts parts)
    : parts_(std::move(parts)), plan_(obligation_kinds().at(kUpdatePlan)) {
  load();
}

void ReceivedNotices::load() {
  const auto bytes = find_file(parts_.file, kFileBytesMax);
  if (!bytes) return;
  const auto read = [&]() -> Result<void> {
    const Json json = YZ_TRY(parse_json(*bytes, {.bytes_max = kFileBytesMax, .depth_max = 4}));
    Members all(json, "notices");
    const std::string format = all.text("format");
    const Json& items = all.array("notices");
    YZ_TRY(all.check());
    if (format != kKeptFormat) return Refusal{Reason::kUnknownFormat, format};
    for (const Json& item : items) {
      Members m(item, "notice");
      const std::string target = m.text("target");
      Bytes content = m.base64("content");
      const Time received = m.time("received");
      std::optional<Bytes> answer;
      if (m.has("answer")) answer = m.base64("answer");
      YZ_TRY(m.check());
      UpdateNotice notice = YZ_TRY(UpdateNotice::parse(target, content));
      Kept kept{std::move(notice), sha256(content), std::move(content), received};
      if (answer) kept.last = YZ_TRY(open_answer(*answer));
      kept_.insert_or_assign(kept.notice.number, std::move(kept));
    }
    return {};
  };
  const Result<void> done = read();
  if (done) return;
  throw std::runtime_error("更新通知之紀錄 " + parts_.file.string() + " 已損壞：" +
                           done.refusal().detail);
}

void ReceivedNotices::save() const {
  Json items = Json::array();
  for (const auto& [number, kept] : kept_) {
    Json item = {{"target", kept.notice.path()},
                 {"content", to_base64(kept.content)},
                 {"received", kept.received.text()}};
    if (kept.last) item["answer"] = to_base64(kept.last->cms);
    items.push_back(std::move(item));
  }
  write_durably(parts_.file,
                canonical_json({{"format", kKeptFormat}, {"notices", std::move(items)}}));
}

bool ReceivedNotices::is_known(std::int64_t number, const Sha256& sha256) const {
  const std::lock_guard lock(mutex_);
  const auto kept = kept_.find(number);
  return kept != kept_.end() && kept->second.sha256 == sha256;
}

void ReceivedNotices::refuse(const std::string& path, const Sha256& sha256, const Refusal& why,
                             NoticeAlarm& alarm) {
  if (refused_.emplace(path, sha256).second) alarm.refused(path, why);
}

Result<ReceivedNotices::Listed> ReceivedNotices::listed(TrustClient& client, NoticeAlarm& alarm) {
  Listed found;
  const auto targets = YZ_TRY(client.list_targets(UpdateNotice::kFolder));
  for (const auto& [path, target] : targets) {
    const Result<std::int64_t> number = UpdateNotice::number_in(path);
    if (number) found.insert_or_assign(*number, std::pair(path, target));
    if (!number) refuse(path, target.sha256, number.refusal(), alarm);
  }
  return found;
}

Result<void> ReceivedNotices::take(TrustClient& client, NoticeAlarm& alarm) {
  const Listed all = YZ_TRY(listed(client, alarm));
  Result<void> whole;
  std::vector<Kept> fresh;
  for (const auto& [number, named] : all) {
    const auto& [path, target] = named;
    if (is_known(number, target.sha256)) continue;
    Result<Bytes> content = client.fetch_target(path);
    if (!content) {
      whole = content.refusal();
      continue;
    }
    Result<UpdateNotice> notice = UpdateNotice::parse(path, *content);
    if (!notice) {
      refuse(path, target.sha256, notice.refusal(), alarm);
      continue;
    }
    alarm.received(*notice, target.sha256);
    fresh.push_back({std::move(*notice), target.sha256, std::move(*content), parts_.clock.now()});
  }
  const std::lock_guard lock(mutex_);
  const std::size_t gone =
      std::erase_if(kept_, [&](const auto& kept) { return !all.contains(kept.first); });
  for (Kept& kept : fresh) kept_.insert_or_assign(kept.notice.number, std::move(kept));
  if (gone > 0 || !fresh.empty()) save();
  return whole;
}

Result<Json> ReceivedNotices::answer(std::int64_t number, const Wish& wish, NoticeAlarm& alarm) {
  const Time now = parts_.clock.now();
  YZ_TRY(check_day(wish.kind, wish.day, day_of(now)));
  const std::lock_guard lock(mutex_);
  const auto kept = kept_.find(number);
  if (kept == kept_.end()) {
    return Refusal{Reason::kNotFound, "沒有第 " + std::to_string(number) + " 號更新通知"};
  }
  SignedNoticeAnswer signed_answer = YZ_TRY(
      sign_answer({parts_.centre, number, kept->second.sha256, wish.kind, wish.day, wish.person,
                   wish.note, now},
                  *parts_.key));
  alarm.answered(signed_answer.answer);  // in the journal before it takes effect
  kept->second.last = std::move(signed_answer);
  save();
  return describe(kept->second);
}

Result<int> ReceivedNotices::hand_up(const std::function<Result<void>(ByteView cms)>& hand) {
  std::vector<Bytes> waiting;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, kept] : kept_) {
      if (kept.last && !handed_.contains(sha256(kept.last->cms))) waiting.push_back(kept.last->cms);
    }
  }
  int taken = 0;
  for (const Bytes& cms : waiting) {
    const Result<void> done = hand(cms);
    if (!done && done.reason() == Reason::kUnavailable) return done.refusal();
    if (done) ++taken;
    const std::lock_guard lock(mutex_);
    handed_.insert(sha256(cms));
  }
  return taken;
}

Day ReceivedNotices::plan_by(const Kept& kept) const {
  return due_day(plan_, kept.notice.issued, parts_.calendar);
}

NoticeState ReceivedNotices::state_of(const Kept& kept) const {
  return state_on(day_of(parts_.clock.now()), plan_by(kept),
                  kept.last ? &kept.last->answer : nullptr);
}

Json ReceivedNotices::describe(const Kept& kept) const {
  Json item = kept.notice.describe();
  item["sha256"] = kept.sha256.hex();
  item["received"] = kept.received.text();
  item["plan_by"] = text_of(plan_by(kept));
  item["state"] = text_of(state_of(kept));
  if (kept.last) item["answer"] = kept.last->describe();
  return item;
}

Json ReceivedNotices::describe() const {
  const std::lock_guard lock(mutex_);
  Json items = Json::array();
  for (auto kept = kept_.rbegin(); kept != kept_.rend(); ++kept) {
    items.push_back(describe(kept->second));
  }
  return {{"time", parts_.clock.now().text()}, {"items", std::move(items)}};
}

std::map<NoticeState, int> ReceivedNotices::counts() const {
  std::map<NoticeState, int> counts;
  for (const auto& [state, text] : kStates) counts[state] = 0;
  const std::lock_guard lock(mutex_);
  for (const auto& [number, kept] : kept_) ++counts[state_of(kept)];
  return counts;
}

}  // namespace yizhan
