#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "duty/baseline/baseline.h"
#include "duty/distribution/distribution.h"
#include "duty/release/release.h"
#include "model/record/record.h"

namespace yizhan {

// Whose lines of the board somebody sees: all of them, a centre's with its agencies', an agency's.
// Written on an account as its scope: "", a centre's code, an agency's.
class BoardScope {
 public:
  explicit BoardScope(std::string scope) : scope_(std::move(scope)) {}
  [[nodiscard]] bool covers(const Centre& centre) const;
  [[nodiscard]] bool covers(const Agency& agency) const;
  // A line of that code, of a node that this centre serves.
  [[nodiscard]] bool covers(const std::string& code, const CentreCode& centre) const;

 private:
  std::string scope_;
};

// What centres and terminals have signed that they run, kept as facts, and what follows from it.
// Any thread.
class ReportBook {
 public:
  struct Parts {
    Database& database;
    const Journal& journal;
    const DirectorySource& directory;
    const Clock& clock;
  };

  explicit ReportBook(Parts parts) : parts_(parts), facts_(parts.journal) {}

  // Handed in by that centre: its own, or one of an agency that it serves. The same again changes
  // nothing. Refuses kForbidden (somebody else's), kClockSkew, and as open_report() and
  // check_reporter().
  Result<void> take(ByteView cms, const CentreCode& from);

  // What the client's metadata lists, after its refresh(): against which releases the board judges.
  // One thread. Refuses what the source refuses.
  Result<void> take_releases(TrustClient& client);

  // Who runs which directory and which program, who is late, what failed.
  [[nodiscard]] Json board(const BoardScope& scope) const;
  [[nodiscard]] std::vector<Metric> metrics() const;

 private:
  using Releases = std::map<Layer, Release>;  // the newest of each
  [[nodiscard]] Releases releases() const;

  const Parts parts_;
  const Facts facts_;
  mutable std::mutex mutex_;
  Releases releases_;
};

}  // namespace yizhan
