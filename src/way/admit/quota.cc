#include "way/admit/quota.h"

#include <charconv>

namespace yizhan {

namespace {

constexpr std::int64_t kHours = 24;
constexpr Milliseconds kStillWaiting = std::chrono::minutes{10};

std::int64_t hour_of(Time at) { return at.ms() / AcceptedCount::kHour.count(); }

}  // namespace

Result<QuotaPlan> QuotaPlan::parse(std::int64_t recipients,
                                   const std::vector<std::string>& exceptions) {
  QuotaPlan plan{recipients};
  for (const std::string& text : exceptions) {
    const std::size_t middle = text.find('=');
    const auto agency = OrgCode::parse(text.substr(0, middle));
    std::int64_t limit = -1;
    if (middle != std::string::npos) {
      const char* const last = text.data() + text.size();
      const auto [end, error] = std::from_chars(text.data() + middle + 1, last, limit);
      if (error != std::errc() || end != last) limit = -1;
    }
    if (!agency || limit < 0) {
      return Refusal{Reason::kBadRequest, "額度須為 機關代碼=受文者數，如 376550000A=400000：" + text};
    }
    plan.exceptions[*agency] = limit;
  }
  return plan;
}

std::int64_t QuotaPlan::of(const OrgCode& agency) const {
  const auto found = exceptions.find(agency);
  return found == exceptions.end() ? recipients : found->second;
}

void SendingQuota::load(Database& database, Time now) {
  const auto accepted = database.read([&](Transaction& tx) {
    return JourneyStore().accepted_since(tx, now - kHours * AcceptedCount::kHour);
  });
  const std::lock_guard lock(mutex_);
  for (const AcceptedCount& count : accepted) booked_[count.sender][count.hour] += count.recipients;
}

Result<void> SendingQuota::check(const OrgCode& agency, std::int64_t recipients, Time now) {
  const std::lock_guard lock(mutex_);
  return check_locked(agency, recipients, now);
}

Result<SendingQuota::Booking> SendingQuota::book(const OrgCode& agency, std::int64_t recipients,
                                                 Time now) {
  const std::lock_guard lock(mutex_);
  YZ_TRY(check_locked(agency, recipients, now));
  refused_.erase(agency);
  booked_[agency][hour_of(now)] += recipients;
  return Booking(*this, agency, now, recipients);
}

Result<void> SendingQuota::check_locked(const OrgCode& agency, std::int64_t recipients, Time now) {
  const std::int64_t limit = plan_.of(agency);
  Hours& hours = booked_[agency];
  hours.erase(hours.begin(), hours.upper_bound(hour_of(now) - kHours));
  std::int64_t sum = recipients;
  for (const auto& [hour, count] : hours) sum += count;
  if (limit == 0 || sum <= limit) return {};
  refused_[agency] = now;
  std::string why = "24 小時內之受文者上限為 " + std::to_string(limit) + "，本件 " +
                    std::to_string(recipients);
  if (recipients > limit) return Refusal{Reason::kQuotaReached, why + "，請分批發送"};
  for (const auto& [hour, count] : hours) {
    sum -= count;
    if (sum > limit) continue;
    const Time room = Time::from_ms((hour + kHours) * AcceptedCount::kHour.count());
    why += "，將於 " + room.text() + " 後續送";
    break;
  }
  return Refusal{Reason::kQuotaReached, why};
}

std::set<OrgCode> SendingQuota::waiting(Time now) const {
  const std::lock_guard lock(mutex_);
  std::set<OrgCode> agencies;
  for (const auto& [agency, last] : refused_) {
    if (now - last < kStillWaiting) agencies.insert(agency);
  }
  return agencies;
}

void SendingQuota::add(const OrgCode& agency, Time at, std::int64_t recipients) {
  const std::lock_guard lock(mutex_);
  booked_[agency][hour_of(at)] += recipients;
}

}  // namespace yizhan
