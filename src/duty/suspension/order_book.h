#pragma once

#include <map>

#include "duty/suspension/order.h"

namespace yizhan {

enum class OrderState {
  kWaiting,  // its day is to come
  kInForce,
  kIdle,    // in force, and here is nobody whom it is about, or whom it may be about
  kLapsed,  // one officer's, and a day is over
  kEnded,   // another took its place, or resumed
};

std::string_view text_of(OrderState state);  // "waiting", "in_force", "idle", "lapsed", "ended"
std::optional<OrderState> find_order_state(std::string_view text);

struct OrderStanding {
  OrderState state;
  std::optional<Time> until = {};          // of one that ends by itself or was ended
  std::optional<OrderName> ended_by = {};  // that does so
};

// An order that this node has taken.
struct KeptOrder {
  OrderName name;
  Order order;
  Bytes content;  // the target's bytes
  Sha256 sha256;  // of them
  Time received;
  std::optional<OrderState> told = {};  // what was last made known of it; nullopt: nothing

  // What it takes from its subject; a resume takes nothing.
  [[nodiscard]] std::optional<Restriction> restriction(Time since) const;
};

// All orders that a node has taken, and what follows from them at any time: the same at every node
// that has the same orders and the same directory, in whatever order they came.
class OrderBook {
 public:
  [[nodiscard]] const std::map<OrderName, KeptOrder>& orders() const { return orders_; }
  [[nodiscard]] const KeptOrder* find(const OrderName& name) const;
  void put(KeptOrder kept);
  void note_told(const OrderName& name, OrderState state);

  [[nodiscard]] OrderStanding standing_of(const KeptOrder& kept, const Directory& directory,
                                          Time now) const;
  // Of those whose time it is.
  [[nodiscard]] Restrictions restrictions(Time now) const;
  // When something changes next by time alone; nullopt: never.
  [[nodiscard]] std::optional<Time> next_change(Time now) const;

 private:
  // The earliest of those that end it, whether its time has come or not.
  [[nodiscard]] const KeptOrder* ender_of(const KeptOrder& kept) const;
  [[nodiscard]] std::optional<Time> until(const KeptOrder& kept) const;
  [[nodiscard]] Time since(const KeptOrder& kept) const;
  [[nodiscard]] bool holds(const KeptOrder& kept, Time now) const;

  std::map<OrderName, KeptOrder> orders_;
  std::map<OrderName, std::vector<OrderName>> enders_;  // by whom they name
};

}  // namespace yizhan
