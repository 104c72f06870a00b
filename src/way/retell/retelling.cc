#include "way/retell/retelling.h"

#include <algorithm>
#include <array>

#include "ground/loop/loop.h"

namespace yizhan {

namespace {

constexpr BackOff kRetry{std::chrono::seconds{1}, std::chrono::minutes{10}};
// With that back-off about a month: the longest that a package lives.
constexpr std::int64_t kTriesMax = 4400;

// That centre has nothing to hear about it.
bool is_decided(Reason reason) {
  constexpr auto kDecided =
      std::to_array({Reason::kStepNotAllowed, Reason::kForbidden, Reason::kBadRequest,
                     Reason::kMalformed, Reason::kTooLarge, Reason::kNotFound});
  return std::ranges::find(kDecided, reason) != kDecided.end();
}

}  // namespace

bool Retelling::work() {
  std::optional<Retold> retold;
  const auto telling = parts_.database.read([&](Transaction& tx) {
    auto next = tellings_.next(tx, parts_.clock.now());
    if (next) retold = parts_.holdings.gather(tx, next->message);
    return next;
  });
  if (!telling) return false;
  settle(*telling, tell(*retold));
  return true;
}

// In the order in which it was stated: what is told last comes after what it rests on.
Result<bool> Retelling::tell(const Retold& all) const {
  bool known = false;
  std::size_t told = 0;
  do {
    const auto count = std::min(Retold::kEvidenceMax, all.evidence.size() - told);
    const auto first = all.evidence.begin() + static_cast<std::ptrdiff_t>(told);
    known = YZ_TRY(parts_.tell(
        {all.message, all.header, {first, first + static_cast<std::ptrdiff_t>(count)}}));
    told += count;
  } while (told < all.evidence.size());
  return known;
}

void Retelling::settle(Telling telling, const Result<bool>& known) {
  const Time now = parts_.clock.now();
  parts_.database.transact([&](Transaction& tx) {
    const bool ended = known ? *known || parts_.holdings.hand_over_again(tx, telling.message, now)
                             : is_decided(known.reason());
    ++telling.attempts;
    if (ended || telling.attempts > kTriesMax) return tellings_.close(tx, telling);
    telling.due = now + kRetry.after(telling.attempts);
    tellings_.postpone(tx, telling);
  });
}

}  // namespace yizhan
