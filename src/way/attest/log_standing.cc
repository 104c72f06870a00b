#include "way/attest/log_standing.h"

#include "ground/control/control.h"
#include "ground/files/files.h"

namespace yizhan {

namespace {

constexpr std::size_t kFileBytesMax = 64;

std::optional<Time> kept_in(const std::filesystem::path& file) {
  const auto bytes = find_file(file, kFileBytesMax);
  if (!bytes) return std::nullopt;
  const auto since = Time::parse(text_of(*bytes));
  if (!since) throw std::runtime_error(file.string() + " 無法解讀，確認日誌已獲見證後請移除此檔");
  return *since;
}

}  // namespace

LogStanding::LogStanding(Parts parts)
    : parts_(std::move(parts)), since_(kept_in(parts_.file)), told_(since_.has_value()) {
  if (since_) why_ = Refusal{Reason::kUnavailable, "尚未取得見證"};
}

void LogStanding::covered() {
  bool was_told = false;
  {
    const std::lock_guard lock(mutex_);
    was_told = std::exchange(told_, false);
    since_.reset();
    why_.reset();
  }
  if (!was_told) return;
  remove_file_durably(parts_.file);
  parts_.alarm.log_uncosigned(std::nullopt);
}

void LogStanding::uncovered(const Refusal& why) {
  std::optional<Time> since;
  {
    const std::lock_guard lock(mutex_);
    if (!since_) since_ = parts_.clock.now();
    why_ = why;
    if (!told_ && lasts(parts_.limits.shown_after)) {
      told_ = true;
      since = since_;
    }
  }
  if (!since) return;
  write_durably(parts_.file, bytes_of(since->text()));
  parts_.alarm.log_uncosigned(why);
}

std::optional<Time> LogStanding::uncosigned_since() const {
  const std::lock_guard lock(mutex_);
  return since_;
}

bool LogStanding::lasts(Milliseconds limit) const {
  return since_ && parts_.clock.now() - *since_ >= limit;
}

Result<void> LogStanding::check_open() const {
  const std::lock_guard lock(mutex_);
  if (upheld("uncosigned_hold", !lasts(parts_.limits.held_after))) return {};
  return Refusal{Reason::kUnavailable,
                 "證據日誌自 " + since_->text() + " 起未獲足夠之見證者共同簽署，暫不受理新件；"
                 "公文於恢復後自動送出"};
}

Json LogStanding::describe() const {
  const std::lock_guard lock(mutex_);
  Json json = {{"shown", lasts(parts_.limits.shown_after)},
               {"held", lasts(parts_.limits.held_after)}};
  if (since_) json["uncosigned_since"] = since_->text();
  if (why_) json["why"] = {{"code", code_of(why_->reason)}, {"detail", why_->detail}};
  return json;
}

}  // namespace yizhan
