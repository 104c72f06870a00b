#include "duty/suspension/follow_journal.h"

#include "ground/daemon/daemon.h"

namespace yizhan {

namespace {

std::string ground_of(const KeptOrder& kept) {
  return std::string(kept.order.ground ? kept.order.ground->printed() : "");
}

// Whom it is about is not here, or is not the centre's to suspend.
Reason why_idle(const KeptOrder& kept) {
  if (kept.name.centre()) return Reason::kWrongHomeCentre;
  if (std::holds_alternative<OrgCode>(kept.order.subject)) return Reason::kUnknownAgency;
  if (std::holds_alternative<CentreCode>(kept.order.subject)) return Reason::kUnknownCentre;
  return Reason::kCertificateUnregistered;
}

}  // namespace

void OrderJournal::record(Event event, const Fields& fields) {
  parts_.database.transact(
      [&](Transaction& tx) { parts_.journal.record(tx, event, fields, parts_.clock.now()); });
}

void OrderJournal::received(const KeptOrder& kept) {
  const std::string kind(text_of(kept.order.kind)), subject = text_of(kept.order.subject);
  record(Event::kOrderReceived, {{"order", kept.name.text()},
                                 {"kind", kind},
                                 {"subject", subject},
                                 {"ground", ground_of(kept)},
                                 {"effective", kept.order.effective.text()},
                                 {"sha256", kept.sha256.hex()}});
  log(LogLevel::kNotice, "order_received",
      {{"order", kept.name.text()}, {"kind", kind}, {"subject", subject}});
}

void OrderJournal::turned(const KeptOrder& kept, const OrderStanding& standing) {
  const std::string order = kept.name.text(), subject = text_of(kept.order.subject);
  switch (standing.state) {
    case OrderState::kWaiting:
      return;
    case OrderState::kInForce:
      record(Event::kOrderInForce, {{"order", order},
                                    {"kind", std::string(text_of(kept.order.kind))},
                                    {"subject", subject},
                                    {"ground", ground_of(kept)}});
      break;
    case OrderState::kIdle:
      return refused(kept.name.path(), {why_idle(kept), subject});
    case OrderState::kLapsed:
      record(Event::kOrderLapsed, {{"order", order}, {"subject", subject}});
      break;
    case OrderState::kEnded:
      record(Event::kOrderEnded,
             {{"order", order},
              {"subject", subject},
              {"by", standing.ended_by ? standing.ended_by->text() : ""}});
      break;
  }
  log(LogLevel::kNotice, "order_" + std::string(text_of(standing.state)),
      {{"order", order}, {"subject", subject}});
}

void OrderJournal::refused(const std::string& path, const Refusal& why) {
  const std::string reason(code_of(why.reason));
  record(Event::kOrderRefused, {{"order", path}, {"reason", reason}});
  log(LogLevel::kAct, "order_refused",
      {{"order", path}, {"reason", reason}, {"detail", why.detail}});
}

std::vector<Metric> metrics_of(const StandingOrders::Counts& counts) {
  Metric in_force{"yizhan_orders_in_force", "signed orders that are in force, by kind", {}};
  for (const auto& [kind, count] : counts.in_force) {
    in_force.samples.push_back(
        {{{"kind", std::string(text_of(kind))}}, static_cast<double>(count)});
  }
  std::vector<Metric> all{std::move(in_force)};
  all.push_back(Metric::single("yizhan_orders_waiting", "orders whose day is to come",
                               counts.waiting));
  all.push_back(Metric::single("yizhan_orders_refused",
                               "targets that are handed down as orders and do not hold",
                               counts.refused));
  return all;
}

}  // namespace yizhan
