#pragma once

#include "ground/store/store.h"
#include "model/record/obligations.h"

// Inside model/record.

namespace yizhan {

// One that may have to be told of, and the fewest days before it that somebody was told at.
struct Remindable {
  Obligation obligation;
  std::optional<std::int64_t> told;
};

// The tables obligations and obligation_reminders.
class ObligationStore {
 public:
  explicit ObligationStore(Transaction& tx) : tx_(tx) {}

  // False: there is one of that kind, subject and period.
  bool insert(const Obligation& obligation);
  std::optional<Obligation> find(const ObligationId& id);
  std::optional<Obligation> find(const Obligations::Name& name);
  std::vector<Obligation> list(const Obligations::Page& page);

  std::vector<Obligation> open_past(Time now);
  void save_late(const ObligationId& id);
  std::vector<Remindable> open_until(Time due);
  void insert_reminder(const ObligationId& id, std::int64_t days_before, Time now);
  std::vector<Obligation> late(Time now);
  void save_escalated(const ObligationId& id, const std::string& to);
  void save_done(const ObligationId& id, const ObligationProof& proof, Time now);

 private:
  Transaction& tx_;
};

}  // namespace yizhan
