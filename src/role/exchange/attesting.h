#pragma once

#include "ground/config/config.h"
#include "ground/daemon/daemon.h"
#include "ground/journal/journal.h"
#include "ground/loop/loop.h"
#include "ground/monitor/monitor.h"
#include "way/attest/attest.h"

namespace yizhan {

// What people must know about logs: in the journal, and for the operator.
class AttestJournal final : public AttestAlarm {
 public:
  AttestJournal(Database& database, const Journal& journal, const Clock& clock)
      : database_(database), journal_(journal), clock_(clock) {}
  void log_uncosigned(const std::optional<Refusal>& why) override;
  void witness_disagrees(const std::string& witness, const Refusal& why) override;
  void stamps_missing(const std::string& authority, const std::optional<Refusal>& why) override;
  void log_conflict(const LogConflict& conflict) override;

 private:
  void record(Event event, const Fields& fields, LogLevel level);

  Database& database_;
  const Journal& journal_;
  const Clock& clock_;
};

struct AttestSettings {
  Milliseconds interval = std::chrono::seconds{5};  // between two rounds of witnesses
  LogStanding::Limits limits = {};
  std::vector<NoteKey> peers = {};         // logs beside the directory's
  std::vector<Certificate> clients = {};   // who may ask for co-signatures beside its centres
  std::vector<StampAuthority> authorities = {};
  Milliseconds stamp_interval = std::chrono::minutes{1};
  Milliseconds stamp_told_after = std::chrono::minutes{5};

  // Throws ConfigError, and what reading certificates throws.
  static AttestSettings from(const Config& config);
};

// All that makes a centre's log believed: witnesses, time-stamps, proofs; and its work as the
// witness of others.
class Attesting {
 public:
  struct Parts {
    Database& database;
    const Journal& journal;
    EvidenceLog& log;
    const DirectorySource& directory;
    const TrustSource& trust;
    CentreCode own;
    std::shared_ptr<SigningKey> tls_key;  // shared_ptr: TLS contexts hold it too
    SigningKey& log_key;
    std::filesystem::path data;
    AttestSettings settings;
    const Clock& clock;
  };

  explicit Attesting(Parts parts);

  using PlanLoop = std::function<LoopPlan(std::string name, std::function<bool()> work)>;
  void start(const PlanLoop& plan);
  void stop();

  [[nodiscard]] const Proving& proving() const { return proving_; }
  [[nodiscard]] const LogStanding& standing() const { return standing_; }
  WitnessAnswer add_checkpoint(ByteView body) { return witness_.add_checkpoint(body); }
  // A centre of the directory, or one that the configuration names. Refuses
  // kCertificateUnregistered.
  [[nodiscard]] Result<void> check_asker(const Peer& peer) const;
  [[nodiscard]] std::optional<SignedNote> checkpoint() const;  // the co-signed one if there is any

  [[nodiscard]] std::uint64_t log_size() const { return parts_.log.size(); }
  [[nodiscard]] Json describe() const;
  void add_metrics(std::vector<Metric>& all) const;

 private:
  Parts parts_;
  AttestJournal alarm_;
  LogStanding standing_;
  WitnessLine line_;
  Cosigning cosigning_;
  Stamping stamping_;
  Proving proving_;
  WitnessDesk witness_;
  std::unique_ptr<Loop> cosigning_loop_;
  std::unique_ptr<Loop> stamping_loop_;
};

}  // namespace yizhan
