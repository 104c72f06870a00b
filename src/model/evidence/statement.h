#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ground/crypto/crypto.h"
#include "model/agency/agency.h"
#include "model/package/package.h"

// Evidence: a signed statement that something happened to a document (ETSI EN 319 522-1 names).
// CMS SignedData over the statement's JSON, or over a batch of several (batch.h). A statement is
// named by the SHA-256 of its JSON bytes, never of its signature: so it can be chained before a
// slow card has signed it, and a second signature over the same bytes is the same evidence.
// docs/protocol/evidence.md

namespace yizhan {

enum class EvidenceType {
  kSubmissionAcceptance,       // A.1
  kSubmissionRejection,        // A.2
  kHeld,
  kReleased,
  kRelayAcceptance,            // B.1
  kRelayRejection,             // B.2
  kRelayFailure,               // B.3
  kAcceptanceExpiry,           // C.5
  kConsignment,                // D.1
  kConsignmentFailure,         // D.2
  kHandover,                   // E.1
  kHandoverFailure,            // E.2
  kConfirmed,                  // F.1 收文確認
  kReturned,                   // F.2 退文
};

std::string_view text_of(EvidenceType type);  // "A.1", "Held", "D.2" …
std::optional<EvidenceType> find_evidence_type(std::string_view text);
// A.2, B.3, C.5, D.2, E.1, E.2: after it nothing more is to be decided for that recipient.
bool is_final(EvidenceType type);

// Who states: an agency or a centre, and with which certificate.
struct Actor {
  std::variant<OrgCode, CentreCode> party;
  Sha256 certificate;
  std::string terminal;  // the agency's host that acted, or empty
  std::string module;    // kind and serial of the crypto module, or empty
};

// How a centre speaks: its code and the certificate that its evidence is signed with.
struct CentreIdentity {
  CentreCode code;
  Sha256 certificate;

  [[nodiscard]] Actor actor() const { return {code, certificate, {}, {}}; }
};

struct LeaseMark {
  std::string id;
  std::int64_t fencing;
};

struct Statement {
  EvidenceType type;
  MessageKey message;
  std::optional<Addressee> recipient = {};  // none: it concerns all of them
  Sha256 header_sha256;
  std::optional<Sha256> plaintext_root = {};
  std::vector<Sha256> previous = {};
  Actor actor;
  std::optional<std::int64_t> recipient_count = {};  // A.1, B.1: how many finals are owed
  std::optional<Sha256> leaves_sha256 = {};  // B.1, B.2: of whom (model/package/relay_offer.h)
  std::optional<LeaseMark> lease = {};
  std::optional<Reason> reason = {};
  std::string detail = {};            // for people; empty when there is nothing to add
  // Released, D.2: the signed decisions or the signed withdrawal that it obeys.
  std::vector<Bytes> approvals = {};
  Time time;

  // Refuses kMalformed, kUnknownFormat.
  static Result<Statement> parse(ByteView json);
  [[nodiscard]] Bytes json() const;
};

// The recipient's own terminal found malware in what it had fetched: an E.2 that says so.
bool names_malware(const Statement& statement);

enum class ScanResult { kClean, kInfected, kRefused, kIncomplete };

std::string_view text_of(ScanResult result);

struct ScanInventory {
  std::int64_t parts = 0;
  std::int64_t bytes = 0;
  std::int64_t members = 0;
  std::int64_t depth = 0;
};

// A scanner's verdict over one package: what was scanned, with what, and what was found.
struct Verdict {
  CentreCode centre;
  Sha256 scanner_certificate;
  MessageKey message;
  Sha256 header_sha256;
  Sha256 cipher_root;
  Sha256 plaintext_root;
  ScanResult result;
  std::string name;  // of the malware
  std::optional<Reason> reason;
  std::string detail;
  ScanInventory inventory;
  std::string engine;
  std::string signatures_version;
  std::int64_t policy_version;
  Time time;

  static Result<Verdict> parse(ByteView json);
  [[nodiscard]] Bytes json() const;
};

// As they travel: the signed bytes, the name, and what they say once the signature held.
struct SignedStatement {
  Bytes cms;      // or JSON, where it was signed in a batch
  Sha256 sha256;  // of the statement's JSON
  Statement statement;
  Certificate signer;
  SignatureScheme scheme;
};

struct SignedVerdict {
  Bytes cms;
  Sha256 sha256;
  Verdict verdict;
  Certificate signer;
  SignatureScheme scheme;
};

// The signature holds under the embedded certificate and that certificate is the one the statement
// names; who it belongs to is judged by check_actor. Refuses what open_evidence and parse refuse.
// A verdict is signed by itself.
Result<SignedStatement> open_statement(ByteView cms);
Result<SignedVerdict> open_verdict(ByteView cms);

Result<SignedStatement> sign_statement(const Statement& statement, SigningKey& key);
Result<SignedVerdict> sign_verdict(const Verdict& verdict, SigningKey& key);

// The signer is registered in the directory for the party that the statement names, for evidence
// (centres) or signing (agencies), at the statement's time; that party may state this type, and
// policy takes key and algorithm.
// Refuses kUnknownAgency, kUnknownCentre, kCertificate…, kForbidden, kAlgorithmRefused.
Result<void> check_actor(const SignedStatement& signed_statement, const Directory& directory,
                         const CryptoPolicy& policy);
// The signer is the scanner that the directory registers for that centre, and stands in the header.
// Refuses kVerdictMissing (it counts as none).
Result<void> check_scanner(const SignedVerdict& signed_verdict, const SealedHeader& sealed,
                           const Directory& directory, const CryptoPolicy& policy);

}  // namespace yizhan
