#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ground/base/base.h"
#include "ground/crypto/crypto.h"

// C2SP signed-note: text, a blank line, signature lines. Signature type 0x01 (Ed25519) is made and
// verified here; lines of other keys (witnesses among them) are carried and ignored.

namespace yizhan {

// A key whose signature on a note counts.
class NoteKey {
 public:
  // Refuses kMalformed: an empty name, one with spaces, controls or '+', or a key not of 32 octets.
  static Result<NoteKey> parse(std::string name, ByteView ed25519_public_key);
  // Refuses also kAlgorithmRefused: not an Ed25519 certificate.
  static Result<NoteKey> of(std::string name, const Certificate& certificate);

  [[nodiscard]] const std::string& name() const { return name_; }
  // First four octets of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key), big-endian.
  [[nodiscard]] std::uint32_t id() const { return id_; }
  [[nodiscard]] ByteView public_key() const { return public_key_; }

 private:
  NoteKey() = default;

  std::string name_;
  std::uint32_t id_ = 0;
  Bytes public_key_;
};

struct NoteSignature {
  std::string name;
  std::uint32_t key_id;
  Bytes signature;  // what follows the key id: 64 octets for Ed25519
};

class SignedNote {
 public:
  // At most 64 KiB and 32 signature lines. Refuses kMalformed, kTooLarge. Trusts nothing yet.
  static Result<SignedNote> parse(ByteView bytes);
  // `text` ends in a newline. Refuses what the key refuses, and kAlgorithmRefused if not Ed25519.
  static Result<SignedNote> sign(std::string text, const std::string& key_name, SigningKey& key);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::vector<NoteSignature>& signatures() const { return signatures_; }
  [[nodiscard]] Bytes bytes() const;
  void add(NoteSignature signature);

  // Refuses kBadSignature: no line of this key (name and id), or one that does not verify.
  [[nodiscard]] Result<void> verify(const NoteKey& key) const;

 private:
  SignedNote() = default;

  std::string text_;
  std::vector<NoteSignature> signatures_;
};

}  // namespace yizhan
