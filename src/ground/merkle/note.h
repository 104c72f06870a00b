#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ground/base/base.h"
#include "ground/crypto/crypto.h"

// C2SP signed-note: text, a blank line, signature lines. Signature types 0x01 (Ed25519) and 0x04
// (C2SP tlog-cosignature) are made and verified here; lines of other keys are carried and ignored.

namespace yizhan {

// What a signature says: that the note is the signer's, or that a witness has seen it at a time.
// One Ed25519 key may do both: what is signed differs.
enum class NoteKeyType : std::uint8_t { kSigner = 0x01, kWitness = 0x04 };

// A key whose signature on a note counts.
class NoteKey {
 public:
  // Refuses kMalformed: an empty name, one with spaces, controls or '+', or a key not of 32 octets.
  static Result<NoteKey> parse(std::string name, ByteView ed25519_public_key,
                               NoteKeyType type = NoteKeyType::kSigner);
  // As C2SP writes it: "NAME+HASH+BASE64", with the key's id and its type. Refuses kMalformed.
  static Result<NoteKey> parse_text(std::string_view vkey);
  // Refuses also kAlgorithmRefused: not an Ed25519 certificate.
  static Result<NoteKey> of(std::string name, const Certificate& certificate,
                            NoteKeyType type = NoteKeyType::kSigner);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] NoteKeyType type() const { return type_; }
  // First four octets of SHA-256(name ‖ 0x0A ‖ type ‖ public key), big-endian.
  [[nodiscard]] std::uint32_t id() const { return id_; }
  [[nodiscard]] ByteView public_key() const { return public_key_; }

 private:
  NoteKey() = default;

  std::string name_;
  NoteKeyType type_ = NoteKeyType::kSigner;
  std::uint32_t id_ = 0;
  Bytes public_key_;
};

struct NoteSignature {
  std::string name;
  std::uint32_t key_id;
  // What follows the key id: 64 octets, before them a witness's time (8, seconds).
  Bytes signature;
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
  // Adds the line of a witness. Refuses as sign().
  Result<void> cosign(const std::string& key_name, SigningKey& key, Time now);

  // Refuses kBadSignature: no line of this key (name and id), or one that does not verify.
  [[nodiscard]] Result<void> verify(const NoteKey& key) const;
  // When this witness last saw it, to the second. Refuses as verify().
  [[nodiscard]] Result<Time> verify_witness(const NoteKey& witness) const;

 private:
  SignedNote() = default;

  std::string text_;
  std::vector<NoteSignature> signatures_;
};

}  // namespace yizhan
