#include <gtest/gtest.h>

#include "tests/terminal/bench.h"

// What a terminal keeps of a document for a centre that may come back from an older copy.

namespace yizhan {
namespace {

constexpr const char* kSender = "T01000000A";

class KeptBody : public ::testing::Test {
 protected:
  Sending send(const SendingOrder& order) {
    const Sending sending = terminal_.send(order).value();
    terminal_.dispatch();
    return terminal_.sending(sending.id);
  }

  Bench bench_;
  TestTerminal terminal_{bench_, kSender};
};

TEST_F(KeptBody, ASealedBodyStaysUntilAllItsRecipientsAreAtTheirEnd) {
  const Sending sending = send(order_of("key-1", {letter_in(terminal_)}));
  terminal_.follow();
  const OutgoingPackage package = terminal_.packages(sending.id).at(0);
  ASSERT_EQ(package.state, PackageState::kAccepted);
  for (const OutgoingRecipient& recipient : terminal_.recipients(sending.id)) {
    EXPECT_EQ(terminal_.submitting.clear_bodies(), 0);
    Statement ended{.type = EvidenceType::kAcceptanceExpiry,
                    .message = {Bench::org(kSender), package.id},
                    .recipient = recipient.addressee,
                    .header_sha256 = package.header_sha256,
                    .actor = {CentreCode::parse("CENTRE-1").value(),
                              bench_.centre_evidence.certificate().sha256(), "", ""},
                    .time = bench_.clock.now()};
    bench_.centre->announce(ended);
    terminal_.follow();
  }
  ASSERT_TRUE(terminal_.objects.find_size(package.cipher_root));
  EXPECT_EQ(terminal_.submitting.clear_bodies(), 1);
  EXPECT_FALSE(terminal_.objects.find_size(package.cipher_root));
  EXPECT_EQ(terminal_.submitting.clear_bodies(), 0);
}

// The evidence comes later, from others who told the centre of it (campaign, seed 10011).
TEST_F(KeptBody, ACentreThatCameBackIsToldOfWhatItSaidItTook) {
  const Sending sending = send(order_of("key-1", {letter_in(terminal_)}));
  const OutgoingPackage package = terminal_.packages(sending.id).at(0);
  ASSERT_EQ(package.state, PackageState::kSubmitted);
  bench_.centre->comeback = Comeback{1, bench_.clock.now() + std::chrono::hours{1}};
  terminal_.follow();
  ASSERT_EQ(terminal_.packages(sending.id).at(0).state, PackageState::kAccepted);
  const auto telling = terminal_.database.read(
      [&](Transaction& tx) { return TellingStore("").next(tx, bench_.clock.now()); });
  ASSERT_TRUE(telling);
  EXPECT_EQ(telling->message.message, package.id);
}

// Its centre said "accepted", and came back from an older copy before anybody had the A.1.
TEST_F(KeptBody, AnAcceptanceThatDoesNotComeIsAskedForAgain) {
  const Sending sending = send(order_of("key-1", {letter_in(terminal_)}));
  ASSERT_EQ(terminal_.packages(sending.id)[0].state, PackageState::kSubmitted);
  EXPECT_FALSE(terminal_.submitting.work());
  bench_.clock.pass(std::chrono::minutes{2});
  EXPECT_TRUE(terminal_.submitting.work());
  EXPECT_EQ(terminal_.packages(sending.id)[0].state, PackageState::kSubmitted);
  EXPECT_EQ(bench_.centre->accepted_count(), 1) << "the same application_id is one";
  terminal_.follow();
  bench_.clock.pass(std::chrono::minutes{2});
  EXPECT_FALSE(terminal_.submitting.work());
}

}  // namespace
}  // namespace yizhan
