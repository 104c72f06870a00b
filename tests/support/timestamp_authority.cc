#include "tests/support/timestamp_authority.h"

#include <stdexcept>

namespace yizhan {

namespace {

constexpr std::string_view kSettings = R"([req]
distinguished_name = dn
prompt = no
[dn]
CN = unused
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[stamper]
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = tsa_settings
[tsa_settings]
serial = serial
signer_cert = stamper.pem
signer_key = stamper.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
)";

}  // namespace

TimestampAuthority::TimestampAuthority(const std::string& name) {
  openssl_.write("settings", bytes_of(kSettings));
  openssl_.write("serial", bytes_of("01\n"));
  const std::vector<std::string> key = {"-newkey", "ec", "-pkeyopt",
                                        "ec_paramgen_curve:P-256", "-nodes", "-config",
                                        "settings"};
  const auto request = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "req");
    arguments.insert(arguments.end(), key.begin(), key.end());
    run(arguments);
  };
  request({"-x509", "-days", "7000", "-subj", "/CN=" + name + " Root", "-extensions", "root",
           "-keyout", "root.key", "-out", "root.pem"});
  request({"-subj", "/CN=" + name, "-keyout", "stamper.key", "-out", "stamper.csr"});
  run({"x509", "-req", "-in", "stamper.csr", "-CA", "root.pem", "-CAkey", "root.key",
       "-CAcreateserial", "-days", "7000", "-extfile", "settings", "-extensions", "stamper", "-out",
       "stamper.pem"});
}

std::string TimestampAuthority::root_pem() const {
  return std::string(text_of(openssl_.read("root.pem")));
}

Bytes TimestampAuthority::answer(ByteView query) {
  const std::lock_guard lock(mutex_);
  openssl_.write("query", query);
  run({"ts", "-reply", "-config", "settings", "-queryfile", "query", "-out", "answer"});
  return openssl_.read("answer");
}

void TimestampAuthority::run(const std::vector<std::string>& arguments) {
  if (!openssl_.run(arguments)) throw std::runtime_error("openssl ts: " + openssl_.log());
}

}  // namespace yizhan
