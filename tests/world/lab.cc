#include "tests/world/lab.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "ground/files/files.h"
#include "tests/support/clamd.h"
#include "tests/support/soft_token.h"

namespace yizhan {

namespace {

constexpr std::string_view kPassphrase = "open sesame, this is only a laboratory";

Time now() { return SystemClock().now(); }

void write(const std::filesystem::path& file, std::string_view text, unsigned mode = 0644) {
  write_durably(file, bytes_of(text), mode);
}

int free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  YZ_ASSERT(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  YZ_ASSERT(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(listener);
  return ntohs(address.sin_port);
}

CertificateUsage usage_of(Purpose purpose) {
  switch (purpose) {
    case Purpose::kSign:
    case Purpose::kEvidence:
    case Purpose::kOfficer:
      return CertificateUsage::kSign;
    case Purpose::kEncrypt:
      return CertificateUsage::kEncrypt;
    case Purpose::kTls:
      return CertificateUsage::kTls;
    case Purpose::kScanner:
      return CertificateUsage::kScanner;
    case Purpose::kLog:
      return CertificateUsage::kLog;
  }
  return CertificateUsage::kSign;
}

std::string text_setting(const std::string& key, const std::string& value) {
  return key + " = \"" + value + "\"\n";
}

}  // namespace

Lab::Lab(std::filesystem::path root, LabChoice choice)
    : root_(std::move(root)),
      choice_(std::move(choice)),
      management_(authority_.issue({.subject = "管理中心目錄簽署"})),
      agencies_({{"a", "T01000000A", "測試部", "127.0.0.1"},
                 {"b", "T37600000B", "澤林縣政府", "127.0.0.1"},
                 {"c", "T38100000C", "雲岫市政府", "127.0.0.1"}}) {
  lab_centres_.push_back({"centre", "CENTRE-1", "第一交換中心", "", free_port(), 0, 0});
  if (choice_.centres > 1) add_more_centres();
  add_more_agencies();
  std::filesystem::remove_all(root_);
  make_folders();
  write(root_ / "trust/anchors/root.pem", authority_.root().pem());
  write(root_ / "trust/intermediates/issuing.pem", authority_.intermediate().pem());
  write(root_ / "trust/directory-anchors.pem", management_.certificate().pem());
  if (!choice_.stamp_root.empty()) {
    make_directory(root_ / "trust/timestamps", 0755);
    write(root_ / "trust/timestamps/tsa.pem", choice_.stamp_root);
  }
  refresh_revocation();
  for (const LabCentre& centre : lab_centres_) make_centre(centre);
  for (const LabAgency& agency : agencies_) make_agency(agency);
  for (int i = 1; i <= choice_.simulated; ++i) make_simulated(i);
  if (choice_.waiting > 0) make_waiting();
  publish_directory();
  if (choice_.management) make_management();
  for (const LabCentre& centre : lab_centres_) write_centre_configuration(centre);
  for (const LabAgency& agency : agencies_) write_agency_configuration(agency);
  write_clamd_config((root_ / "clamd").string());
  write_older_signatures();
}

void Lab::add_more_centres() {
  YZ_ASSERT(choice_.centres <= 3);
  lab_centres_.push_back({"centre-2", "CENTRE-2", "第二交換中心", "-2", free_port(), 0, 0});
  agencies_.back().centre = 1;
  agencies_.push_back({"d", "T39500000D", "松濤鄉公所", "127.0.0.1", 1});
  if (choice_.centres > 2) {
    lab_centres_.push_back({"centre-3", "CENTRE-3", "第三交換中心", "-3", free_port(), 0, 0});
    agencies_.push_back({"e", "T36600000E", "蘭陽鎮公所", "127.0.0.1", 2});
  }
  for (LabCentre& centre : lab_centres_) {
    centre.centre_port = free_port();
    centre.shown_port = choice_.cabled ? free_port() : centre.centre_port;
  }
  if (!choice_.apart) return;
  for (std::size_t i = 0; i < lab_centres_.size(); ++i) {
    lab_centres_[i].address = "10.77.0." + std::to_string(i + 1);
  }
  for (LabAgency& agency : agencies_) agency.address = lab_centres_[agency.centre].address;
}

void Lab::add_more_agencies() {
  while (static_cast<int>(agencies_.size()) < choice_.terminals) {
    const std::size_t centre = agencies_.size() % lab_centres_.size();
    const std::string letter(1, static_cast<char>('a' + agencies_.size()));
    const std::string large(1, static_cast<char>('A' + agencies_.size()));
    agencies_.push_back({letter, "T20000000" + large, "測試機關" + large,
                         lab_centres_[centre].address, centre});
  }
}

// Of the centre or agency that has this folder.
std::string Lab::address_in(const std::string& folder) const {
  for (const LabCentre& centre : lab_centres_) {
    if (centre.folder == folder) return centre.address;
  }
  return "127.0.0.1";
}

// The agencies' engine does not yet know what the centre's knows: so the centre has something to
// stop that its sender let pass.
void Lab::write_older_signatures() {
  write_clamd_config((root_ / "clamd-agencies").string());
  const auto file = root_ / "clamd-agencies/signatures/yizhan.ndb";
  const Bytes signatures = read_file(file, 1U << 20);
  std::istringstream lines{std::string(text_of(signatures))};
  std::string older;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("Yizhan.Test")) older += line + "\n";
  }
  write(file, older);
}

void Lab::make_folders() {
  for (const char* folder : {"trust/anchors", "trust/intermediates", "trust/revocation",
                             "officers", "load", "run", "log", "clamd", "clamd-agencies"}) {
    make_directory(root_ / folder, 0755);
  }
  for (const LabCentre& centre : lab_centres_) make_directory(root_ / centre.folder, 0755);
  for (const LabAgency& agency : agencies_) make_directory(root_ / agency.folder);
  write(root_ / "passphrase", kPassphrase, 0400);
}

void Lab::refresh_revocation() {
  const Time next = now() + std::chrono::hours{24 * 7};
  write_durably(root_ / "trust/revocation/issuing.crl", authority_.crl(now(), next), 0644);
  write_durably(root_ / "trust/revocation/root.crl", authority_.root_crl(now(), next), 0644);
}

Certificate Lab::make_key_pair(const std::filesystem::path& keys, const std::string& name,
                               const CertificateRequest& request) {
  make_directory(keys);
  if (choice_.token != nullptr && keys == root_ / "a/keys") {
    return choice_.token->make_key(name, authority_, request);
  }
  const SoftwareKey key = authority_.issue(request);
  const SecretBytes pem =
      key.private_key().pem(SecretBytes(copy_of(bytes_of(kPassphrase))));
  write_durably(keys / (name + ".key"), pem.view(), 0600);
  write(keys / (name + ".crt"), key.certificate().pem(), 0644);
  return key.certificate();
}

std::string Lab::store_of(const std::string& name) const {
  const auto found = choice_.stores.find(name);
  return found == choice_.stores.end() ? "" : text_setting("store", found->second);
}

std::string Lab::stamp_setting() const {
  if (choice_.stamp_root.empty()) return "";
  return "[timestamps]\ninterval = \"5s\"\n[[timestamp_authority]]\n" +
         text_setting("name", "tsa-1") + text_setting("socket", "../run/tsa.sock") +
         text_setting("anchors", "../trust/timestamps/tsa.pem");
}

RegisteredCertificate Lab::make_key(const std::filesystem::path& keys, const std::string& name,
                                    Purpose purpose) {
  const KeyKind kind = purpose == Purpose::kLog ? KeyKind::kEd25519 : KeyKind::kEcP256;
  const Certificate certificate =
      make_key_pair(keys, name,
                    {.subject = keys.parent_path().filename().string() + " " + name,
                     .kind = kind,
                     .usage = usage_of(purpose),
                     .alternative_names = {"IP:" + address_in(keys.parent_path().filename())}});
  return {purpose, certificate, now() - std::chrono::hours{1},
          now() + std::chrono::hours{24 * 365}, purpose == Purpose::kOfficer ? name : ""};
}

void Lab::make_centre(const LabCentre& centre) {
  const auto keys = root_ / centre.folder / "keys";
  Certificates certificates;
  certificates.push_back(make_key(keys, "tls", Purpose::kTls));
  certificates.push_back(make_key(keys, "evidence", Purpose::kEvidence));
  certificates.push_back(make_key(keys, "log", Purpose::kLog));
  certificates.push_back(make_key(keys, "scanner", Purpose::kScanner));
  for (const char* officer : {"chen", "lin"}) {
    certificates.push_back(
        make_key(root_ / "officers", officer + centre.mark, Purpose::kOfficer));
  }
  centres_.push_back({CentreCode::parse(centre.code).value(), centre.name, Standing::kActive,
                      centre.address, centre.port, std::move(certificates), centre.shown_port,
                      {centre.address}});
}

void Lab::make_agency(const LabAgency& agency) {
  const auto keys = root_ / agency.folder / "keys";
  Certificates certificates;
  certificates.push_back(make_key(keys, "sign", Purpose::kSign));
  certificates.push_back(make_key(keys, "encrypt", Purpose::kEncrypt));
  certificates.push_back(make_key(keys, "tls", Purpose::kTls));
  Agency registered{OrgCode::parse(agency.code).value(), agency.name, Standing::kActive,
                    centres_.at(agency.centre).code, {}, {agency.address},
                    std::move(certificates)};
  registered.addresses.insert(registered.addresses.end(), choice_.more_addresses.begin(),
                              choice_.more_addresses.end());
  if (agency.folder == "a") {
    registered.units.push_back(
        {UnitCode::parse("U010001").value(), "測試部資訊處", Standing::kActive});
  }
  registered_.push_back(std::move(registered));
}

// Not durable and without a passphrase, since there may be thousands.
void Lab::make_simulated(int number) {
  const std::string digits = std::to_string(1'000'000'000 + number).substr(1);
  const bool far = choice_.centres > 1 && number > choice_.simulated_near;
  Agency agency{OrgCode::parse("L" + digits).value(), "模擬機關" + digits, Standing::kActive,
                centres_.at(far ? 1 : 0).code, {}, {"127.0.0.1"}, {}};
  for (const Purpose purpose : {Purpose::kSign, Purpose::kEncrypt, Purpose::kTls}) {
    const SoftwareKey key = authority_.issue({.subject = agency.code.text(),
                                              .usage = usage_of(purpose)});
    std::ofstream file(root_ / "load" /
                       (agency.code.text() + "." + std::string(text_of(purpose)) + ".pem"));
    file << text_of(key.private_key().pem(SecretBytes()).view()) << key.certificate().pem();
    YZ_ASSERT(file.flush().good());
    agency.certificates.push_back({purpose, key.certificate(), now() - std::chrono::hours{1},
                                   now() + std::chrono::hours{24 * 365}, ""});
  }
  registered_.push_back(std::move(agency));
}

namespace {

// 127.1.0.1 and on, each once.
std::string waiting_address(int number) {
  constexpr int kOctet = 250;
  return "127." + std::to_string(1 + number / kOctet / kOctet) + "." +
         std::to_string(number / kOctet % kOctet) + "." + std::to_string(1 + number % kOctet);
}

}  // namespace

void Lab::make_waiting() {
  const Time from = now() - std::chrono::hours{1}, until = now() + std::chrono::hours{24 * 365};
  const SoftwareKey line = authority_.issue({.subject = "waiting",
                                             .usage = CertificateUsage::kTls});
  const Bytes public_key = line.private_key().public_key();
  Certificates shared;
  for (const Purpose purpose : {Purpose::kSign, Purpose::kEncrypt}) {
    const SoftwareKey key = authority_.issue({.subject = "waiting", .usage = usage_of(purpose)});
    shared.push_back({purpose, key.certificate(), from, until, ""});
  }
  std::ofstream file(root_ / "load/waiting.pem");
  file << text_of(line.private_key().pem(SecretBytes()).view()) << line.certificate().pem();
  YZ_ASSERT(file.flush().good());
  for (int number = 1; number <= choice_.waiting; ++number) {
    const std::string digits = std::to_string(1'000'000'000 + number).substr(1);
    Agency agency{OrgCode::parse("W" + digits).value(), "等候機關" + digits, Standing::kActive,
                  centres_.front().code, {}, {waiting_address(number)}, shared};
    const Certificate certificate = authority_.certify(
        {.subject = agency.code.text(), .usage = CertificateUsage::kTls}, public_key);
    agency.certificates.push_back({Purpose::kTls, certificate, from, until, ""});
    registered_.push_back(std::move(agency));
  }
}

void Lab::publish_directory() {
  const Directory directory({++version_, now(), now() + std::chrono::hours{24 * 7}}, centres_,
                            registered_);
  const Bytes snapshot = sign_directory(directory, management_, now()).value();
  write_durably(root_ / "directory.p7m", snapshot, 0644);
  if (!choice_.distribution.empty() && version_ > 1) return;
  for (const LabCentre& centre : lab_centres_) {
    write_durably(root_ / centre.folder / "directory.p7m", snapshot, 0644);
  }
  // Terminals have the first one from enrolment and later ones from their centre.
  if (version_ > 1) return;
  for (const LabAgency& agency : agencies_) {
    write_durably(root_ / agency.folder / "directory.p7m", snapshot, 0644);
  }
}

void Lab::set_standing(const std::string& code, Standing standing) {
  for (Agency& agency : registered_) {
    if (agency.code.text() == code) agency.standing = standing;
  }
  publish_directory();
}

void Lab::move(const std::string& code, std::size_t centre) {
  for (Agency& agency : registered_) {
    if (agency.code.text() != code) continue;
    agency.former = FormerCentre{agency.home_centre, now()};
    agency.home_centre = centres_.at(centre).code;
  }
  publish_directory();
}

void Lab::represent(const std::string& code, const std::string& by) {
  for (Agency& agency : registered_) {
    if (agency.code.text() != code) continue;
    agency.representative = Representative{OrgCode::parse(by).value(), now(),
                                           now() + std::chrono::hours{24 * 365}};
  }
  publish_directory();
}

Certificate Lab::certify(Purpose purpose, const std::string& subject, ByteView public_key) {
  return authority_.certify({.subject = subject,
                             .usage = usage_of(purpose),
                             .alternative_names = {"IP:127.0.0.1"}},
                            public_key);
}

void Lab::add_certificates(const std::string& code,
                           const std::vector<RegisteredCertificate>& added, bool alone) {
  const auto add = [&](Certificates& all) {
    for (const RegisteredCertificate& one : added) {
      if (alone) std::erase_if(all, [&](const auto& old) { return old.purpose == one.purpose; });
    }
    all.insert(all.end(), added.begin(), added.end());
  };
  for (Agency& agency : registered_) {
    if (agency.code.text() == code) add(agency.certificates);
  }
  for (Centre& centre : centres_) {
    if (centre.code.text() == code) add(centre.certificates);
  }
  publish_directory();
}

void Lab::write_keyholder(const std::string& folder, const std::string& callers) {
  std::string module = "kind = \"software\"\nlabel = \"lab\"\nserial = \"LAB-" + folder +
                       "\"\nkeys = \"keys\"\npassphrase = \"../passphrase\"\n";
  if (choice_.token != nullptr && folder == "a") {
    module = "kind = \"pkcs11\"\n" + text_setting("label", SoftToken::kLabel) +
             text_setting("library", SoftToken::module().string()) +
             text_setting("pin", choice_.token->pin_file().string()) +
             text_setting("certificates", choice_.token->certificates().string());
  }
  write(root_ / folder / "keyholder.toml",
        text_setting("journal", "key-uses") + "[[module]]\n" + module + callers);
}

namespace {

std::string caller(const std::string& name, const std::string& socket, const std::string& keys) {
  return "[[caller]]\n" + text_setting("name", name) +
         text_setting("socket", "../run/" + socket + ".sock") + "users = [\"" +
         std::to_string(::getuid()) + "\"]\nkeys = [" + keys + "]\n";
}

}  // namespace

void Lab::make_management() {
  const int port = management_port_ = free_port();
  people_port_ = free_port();
  const auto folder = root_ / "management";
  make_key(folder / "keys", "tls", Purpose::kTls);
  make_key(folder / "keys", "online", Purpose::kOfficer);
  for (const char* officer : {"wang", "huang", "tsai"}) {
    make_key(root_ / "officers", officer, Purpose::kOfficer);
  }
  const SecretBytes pem =
      management_.private_key().pem(SecretBytes(copy_of(bytes_of(kPassphrase))));
  write_durably(root_ / "officers/directory.key", pem.view(), 0600);
  write(root_ / "officers/directory.crt", management_.certificate().pem(), 0644);
  std::filesystem::copy_file(root_ / "directory.p7m", folder / "directory.p7m");
  write_keyholder("management", caller("management", "management-keys",
                                       R"("tls:sign:tls", "online:sign:directory")"));
  write(folder / "management.toml",
        text_setting("data", "data") + text_setting("repository", "../repository") +
            text_setting("directory", "directory.p7m") +
            text_setting("directory_anchors", "../trust/directory-anchors.pem") +
            text_setting("trust", "../trust") +
            text_setting("keyholder", "../run/management-keys.sock") +
            text_setting("operator", "../run/management.sock") + "[distribution]\n" +
            text_setting("look", "200ms") + "[centres]\n" +
            text_setting("address", "127.0.0.1") + "port = " + std::to_string(port) +
            "\n[people]\n" + text_setting("address", "127.0.0.1") +
            "port = " + std::to_string(people_port_) + "\n");
  choice_.distribution = text_setting("address", "127.0.0.1") + "port = " + std::to_string(port) +
                         "\n" + text_setting("path", "/v1/distribution") +
                         text_setting("tls_anchors", "../trust/anchors/root.pem");
}

void Lab::write_centre_configuration(const LabCentre& centre) {
  const std::string& mark = centre.mark;
  const auto socket = [&](const std::string& name) { return "../run/" + name + mark + ".sock"; };
  write_keyholder(
      centre.folder,
      caller("exchange", "centre-keys" + mark,
             R"("tls:sign:tls", "evidence:sign:evidence", "log:sign:log")") +
          caller("scanner", "scanner-keys" + mark,
                 R"("scanner:decrypt", "scanner:sign:verdict")") +
          caller("operator", "centre-operator" + mark,
                 R"("evidence:renew", "tls:renew", "scanner:renew", "log:renew")"));
  const std::string shared = text_setting("directory", "directory.p7m") +
                             text_setting("directory_anchors", "../trust/directory-anchors.pem") +
                             text_setting("trust", "../trust");
  std::string exchange =
      text_setting("centre", centre.code) + text_setting("data", "data") +
      store_of(centre.folder) + shared + text_setting("keyholder", socket("centre-keys")) +
      text_setting("operator", socket("centre")) + text_setting("scanner", socket("scanner")) +
      (choice_.simulated > 0 ? "[quota]\nrecipients = 0\n" : "") + "[terminals]\n" +
      text_setting("address", centre.address) + "port = " + std::to_string(centre.port) + "\n";
  // As where its module is slow, so that both forms of evidence travel.
  if (!mark.empty()) exchange.insert(0, text_setting("batch_signing", "on"));
  // All that are simulated call from one address.
  if (choice_.simulated > 0) exchange += "connections_per_address = 50000\n";
  if (centre.centre_port != 0) {
    exchange += "[centres]\n" + text_setting("address", centre.address) +
                "port = " + std::to_string(centre.centre_port) + "\n";
  }
  exchange += stamp_setting();
  if (!choice_.distribution.empty()) {
    exchange += distribution_setting() + choice_.distribution +
                (choice_.hurried ? text_setting("interval", "1s") : "");
  }
  write(root_ / centre.folder / "exchange.toml", exchange);
  write(root_ / centre.folder / "scanner.toml",
        text_setting("centre", centre.code) + shared +
            text_setting("keyholder", socket("scanner-keys")) +
            text_setting("socket", socket("scanner")) + text_setting("signatures_age", "0s") +
            "[clamd]\n" + text_setting("socket", "../clamd/clamd.sock"));
}

void Lab::write_agency_configuration(const LabAgency& agency) {
  const std::string name = agency.folder;
  write_keyholder(name, caller("terminal", name + "-keys",
                               R"("tls:sign:tls", "sign:sign:document", "sign:sign:evidence", )"
                               R"("encrypt:decrypt")") +
                            caller("operator", name + "-operator",
                                   R"("sign:renew", "encrypt:renew", "tls:renew")"));
  write(root_ / name / "terminal.toml",
        text_setting("agency", agency.code) + text_setting("terminal", "terminal-" + name) +
            // Our own few signatures carry no date.
            text_setting("person", "王小明") + text_setting("signature_age", "0s") +
            text_setting("data", "data") + store_of(name) +
            text_setting("directory", "directory.p7m") +
            text_setting("directory_anchors", "../trust/directory-anchors.pem") +
            text_setting("trust", "../trust") +
            text_setting("keyholder", "../run/" + name + "-keys.sock") +
            text_setting("clamd", "../clamd-agencies/clamd.sock") +
            text_setting("api", "../run/" + name + ".sock") +
            choice_.terminal_settings + distribution_setting());
}

std::string Lab::distribution_setting() const {
  if (choice_.distribution.empty()) return "";
  return "[distribution]\n" + text_setting("root", "../repository/metadata/1.root.json");
}

}  // namespace yizhan
