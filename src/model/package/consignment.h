#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/package/recipients.h"

namespace yizhan {

// What a recipient's terminal is given with a lease: docs/protocol/terminal-centre.md, "Fetching".
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

  std::optional<Bytes> body = {};  // the whole body, when it is a single group and came along

  // Without the body.
  static Result<Consignment> parse(ByteView json);
  [[nodiscard]] Bytes json() const;

  // On the wire with the body: the length of the JSON (4 bytes, big-endian), the JSON, the body as
  // it is; nothing behind the JSON where the body is to be fetched by groups.
  static Result<Consignment> parse_answer(ByteView bytes);
  [[nodiscard]] Bytes answer() const;
};

inline constexpr std::size_t kConsignmentBytesMax = 4U << 20;

}  // namespace yizhan
