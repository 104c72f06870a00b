#pragma once

#include <functional>

#include "duty/distribution/follow.h"
#include "duty/distribution/report.h"

namespace yizhan {

// What a node says of itself: signed once for each thing there is to say, so that no card is asked
// at every start; handed over again after each start, since whoever is above may have lost it.
// One thread.
class OwnReport {
 public:
  // What runs here, and the newest release that it has verified ("": it does not say), and how its
  // host stands.
  struct Program {
    std::string running = {};
    std::string verified = {};
    HostWord host = {};
    bool operator==(const Program&) const = default;
  };
  struct Parts {
    ReportingNode node;
    std::shared_ptr<SigningKey> key;  // shared_ptr: as the keyholder's client hands it out
    const DirectorySource& directory;
    std::filesystem::path file;  // the last one that was signed
    const Clock& clock;
    std::function<Program()> program = [] { return Program{}; };
  };

  explicit OwnReport(Parts parts) : parts_(std::move(parts)) {}

  // What is to be handed over now; nullopt: nothing. Refuses as sign_report().
  Result<std::optional<Bytes>> due(const FollowStanding& standing);
  // What due() answered last has been.
  void handed_over() { handed_over_ = said_; }

 private:
  // Another one of these is something new to say.
  struct Said {
    std::int64_t directory = 0;
    std::string failed = {};
    Program program = {};
    bool operator==(const Said&) const = default;
  };

  static Said said_in(const DistributionReport& report);
  Result<Bytes> say(const Said& what, std::int64_t timestamp);

  const Parts parts_;
  Said said_;
  Said handed_over_;
};

}  // namespace yizhan
