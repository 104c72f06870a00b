#include "way/deliver/reading.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/clause.h"
#include "tests/support/small_centre.h"

namespace yizhan {
namespace {

class ReadingTest : public CentreTest {
 protected:
  // Signs, logs and tells.
  void publish() { EXPECT_TRUE(desk_.work(100).ok()); }
  std::vector<std::string> news_of(const TestAgency& agency, std::int64_t after = 0) {
    std::vector<std::string> kinds;
    const Json news = reading_.news(agency.code, {after});
    for (const Json& item : news["items"]) {
      EXPECT_EQ(item["sequence"], after + static_cast<std::int64_t>(kinds.size()) + 1);
      kinds.push_back(item["kind"]);
    }
    EXPECT_EQ(news["next"], after + static_cast<std::int64_t>(kinds.size()));
    return kinds;
  }
  void start_again() {
    centre_.database.transact([&](Transaction& tx) { centre_.custody.comebacks().begin(tx); });
  }
  // What every reader was told of its last return.
  Comeback told() { return centre_.custody.comebacks().current(); }
  using Kinds = std::vector<std::string>;
  static Kinds sorted(Kinds kinds) {
    std::ranges::sort(kinds);
    return kinds;
  }

  Reading reading_{centre_.database, centre_.custody};
  EvidenceDesk desk_{{centre_.database, exchange_.first.evidence, &centre_.log,
                      [this](Transaction& tx, const EvidenceRow& row) {
                        announce(tx, centre_.custody, *centre_.directory.current(), row);
                      }}};
};

INSTANTIATE_TEST_SUITE_P(BothEngines, ReadingTest, kBothEngines, engine_name);

TEST_P(ReadingTest, TheSenderHearsOfAllAndTheRecipientOfWhatItMayFetch) {
  CLAUSE("五(一)9");
  const TestPackage package = make_package(exchange_);
  centre_.enter_consigned(package);
  EXPECT_TRUE(news_of(exchange_.a).empty());  // nothing is told before it is signed
  publish();
  EXPECT_EQ(sorted(news_of(exchange_.a)), (Kinds{"A.1", "D.1", "verdict"}));
  EXPECT_EQ(news_of(exchange_.b), Kinds{"D.1"});
  EXPECT_TRUE(news_of(exchange_.c).empty());
  const Json item = reading_.news(exchange_.b.code, {})["items"][0];
  EXPECT_EQ(item["delivery"], centre_.delivery(package, exchange_.b).id.text());
  EXPECT_EQ(item["message_id"], package.sealed.header.message_id.text());
  const auto evidence = from_base64(item["evidence"].get<std::string>());
  EXPECT_EQ(open_statement(evidence.value())->statement.type, EvidenceType::kConsignment);
}

// Whoever has read what is not here shows it, once; from then on every reader is told.
TEST_P(ReadingTest, EveryReaderIsToldThatTheStoreCameBack) {
  centre_.enter_consigned(make_package(exchange_));
  publish();
  const std::string other(64, '0');
  EXPECT_FALSE(reading_.news(exchange_.a.code, {}).contains("comeback"));
  const Json found = reading_.news(exchange_.a.code, {2, other});
  EXPECT_EQ(found["comeback"]["count"], 1);
  EXPECT_EQ(found["items"][0]["sequence"], 1);
  EXPECT_EQ(reading_.news(exchange_.b.code, {1, other})["comeback"]["count"], 1)
      << "of that return it was not told yet";
  EXPECT_EQ(reading_.news(exchange_.c.code, {})["comeback"]["count"], 1);
  start_again();
  EXPECT_EQ(reading_.news(exchange_.b.code, {1, other, told()})["comeback"]["count"], 2)
      << "told of that one, it shows a further one";
  start_again();
  EXPECT_EQ(reading_.news(exchange_.c.code, {0, "", {7, {}}})["comeback"]["count"], 8)
      << "a reader knows of a later one than the copy";
  EXPECT_EQ(std::ranges::count(centre_.events(), "store_came_back"), 3);
}

// Two copies brought back in turn may count alike: who was told of the other's return is told of
// this one, and has not shown a further one.
TEST_P(ReadingTest, AReturnIsKnownByWhenItForgotAndNotByItsCountAlone) {
  centre_.enter_consigned(make_package(exchange_));
  publish();
  const std::string other(64, '0');
  reading_.news(exchange_.a.code, {2, other});
  start_again();
  const Comeback elsewhere{1, told().since + Milliseconds{1}};
  const Json news = reading_.news(exchange_.b.code, {1, other, elsewhere});
  EXPECT_EQ(news["comeback"], describe(told()));
  EXPECT_EQ(news["comeback"]["count"], 1);
}

// Both copies have the same newest evidence (campaign, seed 9201): by their times alone, who told
// the first one again what it had forgotten would take the second for it.
TEST_P(ReadingTest, ReturnsOfCopiesOfOneMomentAreToldApart) {
  centre_.enter_consigned(make_package(exchange_));
  publish();
  const std::string other(64, '0');
  reading_.news(exchange_.a.code, {2, other});
  const Comeback first = told();
  start_again();
  reading_.news(exchange_.a.code, {2, other, first});
  EXPECT_EQ(told().count, 2);
  EXPECT_NE(told().since, first.since);
}

// What the centre took of a reader who has read nothing since then.
TEST_P(ReadingTest, AReceiptThatIsNotThereShowsThatTheStoreCameBack) {
  const TestPackage package = make_package(exchange_);
  centre_.enter_consigned(package);
  publish();
  const auto asking = [&](const Sha256& receipt) {
    return reading_.news(exchange_.b.code, {1, "", {}, receipt.hex()});
  };
  const auto all = centre_.database.read([&](Transaction& tx) {
    return centre_.custody.evidence().of_message(tx, package.sealed.header.key());
  });
  EXPECT_FALSE(asking(all.front().sha256).contains("comeback"));
  const Json news = asking(sha256(bytes_of("a receipt")));
  EXPECT_EQ(news["comeback"]["count"], 1);
  EXPECT_TRUE(news["items"].empty()) << "its list is the one that was read";
}

// A reader who says so again and again, or of any number, sets nobody to work.
TEST_P(ReadingTest, AStoreComesBackOnceARunWhateverAReaderSays) {
  centre_.enter_consigned(make_package(exchange_));
  publish();
  const std::string other(64, '0');
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_FALSE(reading_.news(exchange_.a.code, {2, other, {kMost, {}}}).contains("comeback"));
  EXPECT_EQ(reading_.news(exchange_.a.code, {2, other})["comeback"]["count"], 1);
  for (const std::int64_t known : {std::int64_t{1}, std::int64_t{2}, std::int64_t{900}, kMost}) {
    const NewsCursor after{2, other, {known, told().since}};
    EXPECT_EQ(reading_.news(exchange_.a.code, after)["comeback"]["count"], 1) << known;
  }
  EXPECT_EQ(std::ranges::count(centre_.events(), "store_came_back"), 1);
}

TEST_P(ReadingTest, WhoReceivesForAnAgencyHearsOfItsMail) {
  exchange_.registered(exchange_.b).representative =
      Representative{exchange_.c.code, kTestNow, kTestNow + Milliseconds{1000}};
  centre_.publish_directory();
  centre_.enter_consigned(make_package(exchange_));
  publish();
  EXPECT_TRUE(news_of(exchange_.b).empty());
  EXPECT_EQ(news_of(exchange_.c), Kinds{"D.1"});
}

// Its centre came back from an older copy, and has other news under the numbers that were read.
TEST_P(ReadingTest, AListThatIsNotTheOneThatWasReadBeginsAnew) {
  const TestPackage package = make_package(exchange_);
  centre_.enter_consigned(package);
  publish();
  const Json all = reading_.news(exchange_.a.code, {});
  const auto seen = [&](std::size_t item) {
    return sha256(from_base64(all["items"][item]["evidence"].get<std::string>()).value()).hex();
  };
  const auto first_after = [&](const NewsCursor& after) {
    const Json news = reading_.news(exchange_.a.code, after);
    return news["items"].empty() ? 0 : news["items"][0]["sequence"].get<int>();
  };
  EXPECT_EQ(first_after({2, seen(1)}), 3);
  EXPECT_EQ(first_after({3, seen(2)}), 0);
  EXPECT_EQ(first_after({2, ""}), 3);  // a reader that keeps the number alone
  EXPECT_EQ(first_after({2, seen(0)}), 1);
  EXPECT_EQ(first_after({7, seen(2)}), 1);
}

TEST_P(ReadingTest, ARecipientHearsWhatIsUrgent) {
  const TestPackage ordinary = make_package(exchange_);
  TestPackage urgent = make_package(exchange_);
  urgent.sealed.header.urgency = Urgency::kFastest;
  centre_.enter_consigned(ordinary);
  centre_.enter_consigned(urgent);
  publish();
  const Json news = reading_.news(exchange_.b.code, {});
  for (const Json& item : news["items"]) {
    const bool fast = item["message_id"] == urgent.sealed.header.message_id.text();
    EXPECT_EQ(item.value("urgency", ""), fast ? "fastest" : "");
  }
}

TEST_P(ReadingTest, ARecipientDoesNotHearOfWhatNeverReachedItsInbox) {
  const TestPackage package = make_package(exchange_);
  centre_.enter_held(package);
  const StoredPackage stored = centre_.stored(package);
  Delivery delivery = centre_.delivery(package, exchange_.b);
  centre_.database.transact([&](Transaction& tx) {
    centre_.custody
        .take(tx, stored, delivery,
              {.step = Step::kStop, .due = kTestNow, .why = Refusal{Reason::kInfected, ""}})
        .value();
  });
  publish();
  EXPECT_EQ(sorted(news_of(exchange_.a)), (Kinds{"A.1", "D.2", "Held", "verdict"}));
  EXPECT_TRUE(news_of(exchange_.b).empty());
}

TEST_P(ReadingTest, ARecipientHearsOfTheEndOfWhatItHadInItsInbox) {
  const TestPackage package = make_package(exchange_);
  centre_.enter_consigned(package);
  publish();
  const StoredPackage stored = centre_.stored(package);
  Delivery delivery = centre_.delivery(package, exchange_.b);
  centre_.database.transact([&](Transaction& tx) {
    centre_.custody
        .take(tx, stored, delivery,
              {.step = Step::kWithdraw, .due = kTestNow, .why = Refusal{Reason::kWithdrawn, ""}})
        .value();
  });
  publish();
  EXPECT_EQ(news_of(exchange_.b), (Kinds{"D.1", "D.2"}));
  EXPECT_EQ(news_of(exchange_.b, 1), Kinds{"D.2"});
}

TEST_P(ReadingTest, ASenderSeesEachRecipientOfItsOwnMessage) {
  const TestPackage package = make_package(
      exchange_, {.recipients = {exchange_.b.addressee(), exchange_.c.addressee()}});
  centre_.enter_held(package);
  const MessageId id = package.sealed.header.message_id;
  const Json seen = reading_.message(exchange_.a.code, id).value();
  ASSERT_EQ(seen["recipients"].size(), 2U);
  EXPECT_EQ(seen["recipients"][1]["org_code"], "C03000000C");
  EXPECT_EQ(seen["recipients"][1]["state"], "held");
  EXPECT_EQ(seen["recipients"][1]["reason"]["code"], code_of(Reason::kInfected));
  EXPECT_EQ(seen["evidence"].size(), 3U);
  EXPECT_EQ(reading_.message(exchange_.b.code, id).reason(), Reason::kNotFound);
}

TEST_P(ReadingTest, OfficersSeeWhatIsHeldAndWhy) {
  const TestPackage package = make_package(exchange_);
  centre_.enter_held(package);
  centre_.enter(make_package(exchange_));
  const Json held = reading_.held();
  ASSERT_EQ(held["items"].size(), 1U);
  EXPECT_EQ(held["items"][0]["header_sha256"], package.sealed.sha256.hex());
  EXPECT_EQ(held["items"][0]["until"], (kTestNow + std::chrono::hours{72}).text());
  const Json stations = reading_.stations();
  EXPECT_EQ(stations["packages"]["held"], 1);
  EXPECT_EQ(stations["packages"]["screen"], 1);
  EXPECT_EQ(stations["recipients"]["held"]["count"], 1);
}

TEST_P(ReadingTest, OfficersSeeWhateverWaitsForAReasonPageByPage) {
  const TestPackage unscanned = make_package(exchange_), held = make_package(exchange_);
  const TestPackage suspended = make_package(
      exchange_, {.recipients = {exchange_.b.addressee(), exchange_.c.addressee()}});
  centre_.enter(unscanned);
  centre_.clock.pass(Milliseconds{1});
  centre_.enter_held(held);
  centre_.clock.pass(Milliseconds{1});
  centre_.enter_consigned(suspended);
  centre_.enter(make_package(exchange_));  // waits for nothing but its turn
  const Time until = kTestNow + std::chrono::hours{1};
  centre_.database.transact([&](Transaction& tx) {
    StoredPackage first =
        centre_.custody.journeys().find(tx, unscanned.sealed.header.key()).value();
    first.reason = Reason::kScannerUnavailable;
    centre_.custody.journeys().move(tx, first);
    const StoredPackage last =
        centre_.custody.journeys().find(tx, suspended.sealed.header.key()).value();
    std::vector<Delivery> deliveries = centre_.custody.journeys().deliveries_of(tx, last.id);
    const StepMark withdrawn{.step = Step::kWithdraw, .now = kTestNow, .due = kTestNow};
    centre_.custody.journeys().take(tx, deliveries[0], withdrawn).value();  // its end
    centre_.custody
        .take(tx, last, deliveries[1],
              {.step = Step::kHold, .due = until, .why = Refusal{Reason::kAgencySuspended, ""}})
        .value();
  });
  const Json all = reading_.held();
  std::vector<std::string> reasons;
  for (const Json& item : all["items"]) reasons.push_back(item["reason"]["code"]);
  EXPECT_EQ(reasons, (Kinds{"scanner_unavailable", "infected", "agency_suspended"}));
  EXPECT_EQ(all["items"][2]["until"], until.text());
  EXPECT_EQ(all["items"][2]["recipient"], exchange_.c.addressee().text());
  EXPECT_EQ(all["next"], "");
  EXPECT_EQ(reading_.held(centre_.stored(held).id.text())["items"].size(), 1U);
}

TEST_P(ReadingTest, TheAccountsBalanceUntilAFinalLacksItsEvidence) {
  const TestPackage package = make_package(
      exchange_, {.recipients = {exchange_.b.addressee(), exchange_.c.addressee()}});
  centre_.enter_consigned(package);
  const Json accounts = reading_.accounting();
  EXPECT_EQ(accounts["accepted"], 2);
  EXPECT_EQ(accounts["pending"], 2);
  EXPECT_EQ(accounts["balanced"], true);
  Delivery silent = centre_.delivery(package, exchange_.b);
  centre_.database.transact([&](Transaction& tx) {
    const StepMark mark{.step = Step::kExpire, .now = kTestNow, .due = kTestNow};
    centre_.custody.journeys().take(tx, silent, mark).value();
  });
  EXPECT_EQ(reading_.accounting()["balanced"], false);
}

TEST_P(ReadingTest, TheAccountsDoNotBalanceWhenARecipientIsMissing) {
  const TestPackage package = make_package(exchange_);
  Statement accepted =
      statement_by(exchange_.first, EvidenceType::kSubmissionAcceptance, package);
  accepted.recipient_count = 1;
  centre_.database.transact(
      [&](Transaction& tx) { centre_.custody.evidence().add(tx, accepted); });
  EXPECT_EQ(reading_.accounting()["balanced"], false);
}

}  // namespace
}  // namespace yizhan
