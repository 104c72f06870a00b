#include "way/admit/taking_over.h"

#include <gtest/gtest.h>

#include "tests/support/clause.h"
#include "tests/support/small_centre.h"

namespace yizhan {
namespace {

// The second centre, to which the first hands over what is for agency d.
class TakingOverTest : public ::testing::TestWithParam<Engine> {
 protected:
  TestPackage for_d(const std::function<void(Header&)>& change = {}) {
    return make_package(exchange_, {.recipients = {exchange_.d.addressee()}, .change = change});
  }
  // As the first centre would offer it: its leaf, the acceptance, the verdict.
  RelayOffer offer_of(const TestPackage& package, ScanResult result = ScanResult::kClean) {
    const auto placed = place_leaves(package.envelope.leaves);
    RelayOffer offer{package.sealed.cms, {}, package.envelope.key_blocks.back(),
                     package.envelope.groups, {}};
    for (std::size_t i = 0; i < placed.size(); ++i) {
      offer.recipients.push_back({placed[i], {package.envelope.key_blocks[i]}});
    }
    Statement accepted =
        statement_by(exchange_.first, EvidenceType::kSubmissionAcceptance, package);
    accepted.recipient_count = package.sealed.header.recipient_count;
    offer.evidence = {
        sign_statement(accepted, exchange_.first.evidence).value().cms,
        sign_verdict(verdict_by(exchange_.first, package, result), exchange_.first.scanner)
            .value()
            .cms};
    return offer;
  }
  Result<TakeoverStatus> hand_over(const TestPackage& package, const RelayOffer& offer) {
    TakeoverStatus status = YZ_TRY(taking_over_->offer(from_, offer));
    while (status.state == TakeoverState::kReceiving && status.next_group < status.group_count) {
      const auto index = static_cast<std::size_t>(status.next_group);
      status = YZ_TRY(taking_over_->put_group(from_, status.id, status.next_group,
                                              package.group(index)));
    }
    if (status.state != TakeoverState::kReceiving) return status;
    return taking_over_->accept(from_, status.id);
  }
  void restart() { taking_over_.emplace(parts()); }
  TakingOver::Parts parts() {
    return {centre_.database,  centre_.custody, centre_.objects,
            centre_.directory, centre_.trust,   centre_.journal,
            [this](StoredPackage) { ++screened_; }, [] {}};
  }
  // Stated as B.2, and nothing is in custody.
  void expect_rejected(const TestPackage& package, const RelayOffer& offer, Reason reason) {
    const auto status = hand_over(package, offer);
    ASSERT_TRUE(status.ok()) << code_of(status.reason());
    EXPECT_EQ(status->state, TakeoverState::kRefused);
    EXPECT_EQ(status->reason, reason);
    const auto rejected = centre_.find_statement(package, EvidenceType::kRelayRejection);
    ASSERT_TRUE(rejected);
    EXPECT_EQ(rejected->reason, reason);
    EXPECT_EQ(rejected->leaves_sha256, leaves_sha256(offer));
    expect_nothing_taken(package);
  }
  void expect_nothing_taken(const TestPackage& package) {
    EXPECT_EQ(centre_.count_evidence(package, "B.1"), 0);
    EXPECT_FALSE(centre_.database.read([&](Transaction& tx) {
      return centre_.custody.journeys().find(tx, package.sealed.header.key()).has_value();
    }));
    EXPECT_EQ(screened_, 0);
  }

  SmallCentre centre_{GetParam(), WhichCentre::kSecond};
  SmallExchange& exchange_ = centre_.exchange;
  OfferingCentre from_{exchange_.first.code, "192.0.2.1"};
  int screened_ = 0;
  std::optional<TakingOver> taking_over_{std::in_place, parts()};
};

INSTANTIATE_TEST_SUITE_P(BothEngines, TakingOverTest, kBothEngines, engine_name);

TEST_P(TakingOverTest, TakesCustodyAndNamesWhomItTook) {
  CLAUSE("五(一)9");
  const TestPackage package = for_d();
  const RelayOffer offer = offer_of(package);
  const TakeoverStatus status = hand_over(package, offer).value();
  EXPECT_EQ(status.state, TakeoverState::kTaken);
  EXPECT_EQ(screened_, 1);
  const StoredPackage stored = centre_.stored(package);
  EXPECT_EQ(stored.station, Station::kScreen);
  EXPECT_EQ(stored.from_centre, exchange_.first.code);
  EXPECT_EQ(stored.scanner_key_block, package.envelope.key_blocks.back());
  EXPECT_EQ(stored.source_address, "192.0.2.1");
  EXPECT_EQ(centre_.delivery(package, exchange_.d).state, State::kAccepted);
  EXPECT_EQ(centre_.objects.read(package.sealed.header.cipher_root, 0, 1 << 20), package.body);
  const Statement taken =
      centre_.find_statement(package, EvidenceType::kRelayAcceptance).value();
  EXPECT_EQ(taken.recipient_count, 1);
  EXPECT_EQ(taken.leaves_sha256, leaves_sha256(package.envelope.leaves));
  // The acceptance and the verdict that it was given.
  EXPECT_EQ(taken.previous.size(), 2u);
  EXPECT_EQ(centre_.count_evidence(package, "A.1"), 1);
  EXPECT_EQ(centre_.count_evidence(package, "verdict"), 1);
}

TEST_P(TakingOverTest, TheSameOfferAfterACrashHasTheSameAnswerAndOneB1) {
  const TestPackage package = for_d();
  const RelayOffer offer = offer_of(package);
  ASSERT_TRUE(taking_over_->offer(from_, offer).ok());
  restart();
  const TakeoverStatus taken = hand_over(package, offer).value();
  restart();
  const TakeoverStatus again = hand_over(package, offer).value();
  EXPECT_EQ(again.id, taken.id);
  EXPECT_EQ(again.state, TakeoverState::kTaken);
  EXPECT_EQ(taking_over_->accept(from_, taken.id)->state, TakeoverState::kTaken);
  EXPECT_EQ(centre_.count_evidence(package, "B.1"), 1);
  EXPECT_EQ(screened_, 1);
}

TEST_P(TakingOverTest, TakesNothingBeforeAllOfItIsHere) {
  const TestPackage package = make_package(
      exchange_, {.recipients = {exchange_.d.addressee()}, .attachment_bytes = 1'200'000});
  const RelayOffer offer = offer_of(package);
  const TakeoverStatus begun = taking_over_->offer(from_, offer).value();
  EXPECT_EQ(taking_over_->accept(from_, begun.id).reason(), Reason::kConflict);
  EXPECT_EQ(taking_over_->put_group(from_, begun.id, 1, package.group(1)).reason(),
            Reason::kConflict);
  EXPECT_EQ(taking_over_->put_group(from_, begun.id, 0, Bytes(kGroupBytes)).reason(),
            Reason::kGroupMismatch);
  expect_nothing_taken(package);
  EXPECT_EQ(hand_over(package, offer)->state, TakeoverState::kTaken);
}

// Whoever has read beyond it and does not hold it knows that it has to read again.
TEST_P(TakingOverTest, SaysWhereItsB1StandsOnceItIsTold) {
  const TestPackage package = for_d();
  const RelayOffer offer = offer_of(package);
  EXPECT_FALSE(hand_over(package, offer)->news);
  centre_.database.transact([&](Transaction& tx) {
    const auto row = centre_.custody.evidence().last(tx, package.sealed.header.key(), std::nullopt,
                                                     text_of(EvidenceType::kRelayAcceptance));
    centre_.custody.evidence().append_news(tx, from_.code, row->id, "");
  });
  EXPECT_EQ(hand_over(package, offer)->news, 1);
}

// The confused deputy: a centre that brings what is not of its own agencies.
TEST_P(TakingOverTest, TakesOnlyFromTheHomeCentreOfTheSender) {
  const TestPackage package = for_d();
  from_.code = CentreCode::parse("CENTRE-3").value();
  EXPECT_EQ(taking_over_->offer(from_, offer_of(package)).reason(), Reason::kWrongSender);
  EXPECT_EQ(centre_.count_evidence(package, "B.2"), 0);
  EXPECT_EQ(centre_.events(), std::vector<std::string>{"relay_refused"});
  expect_nothing_taken(package);
  // Nor may another go on with what the right one has begun.
  from_.code = exchange_.first.code;
  const TakeoverStatus begun = taking_over_->offer(from_, offer_of(package)).value();
  from_.code = CentreCode::parse("CENTRE-3").value();
  EXPECT_EQ(taking_over_->accept(from_, begun.id).reason(), Reason::kNotFound);
}

// A loop: what is of this centre's own agency does not come back to it from elsewhere.
TEST_P(TakingOverTest, TakesNothingThatBelongsToAnAgencyOfItsOwn) {
  exchange_.registered(exchange_.a).home_centre = exchange_.second.code;
  centre_.publish_directory();
  const TestPackage package = for_d();
  EXPECT_EQ(taking_over_->offer(from_, offer_of(package)).reason(), Reason::kWrongSender);
  expect_nothing_taken(package);
}

TEST_P(TakingOverTest, ForAWhileTakesForAgenciesThatHaveMovedAwayAndFromWhereSendersWere) {
  const TestPackage package = for_d(), late = for_d();  // sealed before they moved
  exchange_.registered(exchange_.d).home_centre = exchange_.first.code;
  exchange_.registered(exchange_.d).former = FormerCentre{exchange_.second.code, kTestNow};
  exchange_.registered(exchange_.a).home_centre = exchange_.second.code;
  exchange_.registered(exchange_.a).former = FormerCentre{exchange_.first.code, kTestNow};
  centre_.publish_directory();
  const RelayOffer offer = offer_of(package);
  EXPECT_EQ(hand_over(package, offer)->state, TakeoverState::kTaken);
  exchange_.registered(exchange_.d).former->moved = kTestNow - kFormerCentreServes;
  centre_.publish_directory();
  EXPECT_EQ(taking_over_->offer(from_, offer_of(late)).reason(), Reason::kWrongHomeCentre);
  exchange_.registered(exchange_.a).former->moved = kTestNow - kFormerCentreServes;
  centre_.publish_directory();
  EXPECT_EQ(taking_over_->offer(from_, offer_of(late)).reason(), Reason::kWrongSender);
}

TEST_P(TakingOverTest, TakesOnlyForAgenciesThatItServes) {
  const TestPackage package = make_package(
      exchange_, {.recipients = {exchange_.b.addressee(), exchange_.d.addressee()}});
  EXPECT_EQ(taking_over_->offer(from_, offer_of(package)).reason(), Reason::kWrongHomeCentre);
  EXPECT_EQ(centre_.count_evidence(package, "B.2"), 0);
  expect_nothing_taken(package);
}

TEST_P(TakingOverTest, RejectsAHeaderThatLeavesOutItsScanner) {
  CLAUSE("五(二)6");
  const TestPackage package = for_d([](Header& header) { header.scanners.pop_back(); });
  expect_rejected(package, offer_of(package), Reason::kScannersMismatch);
}

TEST_P(TakingOverTest, RejectsAHeaderThatNamesAnUnregisteredScanner) {
  const TestPackage package = for_d([&](Header& header) {
    header.scanners.back().certificate = exchange_.b.encrypt.certificate().sha256();
  });
  expect_rejected(package, offer_of(package), Reason::kScannersMismatch);
}

TEST_P(TakingOverTest, RejectsAnotherKeyBlockThanItsScannersOwn) {
  const TestPackage package = for_d();
  RelayOffer offer = offer_of(package);
  offer.scanner_key_block = package.envelope.key_blocks.front();
  expect_rejected(package, offer, Reason::kScannersMismatch);
}

TEST_P(TakingOverTest, RejectsWhatWasNotAcceptedOrDidNotPassTheSendersScanner) {
  const TestPackage unaccepted = for_d();
  RelayOffer offer = offer_of(unaccepted);
  offer.evidence.erase(offer.evidence.begin());
  expect_rejected(unaccepted, offer, Reason::kVerdictMissing);
  const TestPackage infected = for_d();
  expect_rejected(infected, offer_of(infected, ScanResult::kInfected), Reason::kVerdictMissing);
  // The same again: the same answer, and no second statement.
  EXPECT_EQ(hand_over(unaccepted, offer)->state, TakeoverState::kRefused);
  EXPECT_EQ(centre_.count_evidence(unaccepted, "B.2"), 1);
}

TEST_P(TakingOverTest, AReplayWithAnotherHeaderOrOtherRecipientsIsRefused) {
  const TestPackage package = for_d();
  ASSERT_EQ(hand_over(package, offer_of(package))->state, TakeoverState::kTaken);
  const TestPackage other = for_d([&](Header& header) {
    header.message_id = package.sealed.header.message_id;
  });
  EXPECT_EQ(taking_over_->offer(from_, offer_of(other)).reason(), Reason::kReplayed);
  RelayOffer twice = offer_of(package);
  twice.recipients.push_back(twice.recipients.front());
  EXPECT_EQ(taking_over_->offer(from_, twice).reason(), Reason::kReplayed);
  EXPECT_EQ(centre_.count_evidence(package, "B.1"), 1);
}

TEST_P(TakingOverTest, RejectsALeafThatIsNotUnderTheHeadersRoot) {
  const TestPackage package = for_d(), other = for_d();
  RelayOffer offer = offer_of(package);
  offer.recipients = offer_of(other).recipients;
  expect_rejected(package, offer, Reason::kRecipientsMismatch);
}

}  // namespace
}  // namespace yizhan
