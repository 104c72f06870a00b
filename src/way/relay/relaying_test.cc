#include "way/relay/relaying.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/clause.h"
#include "tests/support/small_centre.h"
#include "way/relay/evidence_following.h"

namespace yizhan {
namespace {

// Stands in for the second centre at the other end of the line: answers what a test tells it to.
class OtherCentre {
 public:
  explicit OtherCentre(const std::filesystem::path& folder) : socket_(folder / "other.sock") {
    router_.add(Method::kPost, "/v1/relays", {.body_bytes_max = 32U << 20},
                [this](const Request& request) {
                  if (refusal) return Response::problem(*refusal);
                  offers.push_back(RelayOffer::parse(request.body).value());
                  return answer(0);
                });
    router_.add(Method::kPut, "/v1/relays/{relay}/groups/{index}", {.body_bytes_max = 2U << 20},
                [this](const Request& request) {
                  append(body, request.body);
                  return answer(1);
                });
    router_.add(Method::kPost, "/v1/relays/{relay}/acceptance", {}, [this](const Request&) {
      ++acceptances;
      state = TakeoverState::kTaken;
      return answer(1);
    });
    router_.add(Method::kPost, "/v1/relays/withdrawals", {}, [this](const Request&) {
      ++withdrawals;
      return Response::json(200, Json{{"taken", true}});
    });
    router_.add(Method::kGet, "/v1/news", {}, [this](const Request& request) {
      const std::size_t after = std::stoul(request.query.at("after"));
      Json items = Json::array();
      for (std::size_t i = after; i < news.size(); ++i) items.push_back(news[i]);
      Json page = {{"items", items}, {"next", news.size()}};
      if (comeback) page["comeback"] = describe(*comeback);
      return Response::json(200, page);
    });
    ListenerConfig listener;
    listener.unix_path = socket_.string();
    server_ = std::make_unique<Server>(
        std::vector{std::move(listener)}, router_,
        ServerConfig{.io_threads = 1, .worker_threads = 1, .access_log = [](const auto&) {}});
    server_->start();
  }
  ~OtherCentre() { server_->stop(); }

  [[nodiscard]] Endpoint endpoint() const {
    Endpoint endpoint;
    endpoint.unix_path = socket_.string();
    return endpoint;
  }
  void tell(const std::string& kind, const MessageKey& message, const Bytes& cms) {
    news.push_back({{"sequence", news.size() + 1},
                    {"kind", kind},
                    {"evidence", to_base64(cms)},
                    {"sender", message.sender.text()},
                    {"message_id", message.message.text()},
                    {"recipient", ""},
                    {"delivery", ""}});
  }

  std::optional<Refusal> refusal;
  TakeoverState state = TakeoverState::kReceiving;
  std::optional<std::int64_t> told_at;  // where B.1 stands in the news
  std::vector<RelayOffer> offers;
  Bytes body;
  int acceptances = 0, withdrawals = 0;
  Json news = Json::array();
  std::optional<Comeback> comeback;

 private:
  Response answer(std::int64_t next) const {
    Json json = {{"relay", relay_.text()},
                 {"state", text_of(state)},
                 {"next_group", state == TakeoverState::kTaken ? 1 : next},
                 {"group_count", 1}};
    if (told_at) json["news"] = *told_at;
    return Response::json(200, json);
  }

  const TakeoverId relay_ = TakeoverId::generate(kTestNow);
  std::filesystem::path socket_;
  Router router_;
  std::unique_ptr<Server> server_;
};

// The first centre, with what is for agency d of the second.
class RelayingTest : public CentreTest {
 protected:
  // As routing leaves it: in the queue of the second centre.
  TestPackage enter_forwarding(std::vector<Addressee> recipients) {
    TestPackage package = make_package(exchange_, {.recipients = std::move(recipients)});
    centre_.enter_screened(package);
    sign_all();
    centre_.database.transact([&](Transaction& tx) {
      const StoredPackage stored = move_to(tx, package, Station::kRouted);
      Delivery delivery = delivery_of_d(tx, stored);
      centre_.custody.journeys().set_next_centre(tx, delivery, exchange_.second.code);
      take(tx, stored, delivery, Step::kForward);
      centre_.custody.relays().put(tx, {stored.id, exchange_.second.code, RelayState::kWaiting, 2,
                                        0, centre_.clock.now(), centre_.clock.now()});
    });
    return package;
  }
  StoredPackage move_to(Transaction& tx, const TestPackage& package, Station station) {
    StoredPackage stored =
        centre_.custody.journeys().find(tx, package.sealed.header.key()).value();
    stored.station = station;
    centre_.custody.journeys().move(tx, stored);
    return stored;
  }
  Delivery delivery_of_d(Transaction& tx, const StoredPackage& stored) {
    const auto all = centre_.custody.journeys().deliveries_of(tx, stored.id);
    return *std::ranges::find(all, exchange_.d.addressee(), &Delivery::addressee);
  }
  void take(Transaction& tx, const StoredPackage& stored, Delivery& delivery, Step step) {
    std::optional<Refusal> why;
    if (step == Step::kWithdraw) why = Refusal{Reason::kWithdrawn, ""};
    centre_.custody
        .take(tx, stored, delivery, {.step = step, .due = stored.expires, .why = why})
        .value();
  }
  // Without a signature of A.1 nothing is handed over.
  void sign_all() {
    EvidenceDesk desk({centre_.database, exchange_.first.evidence, nullptr,
                       [](Transaction&, const EvidenceRow&) {}});
    ASSERT_TRUE(desk.work(100).ok());
  }
  State state_of(const TestPackage& package) {
    return centre_.delivery(package, exchange_.d).state;
  }
  bool work() { return relaying_.work({exchange_.second.code, line_, pace_}); }
  int follow() { return following_.work(std::chrono::seconds{0}).value(); }
  // As the second centre states it of what it was offered last.
  Statement takeover(const TestPackage& package) {
    Statement taken = statement_by(exchange_.second, EvidenceType::kRelayAcceptance, package);
    taken.recipient_count = static_cast<std::int64_t>(other_.offers.back().recipients.size());
    taken.leaves_sha256 = leaves_sha256(other_.offers.back());
    return taken;
  }
  void tell(const Statement& statement, SoftwareKey& key) {
    other_.tell(std::string(text_of(statement.type)), statement.message,
                sign_statement(statement, key).value().cms);
  }

  OtherCentre other_{centre_.place.directory()};
  RelayLine line_{other_.endpoint(), std::chrono::seconds{5}};
  Pace pace_{4};
  Relaying relaying_{{centre_.database, centre_.custody, centre_.objects, [] {}, [] {}}};
  EvidenceFollowing following_{{exchange_.second.code, line_, centre_.database, centre_.custody,
                                centre_.directory, centre_.trust.policy(), centre_.journal,
                                [] {}, [] {},
                                [this](Transaction&, const StoredPackage&,
                                       const Statement& failure) {
                                  met_.push_back(failure.detail);
                                }}};
  std::vector<std::string> met_;  // malware that recipients' terminals found
};

INSTANTIATE_TEST_SUITE_P(BothEngines, RelayingTest, kBothEngines, engine_name);

TEST_P(RelayingTest, HandsOverAndKeepsItsCopyUntilB1IsHere) {
  CLAUSE("五(一)9");
  const TestPackage package =
      enter_forwarding({exchange_.b.addressee(), exchange_.d.addressee()});
  EXPECT_TRUE(work());
  ASSERT_EQ(other_.offers.size(), 1u);
  const RelayOffer& offer = other_.offers.front();
  // Of the second centre's recipients alone, with the acceptance and the verdict.
  ASSERT_EQ(offer.recipients.size(), 1u);
  EXPECT_EQ(RecipientLeaf::parse(offer.recipients[0].placed.leaf)->addressee,
            exchange_.d.addressee());
  EXPECT_EQ(offer.scanner_key_block, package.envelope.key_blocks.back());
  EXPECT_EQ(offer.evidence.size(), 2u);
  EXPECT_EQ(other_.body, package.body);
  EXPECT_EQ(other_.acceptances, 1);
  EXPECT_EQ(state_of(package), State::kOffered);
  EXPECT_FALSE(work());  // B.1 is awaited
  tell(takeover(package), exchange_.second.evidence);
  EXPECT_EQ(follow(), 1);
  EXPECT_EQ(state_of(package), State::kRelayed);
  EXPECT_EQ(centre_.count_evidence(package, "B.1"), 1);
  EXPECT_EQ(centre_.delivery(package, exchange_.b).state, State::kAccepted);
}

// What is offered is fixed: more of its recipients may be for that centre.
TEST_P(RelayingTest, WhatIsStillBeingRoutedIsNotOffered) {
  const TestPackage package = enter_forwarding({exchange_.d.addressee()});
  const auto move = [&](Station station) {
    centre_.database.transact([&](Transaction& tx) { move_to(tx, package, station); });
  };
  move(Station::kRoute);
  work();
  EXPECT_TRUE(other_.offers.empty());
  EXPECT_EQ(state_of(package), State::kForwarding);
  move(Station::kRouted);
  centre_.clock.pass(std::chrono::seconds{1});
  EXPECT_TRUE(work());
  EXPECT_EQ(other_.offers.size(), 1u);
}

TEST_P(RelayingTest, AsksAgainWithTheSameRecipientsWhenB1DoesNotCome) {
  const TestPackage package = enter_forwarding({exchange_.d.addressee()});
  EXPECT_TRUE(work());
  centre_.clock.pass(std::chrono::minutes{1});
  EXPECT_TRUE(work());
  ASSERT_EQ(other_.offers.size(), 2u);
  EXPECT_EQ(leaves_sha256(other_.offers[0]), leaves_sha256(other_.offers[1]));
  EXPECT_EQ(other_.acceptances, 1);  // it had said that it has it
  EXPECT_EQ(state_of(package), State::kOffered);
}

TEST_P(RelayingTest, WhoWasWithdrawnBeforeIsNotOffered) {
  const TestPackage package = enter_forwarding({exchange_.d.addressee()});
  centre_.database.transact([&](Transaction& tx) {
    const StoredPackage stored =
        centre_.custody.journeys().find(tx, package.sealed.header.key()).value();
    Delivery delivery = delivery_of_d(tx, stored);
    take(tx, stored, delivery, Step::kWithdraw);
  });
  work();
  EXPECT_TRUE(other_.offers.empty());
  EXPECT_EQ(state_of(package), State::kWithdrawn);
}

TEST_P(RelayingTest, WhatWasOfferedIsNotWithdrawnHeldOrGivenUpHere) {
  const TestPackage package = enter_forwarding({exchange_.d.addressee()});
  EXPECT_TRUE(work());
  for (const Step step : {Step::kWithdraw, Step::kFallBackToPaper, Step::kHold, Step::kStop,
                          Step::kExpire, Step::kConsign}) {
    EXPECT_FALSE(after(state_of(package), step).ok()) << text_of(step);
  }
}

// A B.1 over other recipients, another number of them, or by another centre ends no custody.
TEST_P(RelayingTest, ASwappedB1EndsNoCustody) {
  const TestPackage package = enter_forwarding({exchange_.d.addressee()});
  EXPECT_TRUE(work());
  Statement others = takeover(package);
  others.leaves_sha256 = sha256(bytes_of("others"));
  tell(others, exchange_.second.evidence);
  Statement more = takeover(package);
  more.recipient_count = 2;
  tell(more, exchange_.second.evidence);
  Statement by_first = takeover(package);
  by_first.actor = identity_of(exchange_.first).actor();
  tell(by_first, exchange_.first.evidence);
  EXPECT_EQ(follow(), 3);
  EXPECT_EQ(state_of(package), State::kOffered);
  EXPECT_EQ(centre_.count_evidence(package, "B.1"), 0);
  EXPECT_EQ(std::ranges::count(centre_.events(), "relay_refused"), 3);
}

TEST_P(RelayingTest, ACentreSaysNothingAboutWhatItWasNotHanded) {
  const TestPackage package = make_package(exchange_, {.recipients = {exchange_.b.addressee()}});
  centre_.enter_screened(package);
  Statement stopped = statement_by(exchange_.second, EvidenceType::kConsignmentFailure, package);
  stopped.recipient = exchange_.b.addressee();
  stopped.reason = Reason::kInfected;
  tell(stopped, exchange_.second.evidence);
  Statement held = statement_by(exchange_.second, EvidenceType::kHeld, package);
  held.reason = Reason::kInfected;
  tell(held, exchange_.second.evidence);
  // Nor about a recipient of another centre in a package that it has.
  const TestPackage shared =
      enter_forwarding({exchange_.b.addressee(), exchange_.d.addressee()});
  EXPECT_TRUE(work());
  Statement beyond = statement_by(exchange_.second, EvidenceType::kConsignmentFailure, shared);
  beyond.recipient = exchange_.b.addressee();
  tell(beyond, exchange_.second.evidence);
  EXPECT_EQ(follow(), 3);
  EXPECT_EQ(centre_.count_evidence(package, "D.2"), 0);
  EXPECT_EQ(centre_.count_evidence(package, text_of(EvidenceType::kHeld)), 0);
  EXPECT_EQ(centre_.count_evidence(shared, "D.2"), 0);
}

TEST_P(RelayingTest, AfterB2TheSenderIsToldForEachRecipientThatItFailed) {
  const TestPackage package = enter_forwarding({exchange_.d.addressee()});
  other_.state = TakeoverState::kRefused;
  EXPECT_TRUE(work());
  EXPECT_EQ(state_of(package), State::kForwarding);
  Statement rejected = takeover(package);
  rejected.type = EvidenceType::kRelayRejection;
  rejected.reason = Reason::kScannersMismatch;
  tell(rejected, exchange_.second.evidence);
  EXPECT_EQ(follow(), 1);
  EXPECT_EQ(state_of(package), State::kStopped);
  const Statement failed =
      centre_.find_statement(package, EvidenceType::kRelayFailure, &exchange_.d).value();
  EXPECT_EQ(failed.reason, Reason::kScannersMismatch);
  EXPECT_EQ(failed.previous, std::vector{sha256(rejected.json())});
  EXPECT_FALSE(work());
}

// Once, though the news is read again.
TEST_P(RelayingTest, ARecipientElsewhereSaysThatItFoundMalware) {
  CLAUSE("五(二)7");
  const TestPackage package = enter_forwarding({exchange_.d.addressee()});
  EXPECT_TRUE(work());
  tell(takeover(package), exchange_.second.evidence);
  Statement failure = statement_by(exchange_.d, EvidenceType::kHandoverFailure, package);
  failure.reason = Reason::kInfected;
  failure.detail = "「附件」Eicar";
  tell(failure, exchange_.d.sign);
  EXPECT_EQ(follow(), 2);
  centre_.database.transact([&](Transaction& tx) {
    centre_.custody.relays().set_news_cursor(tx, exchange_.second.code, {});
  });
  EXPECT_EQ(follow(), 2);
  EXPECT_EQ(met_, std::vector<std::string>{"「附件」Eicar"});
}

TEST_P(RelayingTest, FinalsComeBackAndALaterOneIsSuperseded) {
  const TestPackage package = enter_forwarding({exchange_.d.addressee()});
  EXPECT_TRUE(work());
  tell(takeover(package), exchange_.second.evidence);
  Statement expired = statement_by(exchange_.second, EvidenceType::kAcceptanceExpiry, package);
  expired.recipient = exchange_.d.addressee();
  tell(expired, exchange_.second.evidence);
  tell(statement_by(exchange_.d, EvidenceType::kHandover, package), exchange_.d.sign);
  EXPECT_EQ(follow(), 3);
  const auto rows = centre_.database.read([&](Transaction& tx) {
    return centre_.custody.evidence().of_message(tx, package.sealed.header.key());
  });
  const auto row = [&](const std::string& kind) {
    return *std::ranges::find(rows, kind, &EvidenceRow::kind);
  };
  EXPECT_FALSE(row("C.5").superseded);
  EXPECT_TRUE(row("E.1").superseded);
  // Read again from the beginning after a crash before the cursor: nothing twice.
  centre_.database.transact([&](Transaction& tx) {
    centre_.custody.relays().set_news_cursor(tx, exchange_.second.code, {});
  });
  EXPECT_EQ(follow(), 3);
  EXPECT_EQ(centre_.count_evidence(package, "B.1"), 1);
  EXPECT_EQ(centre_.count_evidence(package, "E.1"), 1);
}

// It was taken over, and this store came back from a copy that does not know that it was offered:
// then B.1 says nothing yet when it is read again.
TEST_P(RelayingTest, ReadsAgainWhatCameBackBeforeItWasKnown) {
  const TestPackage package = enter_forwarding({exchange_.d.addressee()});
  RelayOffer offer;
  const Delivery delivery = centre_.delivery(package, exchange_.d);
  offer.recipients.push_back({delivery.placed, delivery.key_blocks});
  Statement taken = statement_by(exchange_.second, EvidenceType::kRelayAcceptance, package);
  taken.recipient_count = 1;
  taken.leaves_sha256 = leaves_sha256(offer);
  tell(taken, exchange_.second.evidence);
  tell(statement_by(exchange_.d, EvidenceType::kHandover, package), exchange_.d.sign);
  EXPECT_EQ(follow(), 2);
  EXPECT_EQ(state_of(package), State::kForwarding);
  EXPECT_EQ(centre_.count_evidence(package, "B.1"), 0);
  other_.state = TakeoverState::kTaken;
  other_.told_at = 1;
  EXPECT_TRUE(work());
  EXPECT_EQ(other_.acceptances, 0);
  EXPECT_EQ(state_of(package), State::kOffered);
  EXPECT_EQ(follow(), 2);
  EXPECT_EQ(state_of(package), State::kRelayed);
  EXPECT_EQ(centre_.count_evidence(package, "B.1"), 1);
  EXPECT_EQ(centre_.count_evidence(package, "E.1"), 1);
  EXPECT_EQ(follow(), 0);
}

// It hears again of what it was handed over and of what it handed over, and of nothing else.
TEST_P(RelayingTest, ACentreThatCameBackIsToldOfWhatBothHad) {
  const TestPackage handed_over = enter_forwarding({exchange_.d.addressee()});
  centre_.enter(make_package(exchange_, {.recipients = {exchange_.b.addressee()}}));
  const TestPackage taken_over = make_package(exchange_, {.recipients = {exchange_.c.addressee()}});
  centre_.enter(taken_over, exchange_.second.code);
  other_.comeback = Comeback{1, centre_.clock.now()};
  EXPECT_EQ(follow(), 0);
  TellingStore tellings(exchange_.second.code.text());
  std::set<MessageId> told;
  centre_.database.transact([&](Transaction& tx) {
    while (const auto next = tellings.next(tx, centre_.clock.now())) {
      told.insert(next->message.message);
      tellings.close(tx, *next);
    }
  });
  EXPECT_EQ(told, (std::set{handed_over.sealed.header.message_id,
                            taken_over.sealed.header.message_id}));
}

// Accepted long before that copy was made, and offered after it: its B.1 may come by way of others.
TEST_P(RelayingTest, ACentreThatCameBackIsToldOfWhatItWasOffered) {
  const TestPackage package = enter_forwarding({exchange_.d.addressee()});
  EXPECT_TRUE(work());
  ASSERT_EQ(state_of(package), State::kOffered);
  centre_.clock.pass(std::chrono::hours{3});
  other_.comeback = Comeback{1, centre_.clock.now()};
  EXPECT_EQ(follow(), 0);
  const auto next = centre_.database.read([&](Transaction& tx) {
    return TellingStore(exchange_.second.code.text()).next(tx, centre_.clock.now());
  });
  ASSERT_TRUE(next);
  EXPECT_EQ(next->message, package.sealed.header.key());
}

TEST_P(RelayingTest, TellsTheSenderSinceWhenACentreIsNotReached) {
  const TestPackage package = enter_forwarding({exchange_.d.addressee()});
  other_.refusal = Refusal{Reason::kUnavailable, "維護中"};
  EXPECT_TRUE(work());
  const Time since = centre_.clock.now();
  EXPECT_EQ(relaying_.tell_delayed({exchange_.second.code, line_, pace_}), 0);
  centre_.clock.pass(std::chrono::seconds{20});
  EXPECT_EQ(relaying_.tell_delayed({exchange_.second.code, line_, pace_}), 1);
  EXPECT_EQ(relaying_.tell_delayed({exchange_.second.code, line_, pace_}), 0);
  const Statement held =
      centre_.find_statement(package, EvidenceType::kHeld, &exchange_.d).value();
  EXPECT_EQ(held.reason, Reason::kCentreUnreachable);
  EXPECT_NE(held.detail.find(since.text()), std::string::npos);
  EXPECT_EQ(state_of(package), State::kForwarding);
  other_.refusal.reset();
  centre_.clock.pass(std::chrono::minutes{3});
  EXPECT_TRUE(work());
  EXPECT_EQ(state_of(package), State::kOffered);
}

TEST_P(RelayingTest, AWithdrawalFollowsItsPackage) {
  const TestPackage package = enter_forwarding({exchange_.d.addressee()});
  EXPECT_TRUE(work());
  centre_.database.transact([&](Transaction& tx) {
    const StoredPackage stored =
        centre_.custody.journeys().find(tx, package.sealed.header.key()).value();
    const Time now = centre_.clock.now();
    const RelayedWithdrawal wish{RelayedWithdrawalId::generate(now), stored.id,
                                 exchange_.second.code, Bytes{1, 2, 3}, false, 0, now};
    centre_.custody.relays().add(tx, wish);
    centre_.custody.relays().add(tx, wish);
  });
  EXPECT_TRUE(work());
  EXPECT_FALSE(work());
  EXPECT_EQ(other_.withdrawals, 1);
}

}  // namespace
}  // namespace yizhan
