#pragma once

#include <optional>

#include "duty/distribution/distribution.h"
#include "model/record/record.h"

namespace yizhan {

// Whose lines of the board somebody sees: all of them, a centre's with its agencies', an agency's.
// Written on an account as its scope: "", a centre's code, an agency's.
class BoardScope {
 public:
  explicit BoardScope(std::string scope) : scope_(std::move(scope)) {}
  [[nodiscard]] bool covers(const Centre& centre) const;
  [[nodiscard]] bool covers(const Agency& agency) const;

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

  // Who runs which version, who is late, what failed.
  [[nodiscard]] Json board(const BoardScope& scope) const;
  [[nodiscard]] std::vector<Metric> metrics() const;

 private:
  const Parts parts_;
  const Facts facts_;
};

}  // namespace yizhan
