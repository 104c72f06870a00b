#include "way/retell/retelling.h"

#include <gtest/gtest.h>

#include "tests/support/small_centre.h"
#include "way/retell/holdings.h"

namespace yizhan {
namespace {

// What is told is kept here; what the centre has, and who gives it again, a test says.
class RetellingTest : public CentreTest, public Holdings {
 protected:
  Retold gather(Transaction&, const MessageKey& message) override {
    Retold retold{message, bytes("header"), {}};
    for (int i = 0; i < held_; ++i) {
      retold.evidence.push_back(bytes("evidence " + std::to_string(i)));
    }
    return retold;
  }
  bool hand_over_again(Transaction&, const MessageKey&, Time) override {
    ++handed_over_;
    return gives_;
  }
  static Bytes bytes(const std::string& text) { return copy_of(bytes_of(text)); }

  void plan(Time since) {
    centre_.database.transact([&](Transaction& tx) {
      for (const MessageKey& message : EvidenceStore().messages_since(tx, since)) {
        TellingStore("CENTRE-2").plan(tx, message, centre_.clock.now());
      }
    });
  }

  TestPackage package_ = make_package(exchange_);
  int held_ = 1, handed_over_ = 0;
  bool gives_ = true;
  Result<bool> answer_ = true;
  std::vector<Retold> told_;
  Retelling retelling_{{centre_.database, "CENTRE-2",
                        [this](const Retold& retold) {
                          told_.push_back(retold);
                          return answer_;
                        },
                        *this, centre_.clock}};
};

INSTANTIATE_TEST_SUITE_P(BothEngines, RetellingTest, kBothEngines, engine_name);

TEST_P(RetellingTest, TellsOnceOfWhatWasStatedSinceThen) {
  EXPECT_FALSE(retelling_.work());
  centre_.enter_consigned(package_);
  plan(kTestNow + Milliseconds{1});
  EXPECT_FALSE(retelling_.work()) << "that was before";
  plan(kTestNow);
  EXPECT_TRUE(retelling_.work());
  EXPECT_FALSE(retelling_.work());
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_[0].message, package_.sealed.header.key());
  EXPECT_EQ(handed_over_, 0);
}

TEST_P(RetellingTest, TellsALongStoryInPartsWithinTheLimit) {
  held_ = 450;
  centre_.enter_consigned(package_);
  plan(kTestNow);
  EXPECT_TRUE(retelling_.work());
  ASSERT_EQ(told_.size(), 3U);
  EXPECT_EQ(told_[1].evidence.size(), Retold::kEvidenceMax);
  EXPECT_EQ(told_[2].evidence.back(), bytes("evidence 449"));
  EXPECT_TRUE(Retold::parse(told_[0].json()).ok());
}

TEST_P(RetellingTest, WhatIsNotThereIsHandedOverAgainOrWaitsForItsSender) {
  centre_.enter_consigned(package_);
  answer_ = false;
  gives_ = false;
  plan(kTestNow);
  EXPECT_TRUE(retelling_.work());
  EXPECT_FALSE(retelling_.work()) << "later";
  centre_.clock.pass(std::chrono::minutes{1});
  gives_ = true;
  EXPECT_TRUE(retelling_.work());
  centre_.clock.pass(std::chrono::hours{1});
  EXPECT_FALSE(retelling_.work());
  EXPECT_EQ(handed_over_, 2);
}

TEST_P(RetellingTest, ACentreThatIsAwayIsToldWhenItIsBackAndOneThatRefusesIsNot) {
  centre_.enter_consigned(package_);
  plan(kTestNow);
  answer_ = Refusal{Reason::kUnavailable, ""};
  EXPECT_TRUE(retelling_.work());
  centre_.clock.pass(std::chrono::minutes{1});
  answer_ = Refusal{Reason::kForbidden, ""};
  EXPECT_TRUE(retelling_.work());
  centre_.clock.pass(std::chrono::hours{1});
  EXPECT_FALSE(retelling_.work());
  EXPECT_EQ(handed_over_, 0);
}

using RelayedHoldingsTest = CentreTest;

INSTANTIATE_TEST_SUITE_P(BothEngines, RelayedHoldingsTest, kBothEngines, engine_name);

// Once that centre may have had it, it is told until it is there: a B.1 that comes by way of others
// ends the relay, and the package may be in no copy.
TEST_P(RelayedHoldingsTest, WhatWasOfferedIsToldOfUntilItIsThere) {
  const CentreCode other = exchange_.second.code;
  const Time now = centre_.clock.now();
  const TestPackage package = make_package(exchange_, {.recipients = {exchange_.d.addressee()}});
  centre_.enter(package);
  int woken = 0;
  RelayedHoldings holdings({centre_.custody, other, [&] { ++woken; }});
  const auto gives_again = [&](std::optional<RelayState> state) {
    return centre_.database.transact([&](Transaction& tx) {
      const MessageKey message = package.sealed.header.key();
      RelayStore& relays = centre_.custody.relays();
      const StoredPackage stored = centre_.custody.journeys().find(tx, message).value();
      if (state) {
        relays.put(tx, {stored.id, other, RelayState::kWaiting, 2, 0, now, now});
        Relay relay = relays.find(tx, stored.id, other).value();
        relay.state = *state;
        relays.save(tx, relay);
      }
      const bool ended = holdings.hand_over_again(tx, message, now);
      const auto relay = relays.find(tx, stored.id, other);
      return std::pair(ended, relay ? relay->state : RelayState::kWaiting);
    });
  };
  EXPECT_EQ(gives_again({}), std::pair(true, RelayState::kWaiting)) << "not for that centre";
  EXPECT_EQ(gives_again(RelayState::kWaiting), std::pair(true, RelayState::kWaiting));
  EXPECT_EQ(gives_again(RelayState::kOffered), std::pair(false, RelayState::kOffered));
  EXPECT_EQ(woken, 0);
  EXPECT_EQ(gives_again(RelayState::kDone), std::pair(false, RelayState::kAgain));
  EXPECT_EQ(woken, 1);
}

}  // namespace
}  // namespace yizhan
