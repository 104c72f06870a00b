#include <set>

#include "tests/hostile/stage.h"
#include "tests/terminal/bench.h"

// C04: a centre that hands an old letter over again, after a second or after a day, over restarts,
// and to a terminal that was restored from a backup.

namespace yizhan {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""h;

// The recipient, with a centre that repeats itself.

class C04ReplayedDelivery : public ::testing::Test {
 protected:
  C04ReplayedDelivery() {
    sent_ = sender_.send(order_of("key-1", {letter_in(sender_)}))->id;
    sender_.dispatch();
    recipient_ = std::make_unique<TestTerminal>(bench_, kRecipient);
  }
  const StandInCentre::Consigned& consigned() {
    for (const auto& item : bench_.centre->consigned()) {
      if (item.recipient.org.text() == kRecipient) return item;
    }
    throw std::runtime_error("nothing consigned");
  }
  // The same consignment again, under a delivery of its own or the old one.
  void announce_again(const DeliveryId& delivery) {
    Statement again{.type = EvidenceType::kConsignment,
                    .message = consigned().message,
                    .recipient = consigned().recipient,
                    .header_sha256 = sha256(consigned().consignment.header),
                    .actor = {CentreCode::parse("CENTRE-1").value(),
                              bench_.centre_evidence.certificate().sha256(), {}, {}},
                    .time = bench_.clock.now()};
    bench_.centre->announce(again, delivery.text());
  }
  void expect_one_mail(MailState state = MailState::kReceived) {
    recipient_->receive();
    const auto inbox = recipient_->inbox();
    ASSERT_EQ(inbox.size(), 1U);
    EXPECT_EQ(inbox[0].state, state);
  }
  void restart() {
    recipient_.reset();
    recipient_ = std::make_unique<TestTerminal>(bench_, kRecipient);
  }
  [[nodiscard]] std::filesystem::path database() const {
    return bench_.folder / (std::string(kRecipient) + "-pc-1") / "terminal.db";
  }
  // All of the database's files, as a backup of a terminal at rest has them.
  void back_up() {
    recipient_.reset();
    std::filesystem::copy_file(database(), bench_.folder / "backup.db");
    recipient_ = std::make_unique<TestTerminal>(bench_, kRecipient);
  }
  void restore() {
    recipient_.reset();
    for (const char* more : {"-wal", "-shm"}) {
      std::filesystem::remove(database().string() + more);
    }
    std::filesystem::copy_file(bench_.folder / "backup.db", database(),
                               std::filesystem::copy_options::overwrite_existing);
    recipient_ = std::make_unique<TestTerminal>(bench_, kRecipient);
  }

  static constexpr const char* kSender = "T01000000A";
  static constexpr const char* kRecipient = "T37600000B";
  Bench bench_;
  TestTerminal sender_{bench_, kSender};
  std::unique_ptr<TestTerminal> recipient_;
  std::optional<DocumentId> sent_;
};

TEST_F(C04ReplayedDelivery, IsOneMailAfterASecondADayAndARestart) {
  expect_one_mail();
  bench_.clock.pass(1s);
  announce_again(DeliveryId::generate(bench_.clock.now()));
  announce_again(consigned().id);
  expect_one_mail();
  restart();
  announce_again(DeliveryId::generate(bench_.clock.now()));
  expect_one_mail();
  bench_.clock.pass(24h);
  announce_again(DeliveryId::generate(bench_.clock.now()));
  expect_one_mail();
  std::set<Sha256> given;
  for (const SignedStatement& receipt : consigned().evidence) given.insert(receipt.sha256);
  EXPECT_EQ(given.size(), 1U) << "and one E.1, however often it is handed in";
}

TEST_F(C04ReplayedDelivery, IsFinalForATerminalRestoredFromABackup) {
  recipient_->follow();
  back_up();
  expect_one_mail();
  restore();
  ASSERT_EQ(recipient_->inbox().at(0).state, MailState::kConsigned) << "it knows nothing of it";
  bench_.clock.pass(1h);
  expect_one_mail(MailState::kElsewhere);
  EXPECT_EQ(consigned().evidence.size(), 1U);
}

// The same, with nothing of the letter in the backup: the news tell of it before anything is
// fetched, in the order in which they came.
TEST_F(C04ReplayedDelivery, FindsARestoredTerminalsRegisterFullBeforeItFetches) {
  back_up();
  expect_one_mail();
  restore();
  ASSERT_TRUE(recipient_->inbox().empty());
  EXPECT_FALSE(recipient_->news.caught_up());
  // The centre replays the message under a header of its own choosing.
  Statement other{.type = EvidenceType::kConsignment,
                  .message = consigned().message,
                  .recipient = consigned().recipient,
                  .header_sha256 = sha256(bytes_of("another header")),
                  .actor = {CentreCode::parse("CENTRE-1").value(),
                            bench_.centre_evidence.certificate().sha256(), {}, {}},
                  .time = bench_.clock.now()};
  bench_.centre->announce(other, DeliveryId::generate(bench_.clock.now()).text());
  bench_.clock.pass(1h);
  expect_one_mail(MailState::kConsigned);  // nobody has it under that name
  const auto seen = recipient_->database.read([&](Transaction& tx) {
    return recipient_->inbox_store.find_seen(tx, consigned().message);
  });
  EXPECT_EQ(seen, sha256(consigned().consignment.header));
}

// A letter that lay for longer than it lives is not opened, whoever has forgotten it.
TEST_F(C04ReplayedDelivery, IsExpiredAfterThirtyDays) {
  recipient_->follow();
  bench_.clock.pass(24h * 31);
  expect_one_mail(MailState::kRefused);
  EXPECT_EQ(recipient_->inbox().at(0).why->reason, Reason::kPackageExpired);
}

// Under another header the same message is no longer the same.
TEST(C04ReplayedMessage, UnderAnotherHeaderIsRefused) {
  Stage stage;
  const TestPackage first = seal_letter(stage.exchange);
  const TestPackage second = seal_letter(stage.exchange, [&](Header& header) {
    header.message_id = first.sealed.header.message_id;
  });
  EXPECT_EQ(stage.opened(stage.consign(second, stage.exchange.b), first.sealed.sha256),
            "replayed");
}

}  // namespace
}  // namespace yizhan
