#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

class ClamdSocket;

// One connection for several questions, one after another, all answered by the same process: what
// it proved at one question holds for its neighbours. One thread at a time.
//   kScannerUnavailable  no engine, a hung one, or a stranger on its socket
//   kScanIncomplete      the engine lives but gave no clear answer about this file
class ClamdSession {
 public:
  explicit ClamdSession(const ClamdSettings& settings, std::unique_ptr<ClamdSocket> socket);
  ClamdSession(ClamdSession&&) noexcept;
  ClamdSession& operator=(ClamdSession&&) = delete;
  ~ClamdSession();

  Result<EngineVersion> version();
  Result<void> ping();

  // `descriptor`: a regular file or memfd, from its beginning. Hand over a read-only or sealed
  // one, since the engine gets it as it is. After a scan that took too long the session is spent.
  Result<ScanAnswer> scan(int descriptor);

  // Several side by side, the answers in their order: all of them within `answer_time_max`, or a
  // refusal that says nothing about any one. For small files.
  Result<std::vector<ScanAnswer>> scan_all(std::span<const int> descriptors);

  // A canary: the EICAR test file must hit, or the engine is not doing its work (empty or swapped
  // signatures): kScannerUnavailable. A twentieth of a millisecond.
  Result<void> check_signatures();

 private:
  const ClamdSettings& settings_;
  std::unique_ptr<ClamdSocket> socket_;
};

// Where the engine is. Outlives its sessions; may be used from many threads.
class Clamd {
 public:
  explicit Clamd(ClamdSettings settings);

  // clamd ends a session in which nothing is asked for half a minute (IdleTimeout).
  Result<ClamdSession> open() const;

  // A session for one question.
  Result<EngineVersion> version() const;
  Result<void> ping() const;
  Result<ScanAnswer> scan(int descriptor) const;

  // The EICAR test file must hit, harmless bytes must pass, and what is nested beyond every limit
  // must be reported as such (AlertExceedsMax): kScannerUnavailable. About a tenth of a second.
  Result<void> check() const;

 private:
  ClamdSettings settings_;
};

}  // namespace yizhan
