#include "tests/hostile/stage.h"

// E04: keys that are wrapped otherwise than the sender signed, for somebody else.

namespace yizhan {
namespace {

class E04Rewrapping : public ::testing::Test {
 protected:
  Stage stage_;
  SmallExchange& exchange_ = stage_.exchange;
  TestPackage package_ = seal_letter(exchange_);
};

// A recipient can open what it got, wrap its key anew, and hand it on. The next one must find
// itself under the sender's signature.
TEST_F(E04Rewrapping, ForAnotherRecipientIsUnopenableForThatOne) {
  const Header& header = package_.sealed.header;
  const TestPackage for_b_only = seal(exchange_, letter_parts(), [](Header& h) {
    h.urgency = Urgency::kFast;
  });
  Consigned forwarded = stage_.consign(for_b_only, exchange_.b);
  ASSERT_EQ(stage_.opened(forwarded), "ok");
  const Bytes content = key_block_content(for_b_only.sealed.header.message_id, for_b_only.key());
  forwarded.consignment.key_blocks = {
      wrap_key(content, exchange_.c.encrypt.certificate()).value()};
  forwarded.consignment.placed.leaf =
      RecipientLeaf{exchange_.c.addressee(), CopyKind::kOriginal,
                    {{exchange_.c.encrypt.certificate().sha256(),
                      sha256(forwarded.consignment.key_blocks[0])}}}
          .json();
  forwarded.mail.recipient = exchange_.c.addressee();
  EXPECT_EQ(stage_.opened(forwarded), "unopenable at step 6");
  EXPECT_NE(header.message_id, for_b_only.sealed.header.message_id);
}

// Or it signs what it got as its own.
TEST_F(E04Rewrapping, UnderTheForwardersOwnSignatureFailsAtContextAndAtTheDocument) {
  const auto signed_by_b = [&](TestPackage package) {
    Header header = package.sealed.header;
    header.sender = exchange_.b.code;
    header.sender_certificate = exchange_.b.sign.certificate().sha256();
    package.sealed = seal_header(header, exchange_.b.sign, kTestNow).value();
    package.envelope.header = package.sealed.cms;
    return package;
  };
  const TestPackage kept = signed_by_b(package_);
  EXPECT_EQ(stage_.scanned(kept), "refused unopenable");
  EXPECT_EQ(stage_.opened(stage_.consign(kept, exchange_.c)), "unopenable at step 8");
  // Encrypted anew it opens: then the document names another 發文機關 than the seal.
  const TestAgency a = exchange_.a;
  exchange_.a = exchange_.b;
  const TestPackage anew = seal_letter(exchange_);
  exchange_.a = a;
  EXPECT_EQ(anew.sealed.header.sender, exchange_.b.code);
  EXPECT_EQ(stage_.scanned(anew), "refused document_invalid");
  EXPECT_EQ(stage_.opened(stage_.consign(anew, exchange_.c)), "unopenable at step 11");
}

}  // namespace
}  // namespace yizhan
