#include "model/package/envelope.h"

#include <gtest/gtest.h>

#include "ground/json/json.h"
#include "tests/support/small_package.h"

namespace yizhan {
namespace {

class EnvelopeTest : public ::testing::Test {
 protected:
  [[nodiscard]] Reason refusal_of(const Envelope& envelope) const {
    const auto checked = check_envelope(envelope, package_.sealed.header);
    return checked ? Reason::kInternal : checked.reason();
  }

  SmallExchange exchange_;
  // b, c and d: two centres, so two scanners.
  TestPackage package_ = make_package(
      exchange_, {.recipients = {exchange_.b.addressee(), exchange_.c.addressee(),
                                 exchange_.d.addressee()}});
  Envelope envelope_ = package_.envelope;
};

TEST_F(EnvelopeTest, ReadsBackWhatItWritesWithAndWithoutABody) {
  for (const Envelope& envelope : {package_.envelope, package_.with_body()}) {
    const Envelope read = Envelope::parse_submission(envelope.submission()).value();
    EXPECT_EQ(read.json(), envelope.json());
    EXPECT_EQ(read.body, envelope.body);
    EXPECT_EQ(read.groups, envelope.groups);
  }
}

TEST_F(EnvelopeTest, RefusesASubmissionThatIsShorterThanItSays) {
  const Bytes whole = envelope_.submission();
  for (const std::size_t length : {std::size_t{0}, std::size_t{3}, std::size_t{4},
                                   whole.size() - 1}) {
    EXPECT_EQ(Envelope::parse_submission(ByteView(whole).first(length)).reason(),
              Reason::kMalformed);
  }
  Bytes longer = whole;
  longer[0] = 0xff;
  EXPECT_EQ(Envelope::parse_submission(longer).reason(), Reason::kMalformed);
}

TEST_F(EnvelopeTest, RefusesMissingAndUnknownMembers) {
  const Json whole = parse_json(envelope_.json(), {.bytes_max = kEnvelopeBytesMax}).value();
  for (const auto& [name, value] : whole.items()) {
    Json less = whole;
    less.erase(name);
    EXPECT_EQ(Envelope::parse(canonical_json(less)).reason(), Reason::kMalformed) << name;
  }
  Json more = whole;
  more["priority"] = 1;
  EXPECT_EQ(Envelope::parse(canonical_json(more)).reason(), Reason::kMalformed);
}

TEST_F(EnvelopeTest, RefusesAnApplicationIdThatIsEmptyTooLongOrUnprintable) {
  for (const std::string& id : {std::string(), std::string(129, 'a'), std::string("a b"),
                                std::string("案號")}) {
    envelope_.application_id = id;
    EXPECT_EQ(Envelope::parse(envelope_.json()).reason(), Reason::kBadRequest) << id;
  }
  envelope_.application_id = std::string(128, 'a');
  EXPECT_TRUE(Envelope::parse(envelope_.json()).ok());
}

TEST_F(EnvelopeTest, GivesEachRecipientItsOwnKeyBlocksAndEachScannerItsOwn) {
  const CheckedEnvelope checked = check_envelope(envelope_, package_.sealed.header).value();
  ASSERT_EQ(checked.recipients.size(), 3U);
  EXPECT_EQ(checked.recipients[1].leaf.addressee, exchange_.c.addressee());
  EXPECT_EQ(checked.recipients[1].key_blocks, std::vector<Bytes>{envelope_.key_blocks[1]});
  EXPECT_EQ(checked.scanner_key_blocks,
            (std::vector<Bytes>{envelope_.key_blocks[3], envelope_.key_blocks[4]}));
}

TEST_F(EnvelopeTest, RefusesKeyBlocksThatAreSwapped) {
  std::swap(envelope_.key_blocks[0], envelope_.key_blocks[1]);
  EXPECT_EQ(refusal_of(envelope_), Reason::kRecipientsMismatch);
  envelope_ = package_.envelope;
  std::swap(envelope_.key_blocks[3], envelope_.key_blocks[4]);
  EXPECT_EQ(refusal_of(envelope_), Reason::kScannersMismatch);
}

TEST_F(EnvelopeTest, RefusesAKeyBlockTooFewOrTooMany) {
  envelope_.key_blocks.pop_back();
  EXPECT_EQ(refusal_of(envelope_), Reason::kScannersMismatch);
  envelope_.key_blocks.clear();
  EXPECT_EQ(refusal_of(envelope_), Reason::kRecipientsMismatch);
  envelope_ = package_.envelope;
  envelope_.key_blocks.push_back(envelope_.key_blocks[0]);
  EXPECT_EQ(refusal_of(envelope_), Reason::kScannersMismatch);
}

TEST_F(EnvelopeTest, RefusesALeafMissingAddedOrMoved) {
  envelope_.leaves.pop_back();
  EXPECT_EQ(refusal_of(envelope_), Reason::kRecipientsMismatch);
  envelope_ = package_.envelope;
  envelope_.leaves.push_back(envelope_.leaves[0]);
  EXPECT_EQ(refusal_of(envelope_), Reason::kRecipientsMismatch);
  envelope_ = package_.envelope;
  std::swap(envelope_.leaves[0], envelope_.leaves[1]);
  EXPECT_EQ(refusal_of(envelope_), Reason::kRecipientsMismatch);
  envelope_.leaves.clear();
  EXPECT_EQ(refusal_of(envelope_), Reason::kRecipientsMismatch);
}

TEST_F(EnvelopeTest, RefusesRecipientsOutOfOrderEvenWhenTheSenderSignedThem) {
  std::swap(envelope_.leaves[0], envelope_.leaves[1]);
  std::swap(envelope_.key_blocks[0], envelope_.key_blocks[1]);
  Header header = package_.sealed.header;
  header.recipients_root = recipients_root(envelope_.leaves);
  EXPECT_EQ(check_envelope(envelope_, header).reason(), Reason::kRecipientsMismatch);
}

TEST_F(EnvelopeTest, RefusesAnotherRecipientsRoot) {
  Header header = package_.sealed.header;
  header.recipients_root.octets[0] ^= 1;
  EXPECT_EQ(check_envelope(envelope_, header).reason(), Reason::kRecipientsMismatch);
}

TEST_F(EnvelopeTest, RefusesGroupsThatAreNotTheHeaders) {
  envelope_.groups[0].octets[0] ^= 1;
  EXPECT_EQ(refusal_of(envelope_), Reason::kGroupMismatch);
  envelope_.groups = {};
  EXPECT_EQ(refusal_of(envelope_), Reason::kLengthMismatch);
  envelope_.groups = {package_.envelope.groups[0], package_.envelope.groups[0]};
  EXPECT_EQ(refusal_of(envelope_), Reason::kLengthMismatch);
}

TEST_F(EnvelopeTest, AConsignmentReadsBackWhatItWrites) {
  const auto placed = place_leaves(envelope_.leaves);
  const Consignment consignment{{"lease-1", 7, kTestNow}, package_.sealed.cms, placed[2],
                                {envelope_.key_blocks[2]}, envelope_.groups,
                                {random_bytes(10), random_bytes(20)}};
  const Consignment read = Consignment::parse(consignment.json()).value();
  EXPECT_EQ(read.json(), consignment.json());
  EXPECT_EQ(read.lease.fencing, 7);
  EXPECT_EQ(read.placed.path, placed[2].path);
  EXPECT_EQ(read.evidence, consignment.evidence);
}

TEST_F(EnvelopeTest, AConsignmentLacksNothing) {
  const Consignment consignment{{"lease-1", 7, kTestNow}, package_.sealed.cms,
                                place_leaves(envelope_.leaves)[0], {}, {}, {}};
  const Json whole = parse_json(consignment.json()).value();
  for (const char* path : {"", "/lease"}) {
    const Json::json_pointer pointer(path);
    for (const auto& [name, value] : whole[pointer].items()) {
      Json less = whole;
      less[pointer].erase(name);
      EXPECT_EQ(Consignment::parse(canonical_json(less)).reason(), Reason::kMalformed) << name;
    }
  }
  EXPECT_EQ(Consignment::parse(bytes_of("[]")).reason(), Reason::kMalformed);
}

}  // namespace
}  // namespace yizhan
