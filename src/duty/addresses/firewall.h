#pragma once

#include "duty/addresses/nft.h"
#include "duty/addresses/nft_rules.h"
#include "ground/trust/trust.h"

namespace yizhan {

struct FirewallStanding {
  Time looked;
  std::optional<Time> applied = {};    // when the table was last written
  std::optional<Time> effective = {};  // of the list in force; none: nobody comes in
  std::int64_t elements = 0;           // addresses and ranges that are let in
  std::int64_t restored = 0;           // changes by somebody else that were undone since the start
  std::optional<Refusal> why = {};     // what the last look met; the list in force stays

  [[nodiscard]] Json describe(const CentreCode& centre) const;
};

// Carries the signed list of one centre into the kernel. It verifies the distribution by itself,
// from its own trusted root, so that a program that listens to the network can not open a port: all
// that program gives is a folder. Without any list it lets nobody in.
class Firewall {
 public:
  struct Parts {
    CentreCode centre;
    std::filesystem::path folder;  // its own: what it trusts, and every list it went by
    Bytes first_root;              // as it came with the installation
    RepositorySource& source;
    const Nft& nft;
    std::string table;
    std::vector<Gate> gates;
    const Clock& clock;
  };

  // Throws as TrustedState does, and when a list of its own folder is damaged.
  explicit Firewall(Parts parts);

  // Looks for a newer list, and at the table itself; writes what is another than it must be. What
  // the look met stands in the standing; refuses kUnavailable when the table could not be written:
  // then the one before is in force as a whole. One thread.
  Result<FirewallStanding> work();

 private:
  Result<void> follow(Time now);
  Result<void> keep(AddressList list);
  Result<void> apply(Time now);

  const Parts parts_;
  TrustedState state_;
  std::optional<AddressList> list_;    // in force
  std::optional<AddressList> coming_;  // verified, and its day has not come
  std::int64_t whole_ = 0;  // which timestamp was taken whole since the start; 0: none
  std::string transaction_, listed_;   // as written last, and how nft showed it then
  FirewallStanding standing_;
};

// The lists that are kept in the folder of a firewall, for AddressTable. Refuses kMalformed.
Result<std::vector<AddressList>> kept_lists(const std::filesystem::path& folder);

}  // namespace yizhan
