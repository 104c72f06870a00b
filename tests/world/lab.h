#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "model/agency/agency.h"
#include "tests/support/pki.h"

// A whole exchange in one folder: authority, directory, keys and configuration of one centre and
// three agencies, of two centres and four, or of three and five. Nothing in it is fit for real use;
// everything in it is really used.
//
//   trust/        what everybody trusts: anchors/, intermediates/, revocation/ and the
//                 certificate that signs the directory
//   directory.p7m the signed directory
//   centre/       keyholder.toml scanner.toml exchange.toml, keys/, data/; centre-2/ likewise
//   a/ b/ c/ …    keyholder.toml terminal.toml, keys/, data/
//   management/   keyholder.toml management.toml, keys/, data/, where it is wanted
//   officers/     the keys of two officers of each centre, and of three of management; that which
//                 signs the directory, where there is a management
//   load/         the keys of simulated agencies, as yizhan-load reads them; waiting.pem: the key
//                 of those that only wait
//   run/          sockets        log/  what the programs say

namespace yizhan {

class SoftToken;

struct LabAgency {
  std::string folder;  // "a"
  std::string code;    // "T01000000A"
  std::string name;
  std::string address;  // loopback address that its terminal calls from
  std::size_t centre = 0;  // of `centres`
};

struct LabCentre {
  std::string folder;  // "centre", "centre-2"
  std::string code;
  std::string name;
  std::string mark;  // "" or "-2": behind the names of its sockets and programs
  int port;          // for terminals
  int centre_port;   // for other centres, where it listens; 0 with one centre alone
  int shown_port;    // for other centres, as the directory has it: the near end of a cable
  std::string address = "127.0.0.1";  // of it and of its agencies
};

// What a lab is made of other than usual.
struct LabChoice {
  std::map<std::string, std::string> stores = {};  // "centre", "a" …: what its `store` says
  SoftToken* token = nullptr;  // on which the keys of "a" are made; outlives the programs
  int centres = 1;             // to 3; then "c" and "d" are of the second, "e" of the third
  bool cabled = false;         // what centres dial is not where they listen (LabCentre)
  // How centres reach the repository in `repository`, which its maker fills: lines of
  // `[distribution]` in exchange.toml. Later directories are then only in `directory.p7m`. Empty:
  // there is none.
  std::string distribution = {};
  // yizhan-management in `management`, on that repository; then centres follow it over TLS.
  bool management = false;
  // So many terminals at least: "f" and further, of the centres in turn.
  int terminals = 0;
  bool hurried = true;         // looks for news of the distribution every second, by itself too
  bool apart = false;          // each centre in a network of its own, at 10.77.0.N
  int simulated = 0;           // agencies without programs: L000000001 …
  // With two centres: so many of the simulated are of the first, the others of the second.
  int simulated_near = 0;
  // Agencies that only wait: W000000001 …, each with an address and a TLS certificate of its own.
  // They share the keys (load/waiting.pem) and their other certificates.
  int waiting = 0;
  std::vector<std::string> more_addresses = {};  // from which every agency may call as well
  std::string terminal_settings = {};  // lines for every terminal.toml
  std::string stamp_root = {};  // PEM of a time-stamping authority that listens at run/tsa.sock
};

class Lab {
 public:
  // Makes everything anew in `root`; what was there is removed.
  explicit Lab(std::filesystem::path root, LabChoice choice = {});

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }
  [[nodiscard]] const std::vector<LabAgency>& agencies() const { return agencies_; }
  [[nodiscard]] const std::vector<LabCentre>& centres() const { return lab_centres_; }
  // Whether there is a management, and where people reach it.
  [[nodiscard]] bool has_management() const { return choice_.management; }
  [[nodiscard]] int people_port() const { return people_port_; }
  [[nodiscard]] int management_port() const { return management_port_; }  // for centres
  [[nodiscard]] std::filesystem::path socket_of(const std::string& name) const {
    return root_ / "run" / (name + ".sock");
  }

  // Revocation lists grow old: made anew, in place.
  void refresh_revocation();
  // The next version of the directory, with this agency's standing changed.
  void set_standing(const std::string& code, Standing standing);
  // The next version, in which this agency has moved just now to that one of `centres`.
  void move(const std::string& code, std::size_t centre);
  // The next version, in which that agency is received for by the other from now on.
  void represent(const std::string& code, const std::string& by);
  // A certificate for a key that was made elsewhere, as the authority gives it.
  Certificate certify(Purpose purpose, const std::string& subject, ByteView public_key);
  // The next version of the directory: of that agency or centre, these are registered too, and of
  // their purposes no others any more where `alone`.
  void add_certificates(const std::string& code, const std::vector<RegisteredCertificate>& added,
                        bool alone = false);

 private:
  void add_more_centres();
  void add_more_agencies();
  [[nodiscard]] std::string address_in(const std::string& folder) const;
  void make_folders();
  // On the token when the folder is that of "a" and there is one, else a file in `keys`.
  Certificate make_key_pair(const std::filesystem::path& keys, const std::string& name,
                            const CertificateRequest& request);
  [[nodiscard]] std::string store_of(const std::string& name) const;
  [[nodiscard]] std::string stamp_setting() const;
  [[nodiscard]] std::string distribution_setting() const;
  RegisteredCertificate make_key(const std::filesystem::path& keys, const std::string& name,
                                 Purpose purpose);
  void make_centre(const LabCentre& centre);
  void make_agency(const LabAgency& agency);
  void make_simulated(int number);
  void make_waiting();
  void make_management();
  void write_centre_configuration(const LabCentre& centre);
  void write_agency_configuration(const LabAgency& agency);
  void write_keyholder(const std::string& folder, const std::string& callers);
  void publish_directory();
  void write_older_signatures();

  std::filesystem::path root_;
  LabChoice choice_;
  TestAuthority authority_;
  SoftwareKey management_;
  std::vector<LabAgency> agencies_;
  std::vector<LabCentre> lab_centres_;
  std::vector<Centre> centres_;
  std::vector<Agency> registered_;
  std::int64_t version_ = 0;
  int people_port_ = 0;
  int management_port_ = 0;
};

}  // namespace yizhan
