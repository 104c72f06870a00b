#pragma once

#include <filesystem>
#include <mutex>

#include "duty/suspension/order_book.h"
#include "ground/trust/trust.h"

namespace yizhan {

// What must be known about orders; in the thread of take() or tend(). Told once, but for an
// accident between telling and keeping that it was told.
class OrderAlarm {
 public:
  virtual ~OrderAlarm() = default;
  virtual void received(const KeptOrder& kept) = 0;
  // It stands otherwise than before: never kWaiting.
  virtual void turned(const KeptOrder& kept, const OrderStanding& standing) = 0;
  // A target in the folder of orders that is none, or that its signers may not hand down.
  virtual void refused(const std::string& path, const Refusal& why) = 0;
};

// The orders that this node has taken, kept over restarts, and laid over its directory. Only
// another order takes one away, or its day: a target that is withdrawn or exchanged changes
// nothing here.
class StandingOrders {
 public:
  struct Parts {
    std::filesystem::path file;  // where they are kept
    DirectorySource& directory;
    const Clock& clock;
  };

  // Those kept lie over the directory from now on. Throws std::runtime_error when the file is
  // damaged: whoever removes it gives up what protects from a repository that has lost an order.
  explicit StandingOrders(Parts parts);

  // What the client's metadata lists, after its refresh(). Refuses what the source refuses; an
  // order that does not hold is told and left out, and keeps no other from coming into force.
  Result<void> take(TrustClient& client, OrderAlarm& alarm);
  // What the time or a newer directory changes; from a loop of its own, every second.
  void tend(OrderAlarm& alarm);

  // Any thread. {time, items: of those that are in force or will be; with `all` also those that
  // were, refused: [{target, reason, …}]}
  [[nodiscard]] Json describe(bool all = false) const;
  struct Counts {
    std::map<OrderKind, int> in_force;
    int waiting = 0;
    int refused = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  struct Found {
    std::string path;
    TargetFile target;
  };
  struct Turned {
    KeptOrder kept;
    OrderStanding standing;
  };
  using Refused = std::map<std::pair<std::string, Sha256>, Refusal>;

  void load();
  void save() const;
  void lay(Time now);
  void settle(OrderAlarm& alarm);
  [[nodiscard]] bool is_settled(Time now) const;
  // false: it is known already.
  [[nodiscard]] Result<bool> is_new(const Found& found) const;
  [[nodiscard]] Result<KeptOrder> read(const Found& found, Bytes content) const;
  void keep(std::vector<KeptOrder> fresh);
  void refuse(Refused refused, OrderAlarm& alarm);
  std::vector<Turned> turned(const Directory& directory, Time now) const;
  [[nodiscard]] Json describe(const KeptOrder& kept, const Directory& directory, Time now) const;

  const Parts parts_;
  std::mutex working_;  // of those who change anything, one after the other
  // When it was settled last, over which directory, and when time alone will change something.
  std::shared_ptr<const Directory> settled_over_;  // shared_ptr: the source hands it out so
  Time settled_;
  std::optional<Time> due_;
  bool dirty_ = true;
  mutable std::mutex mutex_;  // of what follows; working_ is held by whoever changes it
  OrderBook book_;
  Refused refused_;  // of what is listed now
};

}  // namespace yizhan
