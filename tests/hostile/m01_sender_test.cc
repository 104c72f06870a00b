#include "role/exchange/exchange.h"
#include "tests/hostile/stage.h"

// M01: an agency's letter in the name of another. Four places name the sender: the connection's
// certificate, the header, the certificate that signed the header, and 發文機關 in the document.

namespace yizhan {
namespace {

struct Claim {
  const TestAgency& connection;
  const TestAgency& header;
  const TestAgency& signer;
  const TestAgency& document;
};

class M01ClaimedSender : public ::testing::Test {
 protected:
  TestPackage seal_for(const Claim& claim) {
    std::vector<TestPart> parts = mail_with("a.txt", "附件");
    parts[0].content = replaced(parts[0].content, "A01000000A", claim.document.code.text());
    // seal() signs with the keys of `exchange.a`.
    const TestAgency a = exchange_.a;
    exchange_.a.code = claim.header.code;
    exchange_.a.sign = claim.signer.sign;
    const TestPackage package = seal(exchange_, parts, {}, {exchange_.c.addressee()});
    exchange_.a = a;
    return package;
  }
  // Where it ends: at the door, with the centre, or with the scanner; or it is "clean".
  std::string fate(const Claim& claim) {
    const TestPackage package = seal_for(claim);
    const Result<OrgCode> org =
        identify({.address = "127.0.0.1", .certificate = claim.connection.tls.certificate()},
                 exchange_.directory(), kTestNow);
    if (!org) return "door " + std::string(code_of(org.reason()));
    Envelope envelope = package.with_body();
    envelope.application_id = package.sealed.header.message_id.text();
    const auto status = stage_.admission->submit({*org, "127.0.0.1"}, envelope);
    if (!status) return "centre " + std::string(code_of(status.reason()));
    if (status->reason) return "centre " + std::string(code_of(*status->reason));
    const std::string verdict = stage_.scanned(package);
    return verdict == "clean" ? verdict : "scanner " + verdict;
  }

  // Each disagreement ends where it can first be seen.
  static std::string where_it_ends(const Claim& claim) {
    if (claim.connection.code != claim.header.code) return "centre wrong_sender";
    if (claim.header.code != claim.signer.code) return "centre certificate_unregistered";
    return "scanner refused document_invalid";
  }

  Stage stage_;
  SmallExchange& exchange_ = stage_.exchange;
};

TEST_F(M01ClaimedSender, IsBelievedOnlyWhenAllFourAgree) {
  const TestAgency a = exchange_.a, b = exchange_.b;
  int clean = 0;
  for (unsigned bits = 0; bits < 16; ++bits) {
    const auto pick = [&](unsigned bit) -> const TestAgency& { return (bits >> bit & 1) ? b : a; };
    const Claim claim{pick(0), pick(1), pick(2), pick(3)};
    const std::string words = fate(claim);
    const bool agree = bits == 0 || bits == 15;
    EXPECT_EQ(words == "clean", agree) << bits << ": " << words;
    clean += words == "clean" ? 1 : 0;
    if (!agree) {
      EXPECT_EQ(words, where_it_ends(claim)) << bits;
    }
  }
  EXPECT_EQ(clean, 2);
}

TEST_F(M01ClaimedSender, IsHeldAgainstTheDocumentByTheRecipientToo) {
  // Even when the centre and its scanner let it pass.
  const Claim claim{exchange_.a, exchange_.a, exchange_.a, exchange_.b};
  EXPECT_EQ(stage_.opened(stage_.consign(seal_for(claim), exchange_.c)), "unopenable at step 11");
}

}  // namespace
}  // namespace yizhan
