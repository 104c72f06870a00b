#pragma once

#include <map>
#include <mutex>

#include "ground/keys/keys.h"
#include "ground/loop/loop.h"
#include "way/relay/relay.h"

namespace yizhan {

// The lines to the other centres that the directory knows: to each its own queue, threads and pace,
// so that one that is dead delays no other; and one thread that reads its news.
class CentreLinks {
 public:
  struct Parts {
    Relaying& relaying;
    Database& database;
    Custody& custody;
    const DirectorySource& directory;
    const TrustSource& trust;
    std::shared_ptr<SigningKey> tls;  // shared_ptr: as the keyholder's client hands it out
    const Journal& journal;
    std::function<void()> wake_signing;
    const Clock& clock;
    std::function<bool()> holds = [] { return false; };  // nothing may be handed over now
    FoundAtRecipient on_malware = {};
  };

  CentreLinks(Parts parts, int hand_overs_max);
  ~CentreLinks();
  CentreLinks(const CentreLinks&) = delete;
  CentreLinks& operator=(const CentreLinks&) = delete;

  // As the directory has them now.
  void refresh();
  // Something was put into a queue.
  void wake();
  void stop();
  // For operators: each queue, and since when its centre has not been reached.
  Json describe(Json queues) const;

 private:
  class Link;

  std::map<CentreCode, CentreAddress> wanted() const;

  Parts parts_;
  const int hand_overs_max_;
  mutable std::mutex mutex_;
  std::map<CentreCode, std::unique_ptr<Link>> links_;
};

}  // namespace yizhan
