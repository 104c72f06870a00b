#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ground/crypto/crypto.h"
#include "ground/json/json.h"
#include "model/agency/codes.h"
#include "model/agency/restrictions.h"

// One version of the directory: who exchanges documents, through which centre, with which
// certificates and from which addresses. Immutable; what is not verified is never one of these.

namespace yizhan {

// 專用: a certificate is good for one purpose and is refused for every other.
enum class Purpose {
  kSign,      // agency: documents, E and F evidence
  kEncrypt,   // agency: opens documents
  kTls,       // agency or centre: the line
  kScanner,   // centre: opens for scanning, signs verdicts
  kEvidence,  // centre: A to D evidence
  kLog,       // centre: checkpoints of its log (Ed25519)
  kOfficer,   // centre: a named officer's decisions
};

std::string_view text_of(Purpose purpose);
std::optional<Purpose> find_purpose(std::string_view text);

struct RegisteredCertificate {
  Purpose purpose;
  Certificate certificate;
  Time from;
  Time until;
  std::string holder;  // the officer's or the module's name, or empty

  [[nodiscard]] bool in_force(Time at) const { return from <= at && at < until; }
};

using Certificates = std::vector<RegisteredCertificate>;

enum class Standing { kActive, kSuspended, kClosed };

std::string_view text_of(Standing standing);  // "active", "suspended", "closed"

struct Unit {
  UnitCode code;
  std::string name;
  Standing standing;
};

// For so long after an agency has moved, the centre that it came from serves it beside the new one.
constexpr Milliseconds kFormerCentreServes = std::chrono::hours{24 * 30};

// Where an agency came from, and when it moved.
struct FormerCentre {
  CentreCode centre;
  Time moved;
};

// Who receives for an agency that has no terminal of its own: another agency of the same centre,
// which opens its mail with its own key and receipts it by its own hand, on its behalf.
struct Representative {
  OrgCode org;
  Time from;
  Time until;

  [[nodiscard]] bool in_force(Time at) const { return from <= at && at < until; }
};

struct Agency {
  OrgCode code;
  std::string name;
  Standing standing;
  CentreCode home_centre;
  std::vector<Unit> units;
  std::vector<std::string> addresses;
  Certificates certificates;
  std::optional<FormerCentre> former = {};
  std::optional<Representative> representative = {};
  std::optional<OrgCode> supervisor = {};  // 所隸: the agency next above it; none: it is at the top
  std::string suspended_by = {};  // where orders suspend it (Directory::restricted): which, and why

  // For whoever is told that it is suspended: its name, and by which order.
  [[nodiscard]] std::string suspended_text() const;
  // By its home centre; by the former one until its time is over.
  [[nodiscard]] bool is_served_by(const CentreCode& centre, Time at) const;
};

// 四(二): 依開發維運型態，分為下列三種交換中心. Who has made the program and who runs the hosts.
enum class CentreKind {
  kShared,       // 四(二)1: 共用中心, the bureau both
  kSelfManaged,  // 四(二)2: 自管中心, the bureau's program on hosts of its operator
  kSelfBuilt,    // 四(二)3: 自建中心, its operator both
};

std::string_view text_of(CentreKind kind);  // "shared", "self_managed", "self_built"
std::optional<CentreKind> find_centre_kind(std::string_view text);

struct Centre {
  CentreCode code;
  std::string name;
  Standing standing;
  std::string host;
  int terminal_port;
  Certificates certificates;
  // Where it takes over from other centres, and from where it dials them; 0: it does neither.
  int centre_port = 0;
  std::vector<std::string> addresses = {};
  std::optional<CentreKind> kind = {};  // none: not said yet
  std::optional<OrgCode> run_by = {};   // by which agency; there is one where it is not shared
  std::string suspended_by = {};        // as an agency's

  [[nodiscard]] std::string suspended_text() const;
};

// Which directory: its number, and from when to when it may be used.
struct DirectoryEdition {
  std::int64_t version;
  Time issued;
  Time expires;
};

// What management has decided about the witnesses of a centre's log.
struct WitnessPolicy {
  // How many other centres must have co-signed a checkpoint. Not said: two, or all that there are.
  std::optional<std::int64_t> cosignatures = {};
};

class Directory {
 public:
  // Strict reading of the "yizhan-directory-1" JSON. Refuses kMalformed, kUnknownFormat, and as
  // check_supervisors().
  static Result<Directory> parse(ByteView json);
  Directory(const DirectoryEdition& edition, std::vector<Centre> centres,
            std::vector<Agency> agencies, WitnessPolicy witnesses = {});

  [[nodiscard]] std::int64_t version() const { return edition_.version; }
  [[nodiscard]] Time issued() const { return edition_.issued; }
  [[nodiscard]] Time expires() const { return edition_.expires; }
  [[nodiscard]] const std::map<OrgCode, Agency>& agencies() const { return agencies_; }
  [[nodiscard]] const std::map<CentreCode, Centre>& centres() const { return centres_; }

  [[nodiscard]] const Agency* find(const OrgCode& code) const;
  [[nodiscard]] const Centre* find(const CentreCode& code) const;
  // Whatever its standing.
  [[nodiscard]] const Centre* find_centre_by_tls(const Sha256& certificate, Time at) const;
  [[nodiscard]] const Agency* find_agency_by_tls(const Sha256& certificate, Time at) const;
  // Those that may witness the log of `own`: not closed, with a log certificate.
  [[nodiscard]] std::vector<const Centre*> witnesses_of(const CentreCode& own) const;
  // How many of them must have co-signed before a checkpoint of `own` counts. 0: nobody need.
  [[nodiscard]] std::int64_t cosignatures_required(const CentreCode& own) const;
  // kUnknownAgency, kUnknownUnit, kAgencyClosed. A suspended one is found: its mail is held.
  [[nodiscard]] Result<const Agency*> find_recipient(const Addressee& addressee) const;
  // To whose keys is sealed what is for that agency, and who fetches and receipts it: its
  // representative then, or itself.
  [[nodiscard]] const Agency& receiver_of(const Agency& agency, Time at) const;
  // Whether `org` spoke then of what `recipient` received: of itself, or of whom it represents.
  [[nodiscard]] bool receives_for(const OrgCode& org, const OrgCode& recipient, Time at) const;
  // "測試部" or "測試部 秘書處"; nullopt when unknown.
  [[nodiscard]] std::optional<std::string> name_of(const Addressee& addressee) const;

  // Since when a version older than this one is not the newest any more, as far as this host knows:
  // when the first later one that it saw was issued.
  [[nodiscard]] Time superseded(std::int64_t version) const;
  void remember_earlier(std::map<std::int64_t, Time> issued) { earlier_ = std::move(issued); }

  // This one with what orders take from those in it.
  [[nodiscard]] Directory restricted(const Restrictions& restrictions) const;
  // Whether there is somebody here whom it is about, and whom it may be about.
  [[nodiscard]] bool concerns(const Restriction& restriction) const;

  [[nodiscard]] Json describe() const;  // the same JSON that parse reads

 private:
  DirectoryEdition edition_;
  WitnessPolicy witnesses_;
  std::map<CentreCode, Centre> centres_;
  std::map<OrgCode, Agency> agencies_;
  std::map<Sha256, OrgCode> by_tls_;
  std::map<std::int64_t, Time> earlier_;  // version: when it was issued
};

// The registered certificate of that purpose and digest in force at that time.
// Refuses kCertificateUnregistered, kCertificatePurpose (registered, but for another purpose).
Result<Certificate> find_registered(const Certificates& certificates, Purpose purpose,
                                    const Sha256& sha256, Time at);
std::vector<Certificate> certificates_for(const Certificates& certificates, Purpose purpose,
                                          Time at);

}  // namespace yizhan
