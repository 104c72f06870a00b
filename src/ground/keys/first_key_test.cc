#include "ground/keys/first_key.h"

#include <gtest/gtest.h>

#include "ground/keys/certificate_request.h"
#include "tests/support/openssl_command.h"

namespace yizhan {
namespace {

constexpr Time kNow = Time::from_ms(1'795'327'200'000);

TEST(FirstKey, OpensslFindsTheRequestGood) {
  const PrivateKey key = PrivateKey::generate(KeyKind::kEcP256);
  const Bytes request = first_request(key, "A01000000A 加密", FirstUse::kReceiving);
  OpensslCommand openssl;
  openssl.write("r.csr", bytes_of(request_pem(request)));
  ASSERT_TRUE(openssl.run({"req", "-in", "r.csr", "-verify", "-noout"})) << openssl.log();
  ASSERT_TRUE(openssl.run({"req", "-in", "r.csr", "-text", "-noout", "-out", "text"}));
  const Bytes text = openssl.read("text");
  EXPECT_NE(text_of(text).find("Key Agreement"), std::string_view::npos) << text_of(text);
  ASSERT_TRUE(openssl.run({"req", "-in", "r.csr", "-pubkey", "-noout", "-out", "k.pem"}));
  const Bytes pem = openssl.read("k.pem");
  EXPECT_EQ(requested_key(request).value(), text_of(pem));
}

TEST(FirstKey, ItsOwnCertificateCarriesTheKey) {
  const PrivateKey key = PrivateKey::generate(KeyKind::kEcP256);
  const Certificate own = self_signed(key, "A01000000A", kNow);
  EXPECT_TRUE(belongs_to(own, key));
  EXPECT_TRUE(own.allows_signature());
  EXPECT_LT(own.not_before(), kNow);
  EXPECT_EQ(own.not_after() - kNow, std::chrono::hours{24 * 30});
  EXPECT_EQ(own.public_key_pem(),
            requested_key(first_request(key, "A01000000A", FirstUse::kSigning)).value());
}

TEST(FirstKey, ARequestThatItsKeyHasNotSignedIsNone) {
  const PrivateKey key = PrivateKey::generate(KeyKind::kEcP256);
  const Bytes request = first_request(key, "A01000000A", FirstUse::kSigning);
  for (std::size_t i = 0; i < request.size(); ++i) {
    Bytes changed = request;
    changed[i] ^= 1;
    EXPECT_FALSE(requested_key(changed)) << i;
  }
  Bytes more = request;
  more.push_back(0);
  EXPECT_EQ(requested_key(more).reason(), Reason::kMalformed);
  EXPECT_EQ(requested_key({}).reason(), Reason::kMalformed);
}

}  // namespace
}  // namespace yizhan
