#include "role/load/ledger.h"

#include <gtest/gtest.h>

#include <thread>

namespace yizhan {
namespace {

using std::chrono::milliseconds;

const Stamp kBegin = Stamp{} + std::chrono::hours{1};

OrgCode code(const std::string& text) { return OrgCode::parse(text).value(); }

// One document for two, and every event of its good life; a test leaves out or adds what it is
// about.
class LedgerTest : public testing::Test {
 protected:
  LedgerTest() {
    EXPECT_TRUE(ledger_.enter(1, {}));
    ledger_.sent({message_, header_, parts_, {b_, c_}, 1000, kBegin});
  }

  void state(EvidenceType type, std::optional<OrgCode> recipient = {},
             milliseconds after = milliseconds{5}) {
    Statement statement{.type = type,
                        .message = {code("A000000001"), message_},
                        .header_sha256 = header_,
                        .actor = {code("A000000001"), {}, {}, {}},
                        .time = {}};
    if (recipient) statement.recipient = Addressee{*recipient, {}};
    decided_ += ledger_.stated(statement, kBegin + after) ? 1 : 0;
  }
  void accept() {
    ledger_.accepted(message_, kBegin + milliseconds{3});
    state(EvidenceType::kSubmissionAcceptance);
  }
  void consign(const OrgCode& recipient) {
    ledger_.consigned(message_, recipient);
    state(EvidenceType::kConsignment, recipient, milliseconds{10});
  }
  void finish(const OrgCode& recipient) {
    state(EvidenceType::kHandover, recipient, milliseconds{20});
    state(EvidenceType::kConfirmed, recipient, milliseconds{30});
  }
  void deliver(const OrgCode& recipient) {
    consign(recipient);
    EXPECT_TRUE(ledger_.received({message_, recipient, parts_}));
    finish(recipient);
  }
  [[nodiscard]] Report report() const {
    return ledger_.report({kBegin, kBegin + std::chrono::seconds{1}});
  }
  // Exactly these faults, each as often as it stands here.
  void expect(const std::vector<Fault>& expected) const {
    std::array<std::int64_t, kFaults> faults{};
    for (const Fault fault : expected) ++faults.at(static_cast<std::size_t>(fault));
    const Report found = report();
    EXPECT_EQ(found.faults, faults) << found.text();
    EXPECT_EQ(found.is_right(), expected.empty());
  }

  const Time time_ = Time::from_ms(1'800'000'000'000);
  const MessageId first_ = MessageId::generate(time_);
  const MessageId message_ = MessageId::generate(time_ + milliseconds{5});
  const Sha256 header_ = sha256(bytes_of("header"));
  const std::vector<Sha256> parts_ = {sha256(bytes_of("di")), sha256(bytes_of("attachment"))};
  const OrgCode b_ = code("B000000001"), c_ = code("C000000001");
  Ledger ledger_{first_};
  int decided_ = 0;
};

TEST_F(LedgerTest, FindsNothingWrongWhereEachGotItOnce) {
  accept();
  deliver(b_);
  EXPECT_EQ(decided_, 0);
  EXPECT_EQ(ledger_.under_way(), 1);
  deliver(c_);
  EXPECT_EQ(decided_, 1);
  EXPECT_EQ(ledger_.under_way(), 0);
  expect({});
  const Report found = report();
  EXPECT_EQ(found.recipients, 2);
  EXPECT_EQ(found.finals, 2);
  EXPECT_EQ(found.confirmed, 2);
  EXPECT_DOUBLE_EQ(found.latencies.at(0).p50, 3);
  EXPECT_EQ(found.latencies.at(1).count, 2);
  EXPECT_DOUBLE_EQ(found.latencies.at(3).longest, 30);
  EXPECT_DOUBLE_EQ(found.rates.documents, 1);
  EXPECT_DOUBLE_EQ(found.rates.bytes, 1000);
}

TEST_F(LedgerTest, DoesNotCareWhetherTheConfirmationComesBeforeTheHandover) {
  accept();
  deliver(b_);
  consign(c_);
  ledger_.received({message_, c_, parts_});
  state(EvidenceType::kConfirmed, c_);
  EXPECT_EQ(decided_, 0);
  state(EvidenceType::kHandover, c_);
  EXPECT_EQ(decided_, 1);
  expect({});
}

TEST_F(LedgerTest, ReportsWhatIsLost) {
  accept();
  deliver(b_);
  expect({Fault::kLost, Fault::kNoFinal});
  EXPECT_EQ(ledger_.under_way(), 1);
}

TEST_F(LedgerTest, ReportsWhatIsSaidToBeReceivedButNeverCame) {
  accept();
  deliver(b_);
  consign(c_);
  finish(c_);
  expect({Fault::kLost});
}

TEST_F(LedgerTest, ReportsWhatCameTwice) {
  accept();
  deliver(b_);
  deliver(c_);
  EXPECT_FALSE(ledger_.received({message_, c_, parts_}));
  expect({Fault::kTwice});
}

TEST_F(LedgerTest, ReportsWhatWasConsignedTwice) {
  accept();
  deliver(b_);
  deliver(c_);
  ledger_.consigned(message_, b_);
  expect({Fault::kTwice});
}

TEST_F(LedgerTest, ReportsOtherBytesThanWereSent) {
  accept();
  deliver(b_);
  consign(c_);
  ledger_.received({message_, c_, {parts_[0], sha256(bytes_of("another attachment"))}});
  finish(c_);
  expect({Fault::kAltered});
}

TEST_F(LedgerTest, ReportsAPartThatIsMissing) {
  accept();
  deliver(b_);
  consign(c_);
  ledger_.received({message_, c_, {parts_[0]}});
  finish(c_);
  expect({Fault::kAltered});
}

TEST_F(LedgerTest, ReportsASecondFinal) {
  accept();
  deliver(b_);
  deliver(c_);
  state(EvidenceType::kHandover, c_);
  expect({Fault::kSeveralFinals});
}

TEST_F(LedgerTest, ReportsAFinalThatIsNoHandover) {
  accept();
  deliver(b_);
  state(EvidenceType::kConsignmentFailure, c_);
  EXPECT_EQ(decided_, 1);
  expect({Fault::kLost, Fault::kNotHandedOver});
}

TEST_F(LedgerTest, ReportsAMissingConfirmation) {
  accept();
  deliver(b_);
  consign(c_);
  ledger_.received({message_, c_, parts_});
  state(EvidenceType::kHandover, c_);
  expect({Fault::kUnconfirmed});
}

TEST_F(LedgerTest, ReportsAMissingAndASecondAcceptance) {
  ledger_.accepted(message_, kBegin);
  deliver(b_);
  deliver(c_);
  expect({Fault::kNoAcceptance});
  state(EvidenceType::kSubmissionAcceptance);
  expect({});
  state(EvidenceType::kSubmissionAcceptance);
  expect({Fault::kNoAcceptance});
}

TEST_F(LedgerTest, ReportsARefusalAndWhy) {
  ledger_.refused(message_, {Reason::kTooLarge, ""});
  EXPECT_EQ(ledger_.under_way(), 0);
  expect({Fault::kRefused});
  EXPECT_EQ(report().troubles.at("submit/too_large"), 1);
}

TEST_F(LedgerTest, ReportsARefusedDocumentThatCameAllTheSame) {
  ledger_.refused(message_, {Reason::kTooLarge, ""});
  ledger_.received({message_, b_, parts_});
  expect({Fault::kRefused, Fault::kStranger});
}

TEST_F(LedgerTest, ReportsASubmissionThatNobodyAnswered) {
  ledger_.unanswered(message_);
  expect({Fault::kUnanswered});
}

TEST_F(LedgerTest, ReportsWhatNobodySentButNotWhatEarlierRunsLeft) {
  accept();
  deliver(b_);
  deliver(c_);
  ledger_.consigned(MessageId::generate(time_ - milliseconds{5}), b_);
  expect({});
  ledger_.consigned(MessageId::generate(time_ + milliseconds{9}), b_);
  expect({Fault::kStranger});
}

TEST_F(LedgerTest, ReportsADocumentThatWentToSomebodyElse) {
  accept();
  deliver(b_);
  deliver(c_);
  EXPECT_FALSE(ledger_.received({message_, code("D000000001"), parts_}));
  expect({Fault::kStranger});
}

TEST_F(LedgerTest, ReportsEvidenceForAnotherHeader) {
  accept();
  deliver(b_);
  deliver(c_);
  Statement statement{.type = EvidenceType::kHandover,
                      .message = {code("A000000001"), message_},
                      .header_sha256 = sha256(bytes_of("another")),
                      .actor = {code("A000000001"), {}, {}, {}},
                      .time = {}};
  EXPECT_FALSE(ledger_.stated(statement, kBegin));
  expect({Fault::kStranger});
}

TEST_F(LedgerTest, LetsOnlySoManyBeUnderWay) {
  std::atomic<bool> entered = false;
  std::jthread next([&](const std::stop_token& stop) { entered = ledger_.enter(1, stop); });
  std::this_thread::sleep_for(milliseconds{20});
  EXPECT_FALSE(entered);
  ledger_.refused(message_, {Reason::kTooLarge, ""});
  next.join();
  EXPECT_TRUE(entered);
  std::stop_source source;
  source.request_stop();
  EXPECT_FALSE(ledger_.enter(1, source.get_token()));
}

TEST(Ledger, IsNotRightWhenNothingWasSent) {
  EXPECT_FALSE(Report{}.is_right());
}

}  // namespace
}  // namespace yizhan
