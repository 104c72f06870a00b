#pragma once

#include "ground/store/store.h"
#include "model/record/decisions.h"

// Inside model/record.

namespace yizhan {

struct Decided {
  JointState state;
  By by;
  std::optional<std::string> reason;
};

// The table decisions.
class DecisionStore {
 public:
  explicit DecisionStore(Transaction& tx) : tx_(tx) {}

  void insert(const JointDecision& decision);
  std::optional<JointDecision> find(const JointDecisionId& id);
  std::vector<JointDecision> waiting(Time now);
  std::vector<JointDecision> lapsed(Time now);  // proposed or confirmed, and over
  void save_decided(const JointDecisionId& id, const Decided& decided);
  void save_state(const JointDecisionId& id, JointState state, std::optional<Time> used);

 private:
  Transaction& tx_;
};

}  // namespace yizhan
