#pragma once

#include <string>
#include <vector>

#include "ground/base/base.h"
#include "model/part_name/part_name.h"

// The private manifest: the first bytes of the plaintext, and the only container format there is.
// Plaintext = 8-byte big-endian length ‖ manifest JSON ‖ the parts back to back, in its order.

namespace yizhan {

enum class PartKind { kDi, kSw, kDm, kAttachment, kRendition };

std::string_view text_of(PartKind kind);

struct Part {
  std::string name;
  std::string media_type;
  PartKind kind;
  std::uint64_t length;
  Sha256 sha256;
};

struct Manifest {
  Bytes blind;  // 32 random bytes: the root tells nothing about the subject
  std::string subject;
  std::string document_number;
  std::string document_type;
  std::string secrecy;  // empty when none
  std::vector<Part> parts;

  // Exactly one DI, names unique after NFC and case folding and fit for use, limits kept.
  // Refuses kMalformed, kAttachmentName, kTooLarge.
  static Result<Manifest> parse(ByteView json);
  [[nodiscard]] Bytes json() const;
  // 8 + manifest + every part.
  [[nodiscard]] std::uint64_t plain_length() const;
};

}  // namespace yizhan
