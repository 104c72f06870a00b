#pragma once

#include <map>
#include <mutex>

#include "ground/journal/recording.h"

namespace yizhan {

// The connections that a listener refuses. Whoever knocks again and again must not fill the
// journal: the first of an address in a minute stands there at once, the others of that minute as a
// count. Any thread.
class RefusedConnections {
 public:
  struct Knock {
    std::string address;
    std::string certificate_sha256;  // empty: none
    std::string reason;
  };
  // More addresses than this in one minute are told from each other no longer.
  static constexpr std::size_t kAddressesMax = 256;

  RefusedConnections(Database& database, const Journal& journal, const Clock& clock)
      : database_(database), journal_(journal), clock_(clock) {}
  ~RefusedConnections();  // tells what is still to be told; a store that fails now loses the counts
  RefusedConnections(const RefusedConnections&) = delete;
  RefusedConnections& operator=(const RefusedConnections&) = delete;

  void note(Knock knock);
  // Once a second or so: writes the counts of a minute that is over.
  void tend();

 private:
  struct Tally {
    Knock first;
    std::int64_t count = 0;
  };

  void tell_counts();
  void record(Transaction& tx, const Knock& knock, std::int64_t count) const;

  Database& database_;
  const Journal& journal_;
  const Clock& clock_;
  std::mutex mutex_;
  Time began_;  // of the minute
  std::map<std::pair<std::string, std::string>, Tally> tallies_;  // by address and reason
};

}  // namespace yizhan
