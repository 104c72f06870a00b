#include "duty/suspension/order_book.h"

#include <algorithm>
#include <array>

#include "ground/control/control.h"

namespace yizhan {

namespace {

constexpr std::array<std::pair<OrderState, std::string_view>, 5> kStates{
    {{OrderState::kWaiting, "waiting"},
     {OrderState::kInForce, "in_force"},
     {OrderState::kIdle, "idle"},
     {OrderState::kLapsed, "lapsed"},
     {OrderState::kEnded, "ended"}}};

// What names another as superseded ends it, where both are about the same: what was resumed is
// suspended again by a new order, not by ending the resumption.
bool may_end(const KeptOrder& by, const KeptOrder& ended) {
  return ended.order.kind != OrderKind::kResume &&
         upheld("order_same_subject", by.order.subject == ended.order.subject);
}

std::string why_text(const KeptOrder& kept) {
  const std::string ground(kept.order.ground ? kept.order.ground->printed() : "");
  return "命令 " + kept.name.text() + "，依" + ground;
}

}  // namespace

std::string_view text_of(OrderState state) {
  return std::ranges::find(kStates, state, &decltype(kStates)::value_type::first)->second;
}

std::optional<OrderState> find_order_state(std::string_view text) {
  const auto found = std::ranges::find(kStates, text, &decltype(kStates)::value_type::second);
  return found == kStates.end() ? std::nullopt : std::optional(found->first);
}

std::optional<Restriction> KeptOrder::restriction(Time since) const {
  if (order.kind == OrderKind::kResume) return std::nullopt;
  return Restriction{order.subject, since, why_text(*this), name.centre()};
}

const KeptOrder* OrderBook::find(const OrderName& name) const {
  const auto found = orders_.find(name);
  return found == orders_.end() ? nullptr : &found->second;
}

void OrderBook::put(KeptOrder kept) {
  for (const OrderName& ended : kept.order.supersedes) enders_[ended].push_back(kept.name);
  const OrderName name = kept.name;
  orders_.insert_or_assign(name, std::move(kept));
}

void OrderBook::note_told(const OrderName& name, OrderState state) {
  if (const auto found = orders_.find(name); found != orders_.end()) found->second.told = state;
}

const KeptOrder* OrderBook::ender_of(const KeptOrder& kept) const {
  const auto named = enders_.find(kept.name);
  if (named == enders_.end()) return nullptr;
  const KeptOrder* first = nullptr;
  for (const OrderName& name : named->second) {
    const KeptOrder* by = find(name);
    if (by == nullptr || !may_end(*by, kept)) continue;
    if (first == nullptr || by->order.effective < first->order.effective) first = by;
  }
  return first;
}

std::optional<Time> OrderBook::until(const KeptOrder& kept) const {
  std::optional<Time> until;
  if (const KeptOrder* by = ender_of(kept)) until = by->order.effective;
  if (kept.name.series() != OrderSeries::kEmergency) return until;
  const Time lapses = kept.order.effective + Order::kEmergencyLasts;
  return until ? std::min(*until, lapses) : lapses;
}

bool OrderBook::holds(const KeptOrder& kept, Time now) const {
  const auto ends = until(kept);
  const bool over = ends && *ends <= now;
  const bool ended = over && ender_of(kept) != nullptr && ender_of(kept)->order.effective <= now;
  const bool lapsed = over && !ended;
  return kept.order.effective <= now && !ended && upheld("emergency_lapses", !lapsed);
}

// A certificate that was not registered does not become so for the time before by what takes the
// place of the order.
Time OrderBook::since(const KeptOrder& kept) const {
  Time since = kept.order.effective;
  if (kept.order.kind != OrderKind::kRevoke) return since;
  for (const OrderName& name : kept.order.supersedes) {
    const KeptOrder* earlier = find(name);
    if (earlier == nullptr || !may_end(kept, *earlier)) continue;
    since = std::min(since, this->since(*earlier));
  }
  return since;
}

OrderStanding OrderBook::standing_of(const KeptOrder& kept, const Directory& directory,
                                     Time now) const {
  const auto ends = until(kept);
  OrderStanding standing{OrderState::kWaiting, ends};
  const KeptOrder* by = ender_of(kept);
  if (by != nullptr && by->order.effective == ends) standing.ended_by = by->name;
  if (now < kept.order.effective && !(ends && *ends <= now)) return standing;
  if (!holds(kept, now)) {
    standing.state = standing.ended_by ? OrderState::kEnded : OrderState::kLapsed;
    return standing;
  }
  const auto takes = kept.restriction(since(kept));
  const bool concerns = !takes || directory.concerns(*takes);
  standing.state = concerns ? OrderState::kInForce : OrderState::kIdle;
  return standing;
}

Restrictions OrderBook::restrictions(Time now) const {
  Restrictions all;
  for (const auto& [name, kept] : orders_) {
    if (!holds(kept, now)) continue;
    if (auto takes = kept.restriction(since(kept))) all.push_back(std::move(*takes));
  }
  return all;
}

std::optional<Time> OrderBook::next_change(Time now) const {
  std::optional<Time> next;
  const auto consider = [&](const std::optional<Time>& time) {
    if (time && *time > now && (!next || *time < *next)) next = time;
  };
  for (const auto& [name, kept] : orders_) {
    consider(kept.order.effective);
    consider(until(kept));
  }
  return next;
}

}  // namespace yizhan
