#include "role/exchange/screening_journal.h"

#include "ground/daemon/daemon.h"
#include "role/exchange/incident_tracing.h"

namespace yizhan {

void ScreeningJournal::scanner_changed(Transaction& tx, const std::optional<Refusal>& down) {
  const std::string detail = down ? down->detail : "";
  parts_.journal.record(tx, down ? Event::kScannerDown : Event::kScannerUp,
                        {{"scanner", parts_.custody.centre().code.text()}, {"detail", detail}},
                        parts_.custody.now());
  tx.after_commit([is_down = down.has_value(), detail] {
    log(is_down ? LogLevel::kAct : LogLevel::kNotice, is_down ? "scanner_down" : "scanner_up",
        {{"detail", detail}});
  });
}

void ScreeningJournal::malware_found(Transaction& tx, const StoredPackage& package,
                                     const Verdict& verdict) {
  parts_.custody.record(tx, Event::kMalwareFound, package,
                        {{"address", package.source_address}, {"name", verdict.name}});
  parts_.incidents.open(tx, finding_of(package, verdict));
  tell(tx, package, verdict.name);
}

// Its scanner may know what this centre's does not: the others are spared it until officers decide.
void ScreeningJournal::malware_met(Transaction& tx, const StoredPackage& package,
                                   const Statement& failure) {
  const IncidentFinding finding = finding_of(package, failure);
  parts_.custody.record(tx, Event::kMalwareFound, package,
                        {{"address", package.source_address}, {"name", finding.found}});
  parts_.incidents.open(tx, finding);
  parts_.custody.stop_document(tx, package, finding.found);
  tell(tx, package, finding.found);
}

void ScreeningJournal::tell(Transaction& tx, const StoredPackage& package,
                            const std::string& malware) {
  tx.after_commit([message = package.key, address = package.source_address, name = malware] {
    log(LogLevel::kAct, "malware_found",
        {{"sender", message.sender.text()},
         {"message", message.message.text()},
         {"address", address},
         {"name", name}});
  });
}

}  // namespace yizhan
