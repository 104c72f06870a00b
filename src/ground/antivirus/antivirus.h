#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "ground/base/base.h"

// Talking to clamd over its Unix socket, handing it descriptors instead of copies.

namespace yizhan {

// The EICAR test file, put together when asked for, so that it stands in no file of ours.
std::string eicar_test_file();

struct EngineVersion {
  std::string engine;                   // "ClamAV 1.4.6"
  std::string signatures_version;       // "27500"; empty when the engine names none
  std::optional<Time> signatures_time;  // read as UTC: run clamd with TZ=UTC
};

enum class ScanOutcome {
  kClean,
  kInfected,
  kLimits,     // the engine met a limit of its own and did not look at everything
  kEncrypted,  // the engine could not look inside
};

struct ScanAnswer {
  ScanOutcome outcome;
  std::string name;  // of the signature; empty when clean; printable ASCII
};

// Anything but clean is a refusal: kInfected (the detail is the malware's name), kArchiveLimits,
// kArchiveEncrypted.
Result<void> check_clean(const ScanAnswer& answer);

struct ClamdSettings {
  std::string socket_path;
  Milliseconds answer_time_max{5'000};  // for connecting and for small questions
  Milliseconds scan_time_max{120'000};
  std::optional<uid_t> server_uid;  // who must be listening (SO_PEERCRED); unset: not checked
};

// One connection a question; may be used from many threads.
//   kScannerUnavailable  no engine, a hung one, or a stranger on its socket
//   kScanIncomplete      the engine lives but gave no clear answer about this file
class Clamd {
 public:
  explicit Clamd(ClamdSettings settings);

  Result<EngineVersion> version() const;
  Result<void> ping() const;

  // `descriptor`: a regular file or memfd, from its beginning. Hand over a read-only or sealed
  // one, since the engine gets it as it is.
  Result<ScanAnswer> scan(int descriptor) const;

  // Canaries: the EICAR test file must hit and harmless bytes must pass, or the engine is not doing
  // its work (empty or swapped signatures): kScannerUnavailable. About a millisecond.
  Result<void> check_signatures() const;
  // And what is nested beyond every limit must be reported as such (AlertExceedsMax). About a
  // tenth of a second.
  Result<void> check() const;

 private:
  ClamdSettings settings_;
};

}  // namespace yizhan
