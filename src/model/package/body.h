#pragma once

#include <functional>
#include <vector>

#include "ground/crypto/crypto.h"
#include "ground/files/files.h"
#include "model/package/header.h"
#include "model/package/manifest.h"

// The body of a package: chunked AEAD, hashed by groups as it goes. Flat memory for any size.

namespace yizhan {

// How many groups a body has whose plaintext has that length.
std::uint64_t group_count_of(std::uint64_t plain_length);
// How long group `index` must be.
std::uint64_t group_length_of(std::uint64_t plain_length, std::uint64_t index);

// The list of group hashes as it follows the header on the wire. kGroupMismatch
Result<void> check_groups(const Header& header, std::span<const Sha256> groups);

// Gives the bytes [offset, offset + length) of a stored body.
using ReadBody = std::function<Bytes(std::uint64_t offset, std::size_t length)>;
ReadBody read_body_from(const FileHandle& file);

struct BodyFacts {
  Sha256 commitment;
  Sha256 cipher_root;
  Sha256 plaintext_root;
  std::uint64_t plain_length;
  std::vector<Sha256> groups;
};

// What has to be known before a body is written.
struct BodyPlan {
  SecretBytes content_key;
  Bytes salt;
  Sha256 context;
  Manifest manifest;
};

// Writes the ciphertext of manifest and parts (in the manifest's order) to `cipher`.
// A part whose bytes are not those that the manifest names is an exception: the file changed
// under our hands.
BodyFacts write_body(const BodyPlan& plan, std::span<const FileHandle> parts, FileHandle& cipher);

struct OpenedBody {
  Manifest manifest;
  std::vector<FileHandle> parts;  // in the manifest's order, readable from offset 0
};

// Where an opener keeps plaintext until everything is checked: memory for a scanner, O_TMPFILE
// for a recipient.
using NewQuarantineFile = std::function<FileHandle()>;

struct BodySource {
  const Header& header;
  std::span<const Sha256> groups;
  ReadBody read;
};

// Steps 8 to 11 (to the parts' digests) of the order of checks. Every refusal is kUnopenable; its
// detail names the step and stays in the local journal.
Result<OpenedBody> open_body(const BodySource& source, const SecretBytes& content_key,
                             const NewQuarantineFile& new_file);

}  // namespace yizhan
