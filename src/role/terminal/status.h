#pragma once

#include <mutex>

#include "ground/keys/keys.h"
#include "model/agency/agency.h"
#include "model/mailbox/mailbox.h"
#include "way/screen/screen.h"

namespace yizhan {

// How the line to the centre stands: whether the last question was answered, and since when.
class CentreStanding {
 public:
  explicit CentreStanding(Time now) : since_(now) {}

  void answered(Time now) { set(std::nullopt, now); }
  void failed(const Refusal& why, Time now) { set(why, now); }
  [[nodiscard]] Json describe() const;
  [[nodiscard]] Result<void> check() const;  // why the last question was not answered

 private:
  void set(const std::optional<Refusal>& why, Time now);

  mutable std::mutex mutex_;
  bool asked_ = false;
  std::optional<Refusal> why_;
  Time since_;
};

// No module of the keyholder waits for its card or PIN. Refuses kTokenLocked with its name, and
// what the keyholder refuses.
Result<void> check_modules(Keyholder& keyholder);

class StatusDesk {
 public:
  struct Parts {
    Database& database;
    const DirectorySource& directory;
    const TerminalIdentity& terminal;
    Keyholder& keyholder;
    EngineWatch& engine;
    const CentreStanding& centre;
    std::function<bool()> caught_up;
    const Clock& clock;
    Milliseconds certificate_warning = std::chrono::days{30};
    // How the terminal stands to what management hands down; null: it does not follow it.
    std::function<Json()> distribution = [] { return Json(); };
  };

  explicit StatusDesk(Parts parts) : parts_(std::move(parts)) {}

  [[nodiscard]] Json describe();
  // The counts of both boxes only.
  [[nodiscard]] Json boxes();
  // What the centre still has to prove: {awaited, overdue, oldest?}.
  [[nodiscard]] Json proofs();
  // The agency's certificates as registered (describe_coverage); those that end soon or have ended.
  [[nodiscard]] Json certificates() const;
  [[nodiscard]] Json certificates_ending() const;

 private:
  Json describe_keyholder() const;
  Json describe_engine() const;
  Json describe_directory(const Directory& directory) const;

  Parts parts_;
  OutboxStore outbox_;
  InboxStore inbox_;
  ProofStore proofs_;
};

}  // namespace yizhan
