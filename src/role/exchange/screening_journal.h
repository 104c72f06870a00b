#pragma once

#include "duty/incident/incident.h"
#include "model/journey/journey.h"
#include "way/screen/screen.h"

namespace yizhan {

// Malware: the journal says who sent it, from where, and what it was; an incident is opened in the
// same transaction, also where a recipient's terminal found it that the scanner had let pass: then
// its document goes no further here. And since when nothing could be scanned.
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
  // As FoundAtRecipient.
  void malware_met(Transaction& tx, const StoredPackage& package, const Statement& failure);
  void scanner_changed(Transaction& tx, const std::optional<Refusal>& down) override;

 private:
  static void tell(Transaction& tx, const StoredPackage& package, const std::string& malware);

  const Parts parts_;
};

}  // namespace yizhan
