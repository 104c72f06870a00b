#include "model/mailbox/statistics.h"

#include <gtest/gtest.h>

#include "model/mailbox/mailbox.h"
#include "tests/support/test_database.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

namespace {

constexpr Time kMidnight = Time::from_ms(1'795'276'800'000);  // 2026-11-22 in Taipei
constexpr Milliseconds kHour = std::chrono::hours{1};
constexpr Milliseconds kDay = std::chrono::hours{24};

class Statistics : public ::testing::TestWithParam<Engine> {
 protected:
  Statistics() {
    migrate(db_, kMigrations, kMidnight);
    using enum RecipientState;
    send({.at = kMidnight + kHour, .state = kConfirmed});
    send({.at = kMidnight + kHour, .state = kReceived});
    send({.at = kMidnight + kDay - Milliseconds{1}, .state = kReturned, .type = "order",
          .to = "C03000000C"});
    send({.at = kMidnight + kDay, .state = kExpired});
    send({.at = kMidnight + kDay, .state = kConsigned, .to = "C03000000C", .posted = true});
    send({.at = kMidnight - Milliseconds{1}, .state = kConfirmed});  // the day before
  }

  struct Sent {
    Time at;
    RecipientState state;
    std::string type = "letter";
    std::string to = "B02000000B";
    bool posted = false;  // on paper, afterwards
  };
  void send(const Sent& sent) {
    const Time sealed = sent.at;
    db_.transact([&](Transaction& tx) {
      const Pair pair{{{"letter.di", "text/xml", PartKind::kDi, 3, {}}}};
      const SendingOrder order{"key-" + std::to_string(++count_), "王小明", {}, {pair}, {}};
      Sending sending = outbox_.add(tx, order, sealed).value();
      sending.type = sent.type;
      outbox_.save(tx, sending);
      const MessageId message = MessageId::generate(sealed);
      outbox_.add(tx, OutgoingPackage{.id = message,
                                      .document = sending.id,
                                      .pair = 0,
                                      .with_attachments = true,
                                      .envelope = {},
                                      .header_sha256 = {},
                                      .cipher_root = {},
                                      .state = PackageState::kAccepted,
                                      .why = {},
                                      .submission = {},
                                      .attempts = 0,
                                      .sealed = sealed,
                                      .due = sealed,
                                      .expires = sealed});
      const Addressee addressee{OrgCode::parse(sent.to).value(), {}};
      outbox_.add(tx, OutgoingRecipient{message, addressee, CopyKind::kOriginal, "", sent.state,
                                        std::nullopt, sealed});
      if (!sent.posted) return;
      FollowUpStore().add(tx, {FollowUpId::generate(sealed), message, addressee,
                               FollowUpKind::kPaper, "王小明", "", sealed});
    });
  }
  std::vector<StatisticsRow> sent(const StatisticsView& view, Milliseconds length = 2 * kDay) {
    return db_.transact([&](Transaction& tx) {
      return StatisticsStore().sent(tx, {kMidnight, kMidnight + length}, view);
    });
  }

  TestDatabase place_{GetParam()};
  Database db_{place_.config()};
  OutboxStore outbox_;
  int count_ = 0;
};

INSTANTIATE_TEST_SUITE_P(BothEngines, Statistics, kBothEngines, engine_name);

TEST_P(Statistics, CountTheRecipientsOfASpanAndWhatBecameOfThem) {
  const auto rows = sent({});
  ASSERT_EQ(rows.size(), 1U);
  const StatisticsRow& all = rows.front();
  EXPECT_EQ(all.count, 5);
  EXPECT_EQ(all.confirmed, 1);
  EXPECT_EQ(all.returned, 1);
  EXPECT_EQ(all.ended, 1);
  EXPECT_EQ(all.unconfirmed, 2);
  EXPECT_EQ(all.count, all.confirmed + all.returned + all.ended + all.unconfirmed);
  EXPECT_FALSE(all.day);
}

TEST_P(Statistics, TellApartWhatIsAskedFor) {
  const auto days = sent({.by_day = true});
  ASSERT_EQ(days.size(), 2U);
  EXPECT_EQ(days[0].count, 3) << "a day of Taipei ends at its midnight";
  EXPECT_EQ(*days[1].day, *days[0].day + 1);
  const auto types = sent({.by_type = true});
  ASSERT_EQ(types.size(), 2U);
  EXPECT_EQ(types[0].type, "letter");
  EXPECT_EQ(types[0].count, 4);
  const auto agencies = sent({.by_agency = true, .by_type = true});
  ASSERT_EQ(agencies.size(), 3U);
  EXPECT_EQ(agencies[0].agency, "B02000000B");
  EXPECT_EQ(agencies[2].type, "order");
  const auto modes = sent({.by_mode = true});
  ASSERT_EQ(modes.size(), 2U);
  EXPECT_TRUE(modes[1].on_paper);
  EXPECT_EQ(modes[1].count, 1);
}

TEST_P(Statistics, CountPaperRecipientsApart) {
  db_.transact([&](Transaction& tx) {
    const Pair pair{{{"letter.di", "text/xml", PartKind::kDi, 3, {}}}};
    Sending sending =
        outbox_.add(tx, {"key-paper", "王小明", {}, {pair}, {}}, kMidnight + kHour).value();
    sending.type = "letter";
    outbox_.save(tx, sending);
    const std::vector<PaperRecipient> paper = {
        {0, "", "", "財團法人測試基金會", CopyKind::kCopy, PaperCause::kUnlisted},
        {0, "B02000000B", "", "乙", CopyKind::kOriginal, PaperCause::kChosen}};
    PaperStore().replace(tx, sending.id, paper, kMidnight + kHour);
  });
  const auto all = sent({});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].paper, 2);
  EXPECT_EQ(all[0].count, 5);
  EXPECT_EQ(all[0].count,
            all[0].confirmed + all[0].returned + all[0].ended + all[0].unconfirmed);
  const auto agencies = sent({.by_agency = true});
  ASSERT_EQ(agencies.size(), 3U);
  EXPECT_EQ(agencies[0].agency, "");
  EXPECT_EQ(agencies[0].count, 0);
  EXPECT_EQ(agencies[0].paper, 1);
  EXPECT_EQ(agencies[1].paper, 1);
  const auto modes = sent({.by_mode = true});
  ASSERT_EQ(modes.size(), 2U);
  EXPECT_EQ(modes[0].paper, 0);
  EXPECT_EQ(modes[1].paper, 2);
  EXPECT_EQ(modes[1].count, 1);
}

TEST_P(Statistics, OfAnEmptySpanAreEmpty) {
  EXPECT_TRUE(sent({}, Milliseconds{0}).empty());
  EXPECT_TRUE(db_.transact([&](Transaction& tx) {
    return StatisticsStore().received(tx, {kMidnight, kMidnight + kDay}, {.by_day = true});
  }).empty());
}

TEST_P(Statistics, CountWhatCameIn) {
  const auto come_in = [&](MailState state) {
    Mail mail{.id = DeliveryId::generate(kMidnight),
              .message = {OrgCode::parse("B02000000B").value(), MessageId::generate(kMidnight)},
              .recipient = {OrgCode::parse("A01000000A").value(), {}},
              .state = state,
              .why = {},
              .since = kMidnight,
              .attempts = 0,
              .due = kMidnight,
              .lease_key = "key",
              .lease = {},
              .consigned = kMidnight + kHour};
    mail.type = "letter";
    db_.transact([&](Transaction& tx) { InboxStore().add(tx, mail); });
  };
  for (const MailState state : {MailState::kConfirmed, MailState::kReceived, MailState::kReturned,
                                MailState::kRefused, MailState::kElsewhere}) {
    come_in(state);
  }
  const auto rows = db_.transact([&](Transaction& tx) {
    return StatisticsStore().received(tx, {kMidnight, kMidnight + kDay}, {.by_agency = true});
  });
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].agency, "B02000000B");
  EXPECT_EQ(rows[0].count, 4);
  EXPECT_EQ(rows[0].confirmed, 1);
  EXPECT_EQ(rows[0].returned, 1);
  EXPECT_EQ(rows[0].ended, 1);
  EXPECT_EQ(rows[0].unconfirmed, 1);
}

}  // namespace
}  // namespace yizhan
