#pragma once

#include <optional>
#include <vector>

#include "duty/incident/incident_impact.h"
#include "ground/crypto/crypto.h"
#include "ground/json/json.h"
#include "model/agency/agency.h"
#include "model/package/package.h"
#include "model/record/record.h"

namespace yizhan {

enum class IncidentCause {
  kMalware,  // the scanner found it in a document
  kRelease,  // a version of the program that was handed down does not hold
};
std::string_view text_of(IncidentCause cause);  // "malware", "release"

// Where a centre stands with it.
enum class IncidentState { kOpen, kControlled, kImproved };
std::string_view text_of(IncidentState state);  // "open", "controlled", "improved"

// What of a document came to this centre.
struct IncidentSubmission {
  MessageId message;
  Sha256 header_sha256;
  Sha256 plaintext_root;
  Time submitted;                         // when this centre took it into its custody
  std::optional<CentreCode> from_centre;  // none: the agency handed it in here
};

// Where malware came from.
struct IncidentSource {
  OrgCode agency;
  Sha256 certificate;   // that sealed the document, or with which the agency says what it found
  std::string address;  // of the terminal, or of the centre that handed it over
  DocumentId document;
  std::optional<IncidentSubmission> submission;  // none: its own terminal stopped it before
};

// A recipient who has it, or may have.
struct IncidentHolder {
  Addressee recipient;
  std::string state;  // as of a journey: "received", "leased", …
  Time since;
  std::optional<CentreCode> centre;  // to which it was relayed, which scans it once more
  std::optional<Sha256> finding;     // its own terminal found malware in it: the E.2 that says so
};

struct IncidentSpread {
  static constexpr std::size_t kListedMax = 100;  // in a report; the centre shows all

  std::int64_t stopped = 0;  // recipients who do not get it
  std::int64_t holding = 0;  // who has to be called back: more than are listed, perhaps
  std::vector<IncidentHolder> holders;

  [[nodiscard]] Json describe() const;  // {stopped, holding, holders}
};

// What a centre says of an incident, in one piece; the last word by `time` counts.
struct IncidentReport {
  CentreCode centre;
  CaseId incident;
  IncidentCause cause;
  std::string found;   // the malware's name; the release's path
  std::string detail;  // by which engine, or why it does not hold
  Time detected;
  std::optional<IncidentSource> source;  // of malware, and of nothing else
  IncidentImpact impact;
  std::string assessed_by;  // "": the program proposed it, nobody has judged it yet
  std::string control;      // what was done to stop it; "": nothing yet
  std::string improvement;  // what was found out and changed; "": nothing yet
  std::string person;       // who said the last of these
  IncidentState state;
  IncidentSpread spread;
  std::optional<Time> source_told;  // when its sender's evidence of why it is held was stated
  Time time;                        // when it says so

  static constexpr std::size_t kTextBytesMax = 2'000;  // of control, of improvement
  static constexpr std::size_t kPersonBytesMax = 200;
  static constexpr std::size_t kFoundBytesMax = 300;
  static constexpr std::size_t kDetailBytesMax = 500;

  // Every member present, none unknown, each within its limit; malware has a source, what is
  // controlled says how, what is improved says both, the level is that of the three answers.
  // Refuses kMalformed, kUnknownFormat, kTooLarge.
  static Result<IncidentReport> parse(ByteView json);
  [[nodiscard]] Bytes json() const;  // canonical
  // What people wrote and the trace, as the centre's case keeps it.
  [[nodiscard]] Json form() const;
  // Whether it says the same, whenever it was said.
  [[nodiscard]] bool says_what(const IncidentReport& other) const;
};

struct SignedIncidentReport {
  static constexpr std::size_t kBytesMax = 40U << 10;

  Bytes cms;
  IncidentReport report;
  Certificate signer;
};

// By the key that signs the centre's evidence. Refuses as cms_sign(), and as
// IncidentReport::parse().
Result<SignedIncidentReport> sign_incident(const IncidentReport& report, SigningKey& key);
// Whose key it is remains to be judged. Refuses as cms_verify() and IncidentReport::parse().
Result<SignedIncidentReport> open_incident(ByteView cms);
// Signed with a key that was registered for that centre's evidence when it was. Refuses
// kCertificateUnregistered, and as find_registered().
Result<void> check_incident_signer(const SignedIncidentReport& report, const Directory& directory);

}  // namespace yizhan
