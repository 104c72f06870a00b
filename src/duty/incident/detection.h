#pragma once

#include <string>

#include "ground/crypto/crypto.h"
#include "ground/json/json.h"
#include "model/agency/agency.h"
#include "model/package/package.h"

namespace yizhan {

// What an agency says of malware that its own terminal found in a document before it was sealed:
// nothing of it left, so there is no package and no evidence to say it by.
struct Detection {
  OrgCode agency;
  std::string terminal;  // the host that found it
  DocumentId document;   // as the terminal calls it
  std::string found;     // in which file, and the malware's name
  Time detected;
  Time time;  // when it says so

  static constexpr std::size_t kTerminalBytesMax = 64;
  static constexpr std::size_t kFoundBytesMax = 300;

  // Refuses kMalformed, kUnknownFormat, kTooLarge.
  static Result<Detection> parse(ByteView json);
  [[nodiscard]] Bytes json() const;  // canonical
};

struct SignedDetection {
  Detection detection;
  Certificate signer;
};

// By the key that signs the agency's documents. Refuses as cms_sign().
Result<Bytes> sign_detection(const Detection& detection, SigningKey& key);
// Signed with a key that was registered for that agency's documents when it was, and not from the
// future. Refuses kClockSkew, kCertificateUnregistered, and as cms_verify() and parse().
Result<SignedDetection> open_detection(ByteView cms, const Directory& directory, Time now);

}  // namespace yizhan
