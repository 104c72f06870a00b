#include <iostream>
#include <map>

#include "ground/json/json.h"
#include "tests/siege/http_siege.h"
#include "tests/siege/outside_program.h"

// N02, N12: TLS 1.3 and nothing else, without tickets, renegotiation or compression, as others'
// eyes see it. Both programs come with a certificate that may come here.

namespace yizhan {
namespace {

class N02TlsOnly : public HttpSiege {
 protected:
  [[nodiscard]] std::filesystem::path key(const std::string& name) const {
    return scene_.lab().root() / "b/keys" / name;
  }
  [[nodiscard]] std::string centre() const {
    return "127.0.0.1:" + std::to_string(port_of(scene_.lab()));
  }
};

TEST_F(N02TlsOnly, SslscanSeesTls13AndNothingElse) {
  const std::string said =
      output_of({"sslscan", "--no-colour", "--certs=" + key("tls.crt").string(),
                 "--pk=" + key("tls.key").string(),
                 "--pkpass=" + read_file(scene_.lab().root() / "passphrase"), centre()});
  for (const char* line :
       {"SSLv2     disabled", "SSLv3     disabled", "TLSv1.0   disabled", "TLSv1.1   disabled",
        "TLSv1.2   disabled", "TLSv1.3   enabled", "Session renegotiation not supported",
        "TLS_AES_256_GCM_SHA384"}) {
    EXPECT_NE(said.find(line), std::string::npos) << line << "\n" << said;
  }
  EXPECT_EQ(count_of(said, "Accepted  ") + count_of(said, "Preferred "), 2u) << said;
  EXPECT_EQ(count_of(said, "TLS_AES_128_GCM_SHA256"), 1u) << said;
}

// What testssl would rather see of a web site, and why it is not so here. A row that is no longer
// found is removed.
const std::map<std::string, std::string> kTolerated = {
    {"cert_validityPeriod", "the tests' own authority gives certificates until 2049"},
    {"cert_revocation", "no address of a list in a certificate is followed (N09): lists are files"},
    {"HSTS", "there is no port without TLS to be kept away from"},
};

// What must be among the findings, lest a testssl that saw nothing be taken for content.
const std::map<std::string, std::string> kSeen = {
    {"SSLv2", "not offered"},
    {"SSLv3", "not offered"},
    {"TLS1", "not offered"},
    {"TLS1_1", "not offered"},
    {"TLS1_2", "not offered"},
    {"TLS1_3", "offered with final"},
    {"ALPN", "not offered"},
    {"cipherlist_STRONG", "offered"},
    {"sessionresumption_ticket", "not supported"},
    {"cert_chain_of_trust", "passed."},
    {"secure_client_renego", "not vulnerable, TLS 1.3 only"},
    {"BREACH", "not vulnerable, no HTTP compression  - only supplied '/' tested"},
    {"heartbleed", "not vulnerable, no heartbeat extension"},
};

TEST_F(N02TlsOnly, TestsslFindsNothingButWhatIsToleratedHere) {
  const TemporaryFolder folder;
  // testssl has no option for a client certificate, but lets its openssl be chosen.
  write_private(folder / "openssl", "#!/bin/sh\n[ \"$1\" = s_client ] || exec openssl \"$@\"\n"
                                    "exec openssl \"$@\" -cert " + key("tls.crt").string() +
                                        " -key " + key("tls.key").string() + " -pass file:" +
                                        (scene_.lab().root() / "passphrase").string() + "\n");
  std::filesystem::permissions(folder / "openssl", std::filesystem::perms::owner_all);
  const std::string said = output_of(
      {"testssl", "--quiet", "--warnings", "off", "--color", "0", "--nodns", "none", "--openssl",
       (folder / "openssl").string(), "--add-ca",
       (scene_.lab().root() / "trust/anchors/root.pem").string(), "--jsonfile",
       (folder / "found").string(), "-p", "-s", "-f", "-P", "-S", "-h", "-U", centre()});
  std::map<std::string, std::string> seen;
  auto tolerated = kTolerated;
  for (const Json& finding : Json::parse(read_file(folder / "found"))) {
    const auto id = finding.at("id").get<std::string>(),
               severity = finding.at("severity").get<std::string>();
    seen[id] = finding.at("finding").get<std::string>();
    const bool harmless = severity == "OK" || severity == "INFO" || severity == "WARN";
    if (!harmless && tolerated.erase(id) == 0) {
      ADD_FAILURE() << severity << " " << id << ": " << seen[id];
    }
  }
  for (const auto& [id, words] : kSeen) EXPECT_EQ(seen[id], words) << id << "\n" << said;
  for (const auto& [id, reason] : tolerated) ADD_FAILURE() << id << " is found no more";
  std::cout << seen.size() << " kinds of findings\n";
}

}  // namespace
}  // namespace yizhan
