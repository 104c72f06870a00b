#include "ground/crypto/digest.h"

#include <gtest/gtest.h>

namespace yizhan {
namespace {

TEST(Digest, Sha256IsThatOfFips180) {
  EXPECT_EQ(sha256(bytes_of("abc")).hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256({}).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, Sha384IsThatOfFips180) {
  EXPECT_EQ(to_hex(sha384(bytes_of("abc"))),
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
            "8086072ba1e7cc2358baeca134c825a7");
}

TEST(Digest, AStreamGivesTheDigestOfTheWholeAndStartsAnew) {
  Sha256Stream stream;
  stream.update(bytes_of("a"));
  stream.update(bytes_of("bc"));
  EXPECT_EQ(stream.finish(), sha256(bytes_of("abc")));
  stream.update(bytes_of("abc"));
  EXPECT_EQ(stream.finish(), sha256(bytes_of("abc")));
}

TEST(Digest, HkdfExpandWithSha512GivesAPrefixWhateverTheLength) {
  // From an independent implementation: Python's hmac, key "key", info "info", 100 octets.
  const std::string expected =
      "abe31470d84e1d06872b93b5fdc1005fece1940e60eb8904e6911b97e3c5aa43"
      "7999300f7d1a4efed16c25f134b94d7096be2e77311237d08334dee9540c9aec"
      "8060a56e6a7797bd18897075344aa1690f247d58a1cbcbc552a55cf43a79de42"
      "a8194ac2";
  for (const std::size_t length : {1U, 64U, 76U, 100U}) {
    EXPECT_EQ(to_hex(hkdf_expand_sha512(bytes_of("key"), bytes_of("info"), length).view()),
              expected.substr(0, 2 * length));
  }
}

}  // namespace
}  // namespace yizhan
