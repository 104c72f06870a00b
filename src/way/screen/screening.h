#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <set>

#include "ground/files/files.h"
#include "model/agency/agency.h"
#include "model/journey/journey.h"
#include "way/screen/scan_line.h"
#include "way/screen/screening_queue.h"

// screen: no document leaves the centre before its scanner has given a verdict. Only `clean` goes
// on; everything else is held for all recipients, and the sender is told why. Malware in one
// package of a document holds its other packages too (without attachments, 分繕).

namespace yizhan {

// Who hears of malware and of a silent scanner; answered by the role (incident desk, operator's
// board).
class Alarm {
 public:
  virtual ~Alarm() = default;
  virtual void malware_found(Transaction& tx, const StoredPackage& package,
                             const Verdict& verdict) = 0;
  // Once for each change: why the scanner gives no verdicts, or nothing: it gives them again.
  virtual void scanner_changed(Transaction& tx, const std::optional<Refusal>& down) = 0;
};

class Screening {
 public:
  struct Parts {
    Database& database;
    Custody& custody;
    const ObjectStore& objects;
    const DirectorySource& directory;
    const TrustSource& trust;
    const ScannerLine& scanner;
    Alarm& alarm;
    std::function<void()> wake_signing;
    std::function<void()> wake_routing;
    // Routes a clean package in the verdict's transaction; false: it waits for its turn.
    std::function<bool(Transaction&, StoredPackage&)> route_now =
        [](Transaction&, StoredPackage&) { return false; };
  };

  explicit Screening(Parts parts);

  // Screens the next package that is due. false when none is. Several threads may work at once;
  // one Screening has the store to itself.
  bool work();
  // A package that its transaction has just made durable, counted as begun (kFirstTurn): it is
  // screened without being claimed in the store. Where too many wait, the store has the last when
  // due.
  void take(StoredPackage package);

 private:
  class UnderWay;

  std::optional<StoredPackage> next();
  std::optional<StoredPackage> claim();
  std::optional<PackageId> find_due(Transaction& tx);
  std::optional<StoredPackage> next_due(Transaction& tx);
  // The scanner's verdict, checked.
  Result<SignedVerdict> ask(const StoredPackage& package) const;
  Result<void> check_before(const StoredPackage& package, const SealedHeader& sealed) const;
  void settle(const StoredPackage& claimed, const Result<SignedVerdict>& verdict);
  void enter(Transaction& tx, StoredPackage& package, const SignedVerdict& verdict);
  void try_again(Transaction& tx, StoredPackage& package, const Refusal& why);
  void watch_scanner(Transaction& tx, const Result<SignedVerdict>& verdict);

  Parts parts_;
  std::mutex mutex_;
  // Asked within transactions, where no lock may be taken that claim() holds around its own.
  std::atomic<bool> scanner_down_ = false;
  std::set<PackageId> under_way_;  // forgotten when the program ends: all is due again
  ScreeningQueue taken_;           // of these, who waits here for a worker
  std::uint64_t turns_ = 0;
};

}  // namespace yizhan
