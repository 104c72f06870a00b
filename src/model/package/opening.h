#pragma once

#include "model/agency/agency.h"
#include "model/package/header.h"
#include "model/package/recipients.h"

// The order of checks of whoever reads a package, in the order in which they are made. Steps 1
// to 3 are open_header, 8 to 11 are open_body; here stand 4 to 7. A way that opens calls them in
// turn and skips none.

namespace yizhan {

// When something is judged: `accepted` is A.1's time, `now` the reader's.
struct Moment {
  Time accepted;
  Time now;
};

// When a submission opens: signing-time is no further from now than clocks differ. kClockSkew
Result<void> check_fresh(const SealedHeader& sealed, Time now);

// signing-time is no more than clocks differ after A.1, and before it no more than that and the
// longest upload. kClockSkew
Result<void> check_signing_time(const SealedHeader& sealed, Time accepted);

// Step 4: the agency stands, the certificate is registered for it to sign with, its path holds at
// A.1's time, and so does its signing-time; policy takes key and algorithm.
// Refuses kUnknownAgency, kAgencyClosed, kAgencySuspended, kWrongSender, kCertificate…,
// kAlgorithmRefused, kRevocationUnknown, kClockSkew.
Result<void> check_sender(const SealedHeader& sealed, const Directory& directory,
                          const Trust& trust, const Moment& moment);

// Step 5 without the replay register: kDirectoryStale, kDirectoryNewer, kPolicyNewer,
// kPackageExpired.
Result<void> check_versions(const Header& header, const Directory& directory,
                            const Moment& moment);

// The centres whose scanners must stand in the header: the sender's and every recipient's home; in
// place of the latter, for a while, the one from which it has moved.
std::vector<CentreCode> required_centres(const Header& header,
                                         std::span<const Addressee> recipients,
                                         const Directory& directory, Time at);
// A header that lacks a required centre or names an unregistered scanner: kScannersMismatch.
Result<void> check_scanners(const Header& header, std::span<const CentreCode> required,
                            const Directory& directory, Time at);

// Step 6 for a scanner: its own entry names this key block. kUnopenable
Result<void> check_scanner_entry(const Header& header, const Certificate& own, ByteView key_block);
// Step 6 for a recipient: own leaf under the root, own key block in the leaf. kUnopenable
Result<RecipientLeaf> check_own_leaf(const Header& header, const PlacedLeaf& placed,
                                     std::span<const Bytes> key_blocks);

// The content of a key block: JSON {message_id, content_key}.
Bytes key_block_content(const MessageId& message, const SecretBytes& content_key);
// Step 7. kUnopenable, or why the key could not be asked; kKeyholderUnavailable also when it does
// not even open what was just sealed to it.
Result<SecretBytes> open_key_block(const Header& header, ByteView key_block, DecryptionKey& key);

// What may be said outside: steps 6 to 11 share one code and no detail.
Refusal outward(const Refusal& inward);

}  // namespace yizhan
