#pragma once

#include <map>
#include <mutex>
#include <thread>

#include "ground/daemon/daemon.h"
#include "ground/keys/keys.h"
#include "ground/loop/loop.h"
#include "role/scanner/scanner_config.h"

namespace yizhan {

// The scanner's keys, behind its keyholder: whatever it is granted, found by certificate, so that
// a renewed key is there at once and the one before it as long as it is needed.
class KeyholderKeys final : public ScannerKeys {
 public:
  explicit KeyholderKeys(const std::filesystem::path& socket) : keyholder_(socket) {}
  Result<ScannerKey> find(const Sha256& certificate) override;
  // The keyholder may have been given others: asked anew from here on.
  void forget();

 private:
  Keyholder keyholder_;
  std::mutex mutex_;
  std::map<Sha256, ScannerKey> known_;
};

class ScannerRole final : public Running {
 public:
  explicit ScannerRole(const ScannerConfig& config);
  ~ScannerRole() override;

  void reload() override;  // directory and trust, which are also read every few seconds

 private:
  void check();

  Nursery nursery_;  // first: it must be born before any thread
  SystemClock clock_;
  KeyholderKeys keys_;
  DirectorySource directory_;
  TrustSource trust_;
  Inspector inspector_;
  Clamd engine_;
  ScanDesk desk_;
  ScannerSocket socket_;
  Loop reading_loop_;
  Loop checking_loop_;
  std::jthread serving_;  // last: everything above is there when it starts
};

}  // namespace yizhan
