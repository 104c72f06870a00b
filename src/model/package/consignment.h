#pragma once

#include <string>
#include <vector>

#include "model/package/recipients.h"

namespace yizhan {

// What a recipient's terminal is given with a lease, all but the body:
// docs/protocol/terminal-centre.md, "Fetching".
struct Consignment {
  struct LeaseTerms {
    std::string id;
    std::int64_t fencing;
    Time until;
  };

  LeaseTerms lease;
  Bytes header;
  PlacedLeaf placed;
  std::vector<Bytes> key_blocks;
  std::vector<Sha256> groups;
  std::vector<Bytes> evidence;  // CMS of statements and verdicts, oldest first

  static Result<Consignment> parse(ByteView json);
  [[nodiscard]] Bytes json() const;
};

inline constexpr std::size_t kConsignmentBytesMax = 4U << 20;

}  // namespace yizhan
