#pragma once

#include <optional>
#include <vector>

#include "ground/store/store.h"
#include "model/evidence/evidence.h"
#include "model/journey/journey_store.h"

// What passes between centres, on both sides: relays that this centre hands over, takeovers that
// it was offered, withdrawals that follow what was handed over, and how far the news of other
// centres was read.

namespace yizhan {

enum class RelayState {
  kWaiting,  // its recipients are kForwarding
  kOffered,  // they are kOffered and fixed; asked again until the other centre answers
  kDone,     // B.1, or it failed
  kAgain,    // that centre had taken it, and forgot: handed over once more under the same B.1
};

std::string_view text_of(RelayState state);

// One package on its way to one centre: a row in that centre's queue.
struct Relay {
  PackageId package;
  CentreCode centre;
  RelayState state;
  int urgency_rank;
  std::int64_t attempts;
  Time due;
  Time since;
  std::int64_t recipient_count = 0;         // once it is offered
  std::optional<Sha256> leaves_sha256 = {};  // of these
};

enum class TakeoverState { kReceiving, kTaken, kRefused };

std::string_view text_of(TakeoverState state);

struct TakeoverNoun;
using TakeoverId = Id<TakeoverNoun>;

// What another centre offered to hand over.
struct Takeover {
  TakeoverId id;
  CentreCode centre;
  MessageKey message;
  Sha256 header_sha256;
  Sha256 leaves_sha256;
  Bytes offer;  // JSON without the body; empty once it is decided
  TakeoverState state;
  std::optional<Reason> reason;
  Time created;
};

struct WithdrawalNoun;
using RelayedWithdrawalId = Id<WithdrawalNoun>;

// A sender's signed wish that follows its package to the centre which has it.
struct RelayedWithdrawal {
  RelayedWithdrawalId id;
  PackageId package;
  CentreCode centre;
  Bytes withdrawal;  // CMS
  bool done;
  std::int64_t attempts;
  Time due;
};

// Of one centre's queue.
struct QueueCount {
  CentreCode centre;
  std::int64_t count;
  Time oldest;  // since when it waits
};

class RelayStore {
 public:
  // In the queue anew where the same package was to go there before and did not (it was held).
  void put(Transaction& tx, const Relay& relay);
  std::optional<Relay> find(Transaction& tx, const PackageId& package, const CentreCode& centre);
  // The most urgent first, then the oldest.
  std::vector<Relay> due(Transaction& tx, const CentreCode& centre, Time now, int count_max);
  // Those that the other centre may have taken over, and no B.1 of it is here.
  std::vector<PackageId> offered_to(Transaction& tx, const CentreCode& centre);
  void save(Transaction& tx, const Relay& relay);
  // That centre has forgotten it, or a part of it. false: it has not said yet that it has it.
  bool hand_over_again(Transaction& tx, const PackageId& package, const CentreCode& centre,
                       Time now);
  std::vector<QueueCount> queues(Transaction& tx);

  bool add(Transaction& tx, const Takeover& takeover);  // false: that message was offered before
  std::optional<Takeover> find(Transaction& tx, const MessageKey& message);
  std::optional<Takeover> find(Transaction& tx, const TakeoverId& id);
  void save(Transaction& tx, const Takeover& takeover);

  // The same request again is one.
  void add(Transaction& tx, const RelayedWithdrawal& withdrawal);
  std::vector<RelayedWithdrawal> due_withdrawals(Transaction& tx, const CentreCode& centre,
                                                 Time now, int count_max);
  void save(Transaction& tx, const RelayedWithdrawal& withdrawal);

  NewsCursor news_cursor(Transaction& tx, const CentreCode& centre);
  void set_news_cursor(Transaction& tx, const CentreCode& centre, const NewsCursor& cursor);
  void set_comeback(Transaction& tx, const CentreCode& centre, const Comeback& comeback);
};

}  // namespace yizhan
