#include "model/mailbox/mailbox.h"

#include <gtest/gtest.h>

#include "tests/support/test_database.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

namespace {

constexpr Time kNow = Time::from_ms(1'790'910'000'000);

OrgCode org(const char* code) { return OrgCode::parse(code).value(); }

SendingOrder order_of(const std::string& key, const std::string& person = "王小明") {
  const Pair pair{{{"letter.di", "text/xml", PartKind::kDi, 3, {}},
                   {"plan.odt", "application/octet-stream", PartKind::kAttachment, 5, {}}}};
  return {key, person, UnitCode::parse("U010001").value(), {pair}, std::nullopt};
}

class Mailbox : public ::testing::TestWithParam<Engine> {
 protected:
  Mailbox() { migrate(db_, kMigrations, kNow); }

  template <class F>
  auto in_transaction(F&& fn) {
    return db_.transact([&](Transaction& tx) { return fn(tx); });
  }
  Sending add(const std::string& key) {
    return in_transaction([&](Transaction& tx) { return outbox_.add(tx, order_of(key), kNow); })
        .value();
  }
  MessageId add_package(const DocumentId& document, std::optional<Urgency> urgency, Time due) {
    const OutgoingPackage package{.id = MessageId::generate(due),
                                  .document = document,
                                  .pair = 0,
                                  .with_attachments = true,
                                  .envelope = {},
                                  .header_sha256 = {},
                                  .cipher_root = {},
                                  .state = PackageState::kSealed,
                                  .why = {},
                                  .submission = {},
                                  .attempts = 0,
                                  .sealed = due,
                                  .due = due,
                                  .expires = due,
                                  .urgency = urgency};
    in_transaction([&](Transaction& tx) {
      outbox_.add(tx, package);
      return true;
    });
    return package.id;
  }
  Mail add_mail(const char* sender, std::optional<Urgency> urgency = std::nullopt) {
    const Mail mail{.id = DeliveryId::generate(kNow),
                    .message = {org(sender), MessageId::generate(kNow)},
                    .recipient = {org("B00000000B"), {}},
                    .state = MailState::kConsigned,
                    .why = {},
                    .since = kNow,
                    .attempts = 0,
                    .due = kNow,
                    .lease_key = "key",
                    .lease = {},
                    .consigned = kNow,
                    .urgency = urgency};
    EXPECT_TRUE(in_transaction([&](Transaction& tx) { return inbox_.add(tx, mail); }));
    return mail;
  }

  TestDatabase place_{GetParam()};
  Database db_{place_.config()};
  OutboxStore outbox_;
  InboxStore inbox_;
  EvidenceStore evidence_;
};

INSTANTIATE_TEST_SUITE_P(BothEngines, Mailbox, kBothEngines, engine_name);

TEST_P(Mailbox, ASendingComesBackAsItWentIn) {
  Sending sending = add("key-1");
  sending.state = SendingState::kRefused;
  sending.why = Refusal{Reason::kDocumentInvalid, "請更正"};
  sending.issues = {{"recipient_twice", "受文者", 7, "重複。", "請移除。", "letter.sw"}};
  sending.subject = "主旨";
  const auto found = in_transaction([&](Transaction& tx) {
    outbox_.save(tx, sending);
    return outbox_.find(tx, sending.id).value();
  });
  EXPECT_EQ(found.describe(), sending.describe());
  EXPECT_EQ(found.issues, sending.issues);
  EXPECT_EQ(found.order.person, "王小明");
}

TEST_P(Mailbox, TheMostUrgentIsSubmittedFirstAndEachByItsTurn) {
  const DocumentId document = add("key-1").id;
  const auto at = [](int minutes) { return kNow + std::chrono::minutes{minutes}; };
  const MessageId plain = add_package(document, std::nullopt, at(0));
  const MessageId fast = add_package(document, Urgency::kFast, at(1));
  const MessageId normal = add_package(document, Urgency::kNormal, at(2));
  const MessageId fastest = add_package(document, Urgency::kFastest, at(3));
  const MessageId later = add_package(document, Urgency::kFastest, at(9));
  in_transaction([&](Transaction& tx) {
    for (const MessageId& next : {fastest, fast, plain, normal}) {
      ASSERT_EQ(outbox_.next_to_submit(tx, at(5)), next);
      OutgoingPackage done = outbox_.find(tx, next).value();
      done.state = PackageState::kAccepted;
      outbox_.save(tx, done);
    }
    EXPECT_FALSE(outbox_.next_to_submit(tx, at(5)));
    EXPECT_EQ(outbox_.next_to_submit(tx, at(9)), later);
  });
}

TEST_P(Mailbox, TheMostUrgentMailIsFetchedFirst) {
  const Mail plain = add_mail("A00000000A");
  const Mail fast = add_mail("A00000000A", Urgency::kFast);
  const Mail fastest = add_mail("A00000000A", Urgency::kFastest);
  in_transaction([&](Transaction& tx) {
    for (Mail next : {fastest, fast, plain}) {
      ASSERT_EQ(inbox_.next_to_fetch(tx, kNow), next.id);
      next.state = MailState::kReceived;
      inbox_.save(tx, next);
    }
  });
}

TEST_P(Mailbox, AKeyNamesOneContentWhoeverSendsIt) {
  const Sending first = add("key-1");
  EXPECT_EQ(add("key-1").id, first.id);
  EXPECT_NE(add("key-2").id, first.id);
  SendingOrder other = order_of("key-1");
  other.pairs[0].files.pop_back();
  const auto answer =
      in_transaction([&](Transaction& tx) { return outbox_.add(tx, other, kNow); });
  EXPECT_EQ(answer.reason(), Reason::kIdempotencyMismatch);
}

TEST_P(Mailbox, WhoGetsItOnPaperIsPartOfAnOrder) {
  const Sending plain = add("key-1");
  EXPECT_EQ(text_of(plain.order.json()).find("paper"), std::string::npos)
      << "as it was before anybody could choose";
  SendingOrder other = order_of("key-1");
  other.paper = {{{OrgCode::parse("B02000000B").value(), UnitCode::parse("U010001").value()}},
                 true};
  const auto repeated =
      in_transaction([&](Transaction& tx) { return outbox_.add(tx, other, kNow); });
  EXPECT_EQ(repeated.reason(), Reason::kIdempotencyMismatch);
  other.key = "key-2";
  const DocumentId id =
      in_transaction([&](Transaction& tx) { return outbox_.add(tx, other, kNow); })->id;
  const PaperChoice kept =
      in_transaction([&](Transaction& tx) { return outbox_.find(tx, id); })->order.paper;
  EXPECT_EQ(kept.chosen, other.paper.chosen);
  EXPECT_TRUE(kept.unreachable);
}

TEST_P(Mailbox, PaperRecipientsStandInPlaceOfTheFormerOnesAsTheDocumentHasThem) {
  const DocumentId id = add("key-1").id;
  const PaperRecipient named{0, "", "", "財團法人測試基金會", CopyKind::kCopy,
                             PaperCause::kUnlisted};
  const PaperRecipient unknown{1, "T39900000X", "", "未上線鄉公所", CopyKind::kOriginal,
                               PaperCause::kUnknown};
  const auto stored = [&](const std::vector<PaperRecipient>& recipients) {
    return in_transaction([&](Transaction& tx) {
      PaperStore().replace(tx, id, recipients, kNow);
      std::string all;
      for (const PaperRecipient& each : PaperStore().of_document(tx, id)) {
        all += each.describe().dump() + "\n";
      }
      return all;
    });
  };
  EXPECT_EQ(stored({unknown, named}),
            unknown.describe().dump() + "\n" + named.describe().dump() + "\n");
  EXPECT_EQ(stored({named}), named.describe().dump() + "\n");
  in_transaction([&](Transaction& tx) {
    EXPECT_EQ(PaperStore().since(tx, kNow, 10).size(), 1U);
    EXPECT_TRUE(PaperStore().since(tx, kNow + Milliseconds{1}, 10).empty());
  });
}

TEST_P(Mailbox, TheNewestSendingsAreListedFirstPageByPage) {
  for (int i = 0; i < 3; ++i) {
    const auto added = in_transaction([&](Transaction& tx) {
      return outbox_.add(tx, order_of("key-" + std::to_string(i)), kNow + Milliseconds{i});
    });
    EXPECT_TRUE(added.ok());
  }
  in_transaction([&](Transaction& tx) {
    const auto page = outbox_.list(tx, {.count_max = 2});
    EXPECT_EQ(page.at(0).order.key, "key-2");
    const auto rest = outbox_.list(tx, {.before = page.at(1).id.text()});
    EXPECT_EQ(rest.size(), 1U);
    EXPECT_TRUE(outbox_.list(tx, {.state = SendingState::kSealed}).empty());
    return true;
  });
}

TEST_P(Mailbox, ANumberIsClaimedOnceAndPassesOnlyOnPurpose) {
  const DocumentId one = DocumentId::generate(kNow), two = DocumentId::generate(kNow);
  const auto claim = [&](const DocumentId& document) {
    return in_transaction([&](Transaction& tx) {
      return outbox_.claim_number(tx, {org("A00000000A"), "115", "字第1號", document});
    });
  };
  EXPECT_TRUE(claim(one).ok());
  EXPECT_TRUE(claim(one).ok());
  EXPECT_EQ(claim(two).reason(), Reason::kNumberReused);
  in_transaction([&](Transaction& tx) {
    outbox_.pass_number(tx, {org("A00000000A"), "115", "字第1號", two});
    return true;
  });
  EXPECT_TRUE(claim(two).ok());
}

TEST_P(Mailbox, AMessageToOneRecipientStandsOnceInTheInbox) {
  Mail mail = add_mail("A00000000A");
  mail.id = DeliveryId::generate(kNow);
  EXPECT_FALSE(in_transaction([&](Transaction& tx) { return inbox_.add(tx, mail); }));
}

TEST_P(Mailbox, AMailComesBackAsItWentIn) {
  Mail mail = add_mail("A00000000A");
  mail.state = MailState::kReceived;
  mail.why = Refusal{Reason::kAlreadyFinal, "留存備查"};
  mail.lease = LeaseMark{"lease-1", 3};
  mail.document = DocumentId::generate(kNow);
  mail.accepted = kNow;
  mail.received = kNow;
  mail.urgency = Urgency::kFastest;
  mail.subject = "主旨";
  const std::vector<Part> parts = order_of("k").pairs[0].files;
  in_transaction([&](Transaction& tx) {
    inbox_.save(tx, mail);
    inbox_.set_parts(tx, mail.id, parts);
    const Mail found = inbox_.find(tx, mail.id).value();
    EXPECT_EQ(found.describe(), mail.describe());
    EXPECT_EQ(found.lease->fencing, 3);
    EXPECT_EQ(inbox_.parts_of(tx, mail.id).at(1).name, "plan.odt");
    EXPECT_FALSE(inbox_.next_to_fetch(tx, kNow));
    return true;
  });
}

TEST_P(Mailbox, TheReplayRegisterKeepsTheFirstHeader) {
  const MessageKey message{org("A00000000A"), MessageId::generate(kNow)};
  in_transaction([&](Transaction& tx) {
    EXPECT_FALSE(inbox_.find_seen(tx, message));
    inbox_.remember(tx, message, sha256(bytes_of("one")), kNow);
    inbox_.remember(tx, message, sha256(bytes_of("two")), kNow);
    EXPECT_EQ(inbox_.find_seen(tx, message), sha256(bytes_of("one")));
    inbox_.set_news_cursor(tx, {7, "ab"});
    inbox_.set_news_cursor(tx, {9, "cd"});
    EXPECT_EQ(inbox_.news_cursor(tx).sequence, 9);
    EXPECT_EQ(inbox_.news_cursor(tx).seen, "cd");
    return true;
  });
}

TEST_P(Mailbox, ConfirmationIsHandedInOnlyAfterTheHandover) {
  const Mail mail = add_mail("A00000000A");
  const auto state = [&](EvidenceType type, Time time) {
    return Statement{.type = type,
                     .message = mail.message,
                     .recipient = mail.recipient,
                     .header_sha256 = {},
                     .actor = {mail.recipient.org, {}, {}, {}},
                     .time = time};
  };
  in_transaction([&](Transaction& tx) {
    for (const auto& [type, time] : {std::pair{EvidenceType::kHandover, kNow},
                                     std::pair{EvidenceType::kConfirmed, kNow + Milliseconds{5}}}) {
      const Sha256 name = evidence_.add(tx, state(type, time));
      inbox_.hand_in_later(tx, evidence_.find(tx, name).value());
    }
    const Time later = kNow + std::chrono::minutes{5};
    HandIn first = inbox_.next_hand_in(tx, later).value();
    EXPECT_EQ(first.kind, "E.1");
    first.due = later + Milliseconds{1};
    inbox_.postpone(tx, first);
    EXPECT_FALSE(inbox_.next_hand_in(tx, later)) << "F waits for E";
    inbox_.close(tx, first);
    EXPECT_EQ(inbox_.next_hand_in(tx, later)->kind, "F.1");
    return true;
  });
}

}  // namespace
}  // namespace yizhan
