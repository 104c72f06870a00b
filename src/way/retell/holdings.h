#pragma once

#include <functional>

#include "ground/files/files.h"
#include "model/evidence/evidence.h"
#include "model/journey/journey.h"
#include "model/mailbox/mailbox.h"

namespace yizhan {

// What a host holds of the messages that it shared with a centre.
class Holdings {
 public:
  virtual ~Holdings() = default;

  // Everything signed that is here about it.
  virtual Retold gather(Transaction& tx, const MessageKey& message) = 0;
  // The centre has been told and does not have the package: it gets it again, where this host is
  // the one to give it. false: the centre is told again later, until it is there. true: there is
  // nothing more to tell.
  virtual bool hand_over_again(Transaction& tx, const MessageKey& message, Time now) = 0;
};

// A terminal's: what its agency sent, and what it received.
class AgencyHoldings final : public Holdings {
 public:
  struct Parts {
    const ObjectStore& objects;
    std::string centre;
    std::function<void()> wake_submitting;
  };
  explicit AgencyHoldings(Parts parts) : parts_(std::move(parts)), inbox_(parts_.centre) {}

  Retold gather(Transaction& tx, const MessageKey& message) override;
  bool hand_over_again(Transaction& tx, const MessageKey& message, Time now) override;

 private:
  void add_consigned(Transaction& tx, Retold& retold);

  Parts parts_;
  OutboxStore outbox_;
  InboxStore inbox_;
};

// A centre's: what it has handed over to that one.
class RelayedHoldings final : public Holdings {
 public:
  struct Parts {
    Custody& custody;
    CentreCode centre;
    std::function<void()> wake_relaying;
  };
  explicit RelayedHoldings(Parts parts) : parts_(std::move(parts)) {}

  Retold gather(Transaction& tx, const MessageKey& message) override;
  bool hand_over_again(Transaction& tx, const MessageKey& message, Time now) override;

 private:
  Parts parts_;
};

}  // namespace yizhan
