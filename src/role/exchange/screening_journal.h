#pragma once

#include "duty/incident/incident.h"
#include "model/journey/journey.h"
#include "way/screen/screen.h"

namespace yizhan {

// Malware: the journal says who sent it, from where, and what it was; an incident is opened in the
// same transaction. And since when nothing could be scanned.
class ScreeningJournal final : public Alarm {
 public:
  struct Parts {
    Custody& custody;
    const Journal& journal;
    const FoundIncidents& incidents;
  };

  explicit ScreeningJournal(Parts parts) : parts_(parts) {}
  void malware_found(Transaction& tx, const StoredPackage& package,
                     const Verdict& verdict) override;
  void scanner_changed(Transaction& tx, const std::optional<Refusal>& down) override;

 private:
  const Parts parts_;
};

}  // namespace yizhan
