#include <gtest/gtest.h>

#include "tests/support/loopback.h"

// Who may connect, and to whom; with other programs at the far end too.

namespace yizhan {
namespace {

Handler who_am_i() {
  return [](const Request& request) {
    return text(request.peer.certificate ? request.peer.certificate->sha256().hex() : "nobody");
  };
}

struct Tls : ::testing::Test {
  Pki& pki = Pki::get();
  Loopback loopback{Loopback::mutual_tls()};

  void SetUp() override {
    loopback.router.add(Method::kGet, "/who", {}, who_am_i());
    loopback.router.add(Method::kPost, "/echo", {.body_bytes_max = 4 << 20}, echo());
    loopback.start();
  }
};

Result<Response> ask(const Endpoint& endpoint, const std::string& path = "/who") {
  Client client(endpoint);
  return client.send({.path_and_query = path}, 5s);
}

TEST_F(Tls, KnowsTheClientByItsCertificate) {
  const auto answer = ask(loopback.endpoint());
  ASSERT_TRUE(answer.ok()) << answer.refusal().detail;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(body_of(*answer), pki.client.certificate().sha256().hex());
  EXPECT_TRUE(loopback.log.has([&](const AccessRecord& record) {
    return record.certificate == pki.client.certificate().sha256() && record.path == "/who";
  }));
}

TEST_F(Tls, RefusesTheWrongClientBeforeAByteOfItsRequest) {
  const auto refused = [&](const char* why, std::optional<TlsIdentity> identity) {
    Endpoint endpoint = loopback.endpoint();
    endpoint.identity = std::move(identity);
    const auto answer = ask(endpoint);
    ASSERT_FALSE(answer.ok()) << why;
    EXPECT_EQ(code_of(answer.reason()), "unavailable") << why << answer.refusal().detail;
  };
  refused("no certificate", std::nullopt);
  const SoftwareKey other = pki.stranger.issue({.subject = "x", .usage = CertificateUsage::kTls});
  refused("other authority",
          TlsIdentity{{other.certificate(), pki.stranger.intermediate()}, tls_key(other)});
  const SoftwareKey sign = pki.authority.issue({.subject = "x", .usage = CertificateUsage::kSign});
  refused("not for TLS", pki.identity(sign));
  const SoftwareKey past = pki.authority.issue({.subject = "x",
                                                .usage = CertificateUsage::kTls,
                                                .not_after = Time::from_ms(1'600'000'000'000)});
  refused("expired", pki.identity(past));
  refused("no intermediate", TlsIdentity{{pki.client.certificate()}, tls_key(pki.client)});
  EXPECT_TRUE(loopback.log.mentions("TLS handshake"));
  for (const auto& record : loopback.log.records()) EXPECT_EQ(record.status, 0) << record.line();
}

TEST_F(Tls, RefusesTheWrongServer) {
  Endpoint pinned = loopback.endpoint();
  pinned.pinned_server_certificates = {pki.client.certificate().sha256()};
  EXPECT_EQ(ask(pinned).reason(), Reason::kCertificateUntrusted);
  pinned.pinned_server_certificates.push_back(pki.server.certificate().sha256());
  EXPECT_TRUE(ask(pinned).ok());  // any of them
  Endpoint other_anchor = loopback.endpoint();
  other_anchor.anchors = {pki.stranger.root()};
  EXPECT_EQ(ask(other_anchor).reason(), Reason::kCertificateUntrusted);
  Endpoint issuer_as_anchor = loopback.endpoint();
  issuer_as_anchor.anchors = {pki.authority.intermediate()};
  EXPECT_TRUE(ask(issuer_as_anchor).ok());
}

TEST_F(Tls, WithoutAPinTheServersNameMustFit) {
  Endpoint endpoint = loopback.endpoint();
  endpoint.pinned_server_certificates.clear();
  EXPECT_TRUE(ask(endpoint).ok());
  const SoftwareKey nameless = pki.authority.issue(
      {.subject = "x", .usage = CertificateUsage::kTls, .alternative_names = {"IP:127.0.0.2"}});
  ListenerConfig config = Loopback::mutual_tls();
  config.tls->identity = pki.identity(nameless);
  Loopback other(config);
  other.router.add(Method::kGet, "/who", {}, who_am_i());
  other.start();
  endpoint.port = other.port();
  EXPECT_EQ(ask(endpoint).reason(), Reason::kCertificateUntrusted);
}

TEST(TlsAdmission, AsksWhoMayComeBeforeTheRequestIsRead) {
  Pki& pki = Pki::get();
  std::atomic<int> handled{0};
  ListenerConfig config = Loopback::mutual_tls();
  const Sha256 welcome = pki.client.certificate().sha256();
  config.admit_peer = [welcome](const Peer& peer) -> Result<void> {
    if (peer.certificate->sha256() == welcome) return {};
    return Refusal{Reason::kCertificateUnregistered, "not in the directory"};
  };
  Loopback loopback(config);
  loopback.router.add(Method::kGet, "/who", {}, [&](const Request&) {
    ++handled;
    return text("");
  });
  loopback.start();
  EXPECT_TRUE(ask(loopback.endpoint()).ok());
  Endpoint other = loopback.endpoint();
  other.identity = pki.identity(pki.server);  // right authority, not in the directory
  EXPECT_EQ(ask(other).reason(), Reason::kUnavailable);
  EXPECT_EQ(handled, 1);
  EXPECT_TRUE(loopback.log.mentions("certificate_unregistered"));
}

TEST(TlsForBrowsers, AsksForNoCertificate) {
  Pki& pki = Pki::get();
  ListenerConfig config = Loopback::mutual_tls();
  config.tls->require_client_certificate = false;
  config.tls->client_anchors.clear();
  Loopback loopback(config);
  loopback.router.add(Method::kGet, "/who", {}, who_am_i());
  loopback.start();
  Endpoint endpoint = loopback.endpoint();
  endpoint.identity.reset();
  const auto answer = ask(endpoint);
  ASSERT_TRUE(answer.ok()) << answer.refusal().detail;
  EXPECT_EQ(body_of(*answer), "nobody");
  static_cast<void>(pki);
}

// A key that lives elsewhere, with a counter and a switch.
class Remote final : public SigningKey {
 public:
  explicit Remote(SoftwareKey key) : key_(std::move(key)) {}
  [[nodiscard]] const Certificate& certificate() const override { return key_.certificate(); }
  [[nodiscard]] SignatureScheme scheme() const override { return key_.scheme(); }
  [[nodiscard]] Result<Bytes> sign(ByteView input, KeyUse use) override {
    ++asked;
    for_tls_only = for_tls_only && use == KeyUse::kTls;
    if (locked) return Reason::kTokenLocked;
    return key_.sign(input, use);
  }
  std::atomic<int> asked{0};
  std::atomic<bool> for_tls_only{true};
  std::atomic<bool> locked{false};

 private:
  SoftwareKey key_;
};

TEST(TlsKeyElsewhere, SignsForServerAndClient) {
  Pki& pki = Pki::get();
  for (const KeyKind kind : {KeyKind::kEcP256, KeyKind::kEcP384}) {
    const auto server = std::make_shared<Remote>(pki.issue("server", kind));
    const auto client = std::make_shared<Remote>(pki.issue("client", kind));
    const auto identity = [&](const std::shared_ptr<Remote>& key) {
      return TlsIdentity{{key->certificate(), pki.authority.intermediate()},
                         TlsKey::from_signing_key(key).value()};
    };
    ListenerConfig config = Loopback::mutual_tls();
    config.tls->identity = identity(server);
    Loopback loopback(config);
    loopback.router.add(Method::kGet, "/who", {}, who_am_i());
    loopback.start();
    Endpoint endpoint = loopback.endpoint();
    endpoint.identity = identity(client);
    endpoint.pinned_server_certificates = {server->certificate().sha256()};
    const auto answer = ask(endpoint);
    ASSERT_TRUE(answer.ok()) << answer.refusal().detail;
    EXPECT_EQ(body_of(*answer), client->certificate().sha256().hex());
    EXPECT_EQ(server->asked, 1);
    EXPECT_EQ(client->asked, 1);
    EXPECT_TRUE(server->for_tls_only && client->for_tls_only);
    server->locked = true;
    EXPECT_EQ(ask(endpoint).reason(), Reason::kUnavailable);
    EXPECT_TRUE(loopback.log.mentions("TLS handshake"));
  }
}

TEST(TlsKeyElsewhere, IsForEllipticCurvesOnly) {
  const auto rsa = std::make_shared<Remote>(Pki::get().issue("rsa", KeyKind::kRsa));
  EXPECT_EQ(TlsKey::from_signing_key(rsa).reason(), Reason::kAlgorithmRefused);
  EXPECT_EQ(TlsKey::from_pem("-----BEGIN PRIVATE KEY-----\nAA==\n").reason(), Reason::kMalformed);
}

TEST(TlsKeyHere, MayBeOfAnyKind) {
  Pki& pki = Pki::get();
  for (const KeyKind kind : {KeyKind::kRsa, KeyKind::kEd25519}) {
    const SoftwareKey key = pki.issue("key", kind);
    ListenerConfig config = Loopback::mutual_tls();
    config.tls->identity = pki.identity(key);
    Loopback loopback(config);
    loopback.router.add(Method::kGet, "/who", {}, who_am_i());
    loopback.start();
    Endpoint endpoint = loopback.endpoint();
    endpoint.identity = pki.identity(key);
    endpoint.pinned_server_certificates = {key.certificate().sha256()};
    const auto answer = ask(endpoint);
    EXPECT_TRUE(answer.ok()) << answer.refusal().detail;
  }
}

// curl and openssl, with our certificates in files.
struct OtherPrograms : Tls {
  TemporaryFolder folder;
  std::string chain = folder.write(
      "chain.pem", pki.client.certificate().pem() + pki.authority.intermediate().pem());
  std::string key = folder.write("key.pem", pem_of(pki.client));
  std::string root = folder.write("root.pem", pki.authority.root().pem());

  static std::string pem_of(const SoftwareKey& owner) {
    const auto pem = owner.private_key().pem(SecretBytes());
    return std::string(text_of(pem.view()));
  }
  [[nodiscard]] std::string url(const std::string& path) const {
    return "https://localhost:" + std::to_string(loopback.port()) + path;
  }
  std::vector<std::string> curl(std::vector<std::string> more) const {
    std::vector<std::string> words = {"curl",   "-sS", "--noproxy", "*", "--cacert",   root,
                                      "--cert", chain, "--key",     key, "--max-time", "10"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  [[nodiscard]] std::vector<std::string> s_client(std::vector<std::string> more) const {
    std::vector<std::string> words = {
        "openssl", "s_client", "-connect", "127.0.0.1:" + std::to_string(loopback.port()),
        "-CAfile", root,       "-ign_eof"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
};

TEST_F(OtherPrograms, CurlIsServed) {
  const auto who = run(curl({url("/who")}));
  EXPECT_EQ(who.status, 0);
  EXPECT_EQ(who.output, pki.client.certificate().sha256().hex());
  const std::string body = folder.write("body", std::string(3 << 20, 'x'));
  const std::string back = folder / "back";
  const auto large = run(curl({"--data-binary", "@" + body, "-o", back, "-w",
                               "%{http_code} %{http_version}", url("/echo")}));
  EXPECT_EQ(large.output, "200 1.1");
  EXPECT_EQ(std::filesystem::file_size(back), 3U << 20);
  const auto chunked = run(curl({"-H", "Transfer-Encoding: chunked", "-d", "abc", url("/echo")}));
  EXPECT_EQ(chunked.output, "abc");
  const std::string huge = folder.write("huge", std::string(5 << 20, 'x'));
  const auto refused = run(curl({"--data-binary", "@" + huge, url("/echo")}));
  EXPECT_NE(refused.output.find("\"code\":\"too_large\""), std::string::npos) << refused.output;
  const auto twice = run(curl({url("/who"), url("/who"), "-w", "%{num_connects}"}));
  EXPECT_TRUE(twice.output.ends_with("0")) << twice.output;  // the second needs no new connection
}

TEST_F(OtherPrograms, OpensslSeesTls13WithoutTicketsAndNothingOlder) {
  const std::string request = "GET /who HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  const auto modern =
      run(s_client({"-cert", chain, "-cert_chain", chain, "-key", key, "-alpn", "h2,http/1.1"}),
          request);
  EXPECT_NE(modern.output.find(pki.client.certificate().sha256().hex()), std::string::npos)
      << modern.output;
  EXPECT_NE(modern.output.find("TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384"), std::string::npos);
  EXPECT_NE(modern.output.find("Verify return code: 0 (ok)"), std::string::npos);
  EXPECT_NE(modern.output.find("No ALPN negotiated"), std::string::npos);
  EXPECT_NE(modern.output.find("Compression: NONE"), std::string::npos);
  EXPECT_EQ(modern.output.find("New Session Ticket"), std::string::npos);
  const auto old = run(s_client({"-tls1_2"}), request);
  EXPECT_NE(old.output.find("alert protocol version"), std::string::npos) << old.output;
  const auto nobody = run(s_client({}), request);
  EXPECT_NE(nobody.output.find("certificate required"), std::string::npos) << nobody.output;
  EXPECT_EQ(nobody.output.find("HTTP/1.1"), std::string::npos);
}

}  // namespace
}  // namespace yizhan
