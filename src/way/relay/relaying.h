#pragma once

#include <functional>
#include <mutex>
#include <set>

#include "ground/files/files.h"
#include "model/agency/agency.h"
#include "model/journey/journey.h"
#include "model/line/line.h"
#include "way/relay/pace.h"

// relay: hands over to another centre what is for its agencies (docs/protocol/centre-centre.md).
// Each centre has its own queue. This one keeps its copy until that centre's B.1 is here; from the
// word that may pass custody on, only that centre's answer decides.

namespace yizhan {

// One centre, and how it is reached.
struct Destination {
  CentreCode centre;
  RelayLine& line;
  Pace& pace;
};

class Relaying {
 public:
  struct Parts {
    Database& database;
    Custody& custody;
    const ObjectStore& objects;
    std::function<void()> wake_signing;
    std::function<void()> wake_routing;
  };

  explicit Relaying(Parts parts);

  // The next hand-over in that centre's queue, or the next withdrawal. false: nothing is due, or it
  // is not the time for it. Several threads.
  bool work(const Destination& destination);
  // Senders of what waits for a centre that has long not been reached are told so. How many.
  int tell_delayed(const Destination& destination);

 private:
  class UnderWay;
  struct Claimed;

  std::optional<Relay> next(const CentreCode& centre);
  std::optional<Claimed> claim(Transaction& tx, Relay relay);
  std::nullopt_t put_off(Transaction& tx, Relay relay);
  Result<RelayAnswer> hand_over(const Destination& destination, const Claimed& claimed);
  Result<RelayAnswer> upload(const Destination& destination, const Claimed& claimed,
                             RelayAnswer answer);
  Result<void> mark_offered(const Claimed& claimed);
  void settle(const Relay& relay, const Result<RelayAnswer>& answer);
  void read_again(Transaction& tx, const CentreCode& centre, const RelayAnswer& answer);
  bool hand_over_next(const Destination& destination);
  bool withdraw_next(const Destination& destination);
  void end(const Destination& destination, const std::optional<Refusal>& why);

  Parts parts_;
  std::mutex mutex_;
  std::set<std::pair<PackageId, CentreCode>> under_way_;
};

}  // namespace yizhan
