#pragma once

#include <functional>
#include <mutex>

#include "ground/loop/loop.h"
#include "ground/net/net.h"
#include "model/agency/agency.h"
#include "model/evidence/evidence.h"
#include "way/attest/alarm.h"

namespace yizhan {

// An authority that stamps (RFC 3161 over HTTP), and how it is reached.
struct StampAuthority {
  // Its answer to a query. Refuses when there is none.
  using Ask = std::function<Result<Response>(const Bytes& query)>;

  std::string name;
  std::vector<Certificate> anchors;  // its own, for time-stamps only
  Ask ask;
};

// Has checkpoints stamped by every authority. One that is away is asked again later and later,
// shown at once and told after a while; nothing waits for it. One thread works; anyone may look.
class Stamping {
 public:
  struct Parts {
    Database& database;
    EvidenceLog& log;
    const DirectorySource& directory;
    CentreCode own;
    std::vector<StampAuthority> authorities;
    Milliseconds interval;    // between two stamps
    Milliseconds told_after;  // of an authority that is away
    AttestAlarm& alarm;
    const Clock& clock;
  };

  explicit Stamping(Parts parts);

  // Asks those that are due. Whether there is a new stamp.
  bool work();

  // [{authority, stamped?, size, failing_since?, why?}]
  [[nodiscard]] Json describe() const;

 private:
  struct Standing {
    std::optional<Time> stamped = {};  // by its own clock
    std::uint64_t size = 0;
    std::int64_t attempts = 0;
    Time due = {};
    std::optional<Time> failing = {};
    std::optional<Refusal> why = {};
    bool told = false;
  };

  struct Target {
    SignedNote note;
    std::uint64_t size;
    bool witnessed;
  };

  [[nodiscard]] std::optional<Target> target() const;
  bool stamp(const Target& target, const StampAuthority& authority, Standing& standing);
  Result<TimeStamp> obtain(const Target& target, const StampAuthority& authority);
  void tell_when_lasting(const StampAuthority& authority, Standing& standing);

  Parts parts_;
  mutable std::mutex mutex_;
  std::vector<Standing> standings_;  // in the order of the authorities
};

}  // namespace yizhan
