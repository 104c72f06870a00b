#pragma once

#include <fstream>

#include "model/agency/agency.h"
#include "tests/support/pki.h"
#include "tests/support/timestamp_authority.h"

// Who takes part in the letter of export_scene.h: three agencies, a centre with two officers, a
// second centre that may be its witness or serve agency c, and the management that signs the
// directory; with keys.

namespace yizhan {

class ExportPeople {
 public:
  ExportPeople() { register_everybody(); }

  TestAuthority authority;
  SoftwareKey management = authority.issue({.subject = "management"});
  SoftwareKey sign_a = authority.issue({.subject = "A sign"});
  SoftwareKey sign_b = authority.issue({.subject = "B sign"});
  SoftwareKey sign_c = authority.issue({.subject = "C sign"});
  SoftwareKey scanner =
      authority.issue({.subject = "scanner", .usage = CertificateUsage::kScanner});
  SoftwareKey evidence = authority.issue({.subject = "evidence"});
  SoftwareKey log_key = authority.issue(
      {.subject = "log", .kind = KeyKind::kEd25519, .usage = CertificateUsage::kLog});
  SoftwareKey witness_key = authority.issue(
      {.subject = "log 2", .kind = KeyKind::kEd25519, .usage = CertificateUsage::kLog});
  SoftwareKey scanner_2 =
      authority.issue({.subject = "scanner 2", .usage = CertificateUsage::kScanner});
  SoftwareKey evidence_2 = authority.issue({.subject = "evidence 2"});
  SoftwareKey officer_chen = authority.issue({.subject = "chen", .usage = CertificateUsage::kSign});
  SoftwareKey officer_lin = authority.issue({.subject = "lin", .usage = CertificateUsage::kSign});

  WitnessPolicy witnesses;  // of the directory
  bool stamped = false;     // an authority has stamped the checkpoint

  // Minutes after the centre accepted it.
  static Time at(int minutes) {
    return Time::parse("2026-10-02T02:00:00Z").value() + std::chrono::minutes{minutes};
  }
  [[nodiscard]] Addressee b() const { return {org("T37600000B"), {}}; }
  [[nodiscard]] Addressee c() const { return {org("T38100000C"), {}}; }
  [[nodiscard]] static CentreCode centre() { return CentreCode::parse("CENTRE-1").value(); }
  [[nodiscard]] static CentreCode second() { return CentreCode::parse("CENTRE-2").value(); }

  void write_trust(const std::filesystem::path& to) const { write_trust(to, authority); }
  void write_trust(const std::filesystem::path& to, const TestAuthority& trusted) const {
    put(to / "anchors/root.pem", trusted.root().pem());
    put(to / "intermediates/issuing.pem", trusted.intermediate().pem());
    put(to / "directory/management.pem", management.certificate().pem());
    if (stamped) put(to / "timestamps/tsa.pem", timestamps().root_pem());
  }

 protected:
  static void put(const std::filesystem::path& file, const std::string& text) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  static TimestampAuthority& timestamps() {
    static TimestampAuthority authority;
    return authority;
  }
  static OrgCode org(std::string_view code) { return OrgCode::parse(code).value(); }
  SoftwareKey& key_of(const Addressee& who) { return who == b() ? sign_b : sign_c; }
  const SoftwareKey& key_of(const Addressee& who) const { return who == b() ? sign_b : sign_c; }
  [[nodiscard]] Directory directory() const {
    return Directory({7, at(-60), at(60 * 24 * 7)}, centres_, agencies_, witnesses);
  }
  // Agency c is of the second centre.
  void move_c() { agencies_.back().home_centre = second(); }
  // It came back to the first one from there, at that minute.
  void move_c_back(int minute) {
    agencies_.back().home_centre = centre();
    agencies_.back().former = FormerCentre{second(), at(minute)};
  }

 private:
  static RegisteredCertificate registered(Purpose purpose, const SoftwareKey& key,
                                          const std::string& holder = "") {
    return {purpose, key.certificate(), at(-600), at(60 * 24 * 365), holder};
  }
  static Agency agency(const std::string& code, const std::string& name, const SoftwareKey& key) {
    return {
        org(code), name, Standing::kActive, centre(), {}, {}, {registered(Purpose::kSign, key)}};
  }
  void register_everybody() {
    agencies_ = {agency("T01000000A", "測試部", sign_a), agency("T37600000B", "澤林縣政府", sign_b),
                 agency("T38100000C", "雲岫市政府", sign_c)};
    centres_ = {
        {centre(),
         "第一交換中心",
         Standing::kActive,
         "127.0.0.1",
         4443,
         {registered(Purpose::kScanner, scanner), registered(Purpose::kEvidence, evidence),
          registered(Purpose::kLog, log_key), registered(Purpose::kOfficer, officer_chen, "chen"),
          registered(Purpose::kOfficer, officer_lin, "lin")}},
        {second(),
         "第二交換中心",
         Standing::kActive,
         "127.0.0.1",
         4443,
         {registered(Purpose::kScanner, scanner_2), registered(Purpose::kEvidence, evidence_2),
          registered(Purpose::kLog, witness_key)}}};
  }

  std::vector<Agency> agencies_;
  std::vector<Centre> centres_;
};

}  // namespace yizhan
