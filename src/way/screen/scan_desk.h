#pragma once

#include <memory>

#include "model/agency/agency.h"
#include "way/screen/engine_desk.h"
#include "way/screen/package_scan.h"
#include "way/screen/quarantine.h"
#include "way/screen/scan_line.h"

// The scanner's work: opens a package in memory, looks at all of it, and signs what was found.

namespace yizhan {

// One of the scanner's certificates signs its verdicts and opens what was sealed to it.
struct ScannerKey {
  // shared_ptr: several scans use one key, and a key outlives its renewal.
  std::shared_ptr<SigningKey> signing;
  std::shared_ptr<DecryptionKey> decryption;
};

// Where the keys are; answered by the role with the keyholder. Any thread.
class ScannerKeys {
 public:
  virtual ~ScannerKeys() = default;
  // Refuses kKeyUnknown, kKeyForbidden, kKeyholderUnavailable, kTokenLocked.
  virtual Result<ScannerKey> find(const Sha256& certificate) = 0;
};

struct ScanPolicy {
  PackageScanRules rules;
  std::uint64_t quarantine_bytes_max = 3ULL << 30;  // plaintext in memory at once
  // Unset: not judged.
  std::optional<Milliseconds> signatures_age_max = std::chrono::hours{24 * 7};
  std::int64_t version = 1;  // as verdicts name it
};

// What became of one order, for the operator's log and the local journal: `why` may name the step
// that the outside is not told.
struct ScanReport {
  MessageKey message;
  std::optional<ScanResult> result;  // none: no verdict can be given now
  std::optional<Refusal> why;
  ScanInventory inventory;
};

class ScanDesk {
 public:
  struct Parts {
    CentreCode centre;
    ScannerKeys& keys;
    const DirectorySource& directory;
    const TrustSource& trust;
    const Inspector& inspector;
    const Clamd& engine;
    const Clock& clock;
    std::function<void(const ScanReport&)> tell;
  };

  ScanDesk(Parts parts, ScanPolicy policy);

  // The signed verdict. Whatever may pass by itself is a refusal and no verdict: engine or
  // keyholder not there, revocation unknown, no room in memory; so is what the exchange judges
  // too (sender, versions). Any thread. Throws when our own machinery fails (nursery gone).
  Result<Bytes> scan(const IncomingScan& scan);

  // At start and every minute: the engine finds the EICAR test file with signatures young enough,
  // and a confined child answers. Throws as scan does.
  Result<void> check();

 private:
  struct Examined {
    Finding finding;
    EngineVersion engine;
  };

  Result<Bytes> scan_sealed(const IncomingScan& scan, const SealedHeader& sealed);
  Result<void> check_outside(const SealedHeader& sealed, Time accepted) const;
  Result<ScannerKey> find_key(const Header& header) const;
  Result<Examined> examine(const IncomingScan& scan, const Header& header, DecryptionKey& key);
  Result<Examined> ask_engine(const Result<OpenedBody>& opened, PackageScan& package);
  Result<OpenedBody> open(const IncomingScan& scan, const Header& header,
                          DecryptionKey& key) const;
  void tell(const Header& header, const Finding& finding) const;

  Parts parts_;
  ScanPolicy policy_;
  QuarantineBudget budget_;
  EngineWatch watch_;
  EngineDesk engine_;
};

}  // namespace yizhan
