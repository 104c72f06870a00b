#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ground/crypto/crypto.h"
#include "model/agency/agency.h"
#include "model/package/limits.h"

// The header of a sealed package, format 1: what a relay may know, signed by the sender.
// CMS SignedData (RFC 5652) over I-JSON (RFC 7493). docs/protocol/package.md

namespace yizhan {

struct MessageNoun;
struct DocumentNoun;
using MessageId = Id<MessageNoun>;
using DocumentId = Id<DocumentNoun>;

enum class Urgency { kNormal, kFast, kFastest };  // 普通件, 速件, 最速件

std::string_view text_of(Urgency urgency);
std::optional<Urgency> find_urgency(std::string_view text);

// How one package is known for ever: a sender never uses a message id twice.
struct MessageKey {
  OrgCode sender;
  MessageId message;

  auto operator<=>(const MessageKey&) const = default;
};

struct ScannerEntry {
  CentreCode centre;
  Sha256 certificate;
  Sha256 key_block;
};

struct Resend {
  MessageId of;
  std::string reason;  // 文書訊息代碼 1–6
};

struct Header {
  MessageId message_id;
  DocumentId document_id;
  OrgCode sender;
  UnitCode sender_unit;
  Sha256 sender_certificate;
  CentreCode home_centre;
  Sha256 recipients_root;
  std::int64_t recipient_count;
  bool with_attachments;
  std::vector<ScannerEntry> scanners;
  Time created;
  Time expires;
  std::optional<Urgency> urgency;
  std::optional<Resend> resend;
  std::uint64_t plain_length;
  Bytes salt;
  Sha256 commitment;
  Sha256 cipher_root;
  Sha256 plaintext_root;
  std::int64_t directory_version;
  std::int64_t policy_version;

  // Every member present, none unknown, every limit kept. Refuses kMalformed, kUnknownFormat,
  // kTooLarge.
  static Result<Header> parse(ByteView json);
  [[nodiscard]] Bytes json() const;
  [[nodiscard]] MessageKey key() const { return {sender, message_id}; }
  // What the chunk keys are bound to: SHA-256(format ‖ 0 ‖ message_id ‖ 0 ‖ org_code).
  [[nodiscard]] Sha256 context() const;
};

// The header as it travels: the CMS bytes are stored and forwarded as they are.
struct SealedHeader {
  Bytes cms;
  Sha256 sha256;
  Header header;
  Certificate signer;
  Time signing_time;
  SignatureScheme scheme;
};

// Steps 1 to 3 of the order of checks and the signature itself; who the signer may be is
// judged by check_sender. Refuses kTooLarge, kMalformed, kUnknownFormat, kBadSignature,
// kAlgorithmRefused, kWrongSender (the signer is not the certificate that the header names).
Result<SealedHeader> open_header(ByteView cms);

Result<SealedHeader> seal_header(const Header& header, SigningKey& key, Time now);

}  // namespace yizhan
