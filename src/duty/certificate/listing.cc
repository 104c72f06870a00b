#include "duty/certificate/listing.h"

#include <algorithm>

#include "ground/control/control.h"
#include "model/calendar/calendar.h"

namespace yizhan {

namespace {

constexpr std::chrono::months kListedAfter{3};

// 30 November and three months are the last of February.
Day months_after(Day day) {
  const std::chrono::year_month_day then = std::chrono::year_month_day(day) + kListedAfter;
  return then.ok() ? Day(then) : Day(then.year() / then.month() / std::chrono::last);
}

}  // namespace

Time end_of(const RegisteredCertificate& one) {
  return std::min(one.until, one.certificate.not_after());
}

bool is_listed(Time ends, Time now) {
  return upheld("unlisted_after_expiry", day_of(now) < months_after(day_of(ends)));
}

bool is_listed(const Directory& directory, const Agency& agency, Time now) {
  std::optional<Time> last;
  for (const RegisteredCertificate& one : directory.receiver_of(agency, now).certificates) {
    if (one.purpose != Purpose::kEncrypt) continue;
    const Time end = end_of(one);
    last = std::max(last.value_or(end), end);
  }
  return !last || is_listed(*last, now);
}

}  // namespace yizhan
