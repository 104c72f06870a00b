#pragma once

#include "duty/suspension/follow.h"
#include "ground/journal/journal.h"
#include "ground/monitor/monitor.h"
#include "ground/store/store.h"

namespace yizhan {

// What people must know about orders: in the journal, and for the operator.
class OrderJournal final : public OrderAlarm {
 public:
  struct Parts {
    Database& database;
    const Journal& journal;
    const Clock& clock;
  };

  explicit OrderJournal(Parts parts) : parts_(parts) {}
  void received(const KeptOrder& kept) override;
  void turned(const KeptOrder& kept, const OrderStanding& standing) override;
  void refused(const std::string& path, const Refusal& why) override;

 private:
  void record(Event event, const Fields& fields);

  const Parts parts_;
};

std::vector<Metric> metrics_of(const StandingOrders::Counts& counts);

}  // namespace yizhan
