#include "tests/world/renewing.h"

#include <gtest/gtest.h>

#include <sstream>

#include "ground/files/files.h"
#include "ground/json/json.h"
#include "role/cli/cli.h"
#include "tests/support/openssl_command.h"

namespace yizhan {

namespace {

constexpr std::size_t kFileMax = 1U << 20;

Json yizhan_json(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "--json");
  std::ostringstream out, err;
  EXPECT_EQ(run_cli(std::move(arguments), {out, err, false}), 0) << err.str();
  return Json::parse(out.str(), nullptr, false);
}

// Of the request, once openssl has found that its own key has signed it, and that the holder has
// signed the request.
Bytes public_key_of(const std::string& request) {
  OpensslCommand openssl;
  openssl.write("request.csr", read_file(request, kFileMax));
  openssl.write("request.p7m", read_file(request + ".p7m", kFileMax));
  EXPECT_TRUE(openssl.run({"req", "-verify", "-in", "request.csr", "-noout"})) << openssl.log();
  EXPECT_TRUE(openssl.run(
      {"cms", "-verify", "-noverify", "-inform", "DER", "-in", "request.p7m", "-out", "inner.der"}))
      << openssl.log();
  EXPECT_TRUE(openssl.run({"req", "-in", "request.csr", "-outform", "DER", "-out", "outer.der"}));
  EXPECT_EQ(openssl.read("inner.der"), openssl.read("outer.der"));
  EXPECT_TRUE(openssl.run({"req", "-in", "request.csr", "-pubkey", "-noout", "-out", "k.pem"}));
  EXPECT_TRUE(openssl.run({"pkey", "-pubin", "-in", "k.pem", "-outform", "DER", "-out", "k.der"}));
  return openssl.read("k.der");
}

}  // namespace

RegisteredCertificate renew_key(const Renewing& renewing, const std::string& holder,
                                const std::string& key, Purpose purpose) {
  const std::string socket = renewing.lab.socket_of(holder + "-operator");
  const std::string signer = holder == "centre" ? "evidence" : "sign";
  const Json request = yizhan_json({"key", "--socket", socket, "renew", key, "--into",
                                    renewing.requests, "--signed-by", signer});
  EXPECT_EQ(request.at("name"), key + "@2");
  const Certificate certificate = renewing.lab.certify(
      purpose, holder + " " + key, public_key_of(request.at("request").get<std::string>()));
  const std::string file = renewing.requests / (holder + "-" + key + ".crt");
  write_durably(file, bytes_of(certificate.pem()));
  const Json installed =
      yizhan_json({"key", "--socket", socket, "install", key, "--certificate", file});
  EXPECT_EQ(installed.at("sha256"), certificate.sha256().hex());
  const Time now = SystemClock().now();
  return {purpose, certificate, now, now + std::chrono::hours{24 * 800}, ""};
}

}  // namespace yizhan
