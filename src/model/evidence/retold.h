#pragma once

#include "model/agency/agency.h"
#include "model/package/package.h"

namespace yizhan {

// What is told again to a centre whose store came back from an older copy: everything signed that
// its teller holds about one message. Proven by the signatures in it, by nobody's word.
struct Retold {
  static constexpr std::size_t kEvidenceMax = 200;  // at a time; the rest follows
  static constexpr std::size_t kBytesMax = 4U << 20;

  MessageKey message;
  Bytes header;  // CMS; empty where the teller does not have it
  std::vector<Bytes> evidence;

  // Refuses kMalformed, kTooLarge.
  static Result<Retold> parse(ByteView json);
  [[nodiscard]] Bytes json() const;
};

}  // namespace yizhan
