#include <gtest/gtest.h>

#include "tests/support/clause.h"
#include "tests/terminal/bench.h"

namespace yizhan {
namespace {

const std::string kSender = "T01000000A";
const std::string kRecipient = "T37600000B";

class ReceivingWay : public ::testing::Test {
 protected:
  void send(const std::string& odt = "an attachment") {
    sent_ = sender_.send(order_of("key-1", {letter_in(sender_, {}, odt)}))->id;
    sender_.dispatch();
    ASSERT_EQ(sender_.sending(*sent_).state, SendingState::kSealed);
  }
  Mail receive() {
    recipient_.receive();
    const auto mails = recipient_.inbox();
    EXPECT_EQ(mails.size(), 1U);
    return mails.at(0);
  }
  // The package is refused, with that reason and nothing said about the step.
  void expect_unopenable() {
    const Mail mail = receive();
    EXPECT_EQ(mail.state, MailState::kRefused);
    ASSERT_TRUE(mail.why);
    EXPECT_EQ(mail.why->reason, Reason::kUnopenable) << mail.why->detail;
    EXPECT_EQ(mail.why->detail, "");
    const auto& evidence = consigned().evidence;
    ASSERT_EQ(evidence.size(), 1U);
    EXPECT_EQ(evidence[0].statement.type, EvidenceType::kHandoverFailure);
    EXPECT_EQ(evidence[0].statement.reason, Reason::kUnopenable);
    EXPECT_EQ(recipient_.content(mail, "1150001234.di"), "(not there)");
  }
  StandInCentre::Consigned& consigned() {
    for (auto& item : bench_.centre->consigned()) {
      if (item.recipient.org.text() == kRecipient) return item;
    }
    throw std::runtime_error("nothing consigned");
  }
  RecipientState seen_by_sender() {
    sender_.follow();
    for (const auto& recipient : sender_.recipients(*sent_)) {
      if (recipient.addressee.org.text() == kRecipient) return recipient.state;
    }
    return RecipientState::kUnknown;
  }

  Bench bench_;
  TestTerminal sender_{bench_, kSender};
  TestTerminal recipient_{bench_, kRecipient};
  std::optional<DocumentId> sent_;
};

TEST_F(ReceivingWay, ADocumentArrivesWholeAndBothSidesHoldTheEvidence) {
  CLAUSE("五(一)9");
  send();
  EXPECT_EQ(seen_by_sender(), RecipientState::kConsigned);
  recipient_.follow();
  EXPECT_EQ(recipient_.inbox().at(0).urgency, Urgency::kFast) << "known before it is fetched";
  const Mail mail = receive();
  ASSERT_EQ(mail.state, MailState::kReceived) << (mail.why ? mail.why->detail : "");
  EXPECT_EQ(mail.subject, "檢送「公文電子交換推動計畫」及作業須知各1份，請　查照並轉知所屬。");
  EXPECT_EQ(mail.number, "測資字第1150001234號");
  EXPECT_EQ(mail.urgency, Urgency::kFast);
  EXPECT_EQ(recipient_.content(mail, "1150001234-ATTCH1.odt"), "an attachment");
  ASSERT_EQ(consigned().evidence.size(), 1U);
  const Statement& handover = consigned().evidence[0].statement;
  EXPECT_EQ(handover.type, EvidenceType::kHandover);
  EXPECT_EQ(handover.lease->fencing, 1);
  EXPECT_TRUE(handover.plaintext_root);
  EXPECT_EQ(handover.actor.terminal, "pc-1");
  EXPECT_EQ(seen_by_sender(), RecipientState::kReceived);
  const auto history = sender_.database.read(
      [&](Transaction& tx) { return history_of(tx, mail.message, mail.recipient); });
  std::string kinds;
  for (const HistoryEntry& entry : history) kinds += entry.kind + " ";
  EXPECT_EQ(kinds, "A.1 verdict D.1 E.1 ");
}

TEST_F(ReceivingWay, WhatStartsByItselfIsFlaggedToItsReader) {
  sent_ = sender_.send(order_of("key-1", {letter_in(sender_, {}, "a macro")}))->id;
  sender_.dispatch();
  const Mail mail = receive();
  ASSERT_EQ(mail.state, MailState::kReceived) << (mail.why ? mail.why->detail : "");
  const auto active = recipient_.database.read(
      [&](Transaction& tx) { return recipient_.inbox_store.active_parts_of(tx, mail.id); });
  EXPECT_EQ(active, std::set<std::int64_t>{2});
}

TEST_F(ReceivingWay, AttachmentsGoOnlyToThoseWhoGetThem) {
  const Changes changes{{{"    <含附件>含附件</含附件>\n", ""}}, {{"  <含附件>含附件</含附件>\n", ""}}};
  sent_ = sender_.send(order_of("key-1", {letter_in(sender_, changes)}))->id;
  sender_.dispatch();
  sender_.receive();  // the copy goes to a unit of the sender itself
  const Mail copy = sender_.inbox().at(0);
  ASSERT_EQ(copy.state, MailState::kReceived) << (copy.why ? copy.why->detail : "");
  EXPECT_EQ(sender_.content(copy, "1150001234-ATTCH1.odt"), "(not there)");
  EXPECT_NE(sender_.content(copy, "1150001234.di"), "(not there)");
  EXPECT_EQ(recipient_.content(receive(), "1150001234-ATTCH1.odt"), "an attachment");
}

TEST_F(ReceivingWay, ConfirmationFollowsTheHandoverAndIsSaidOnce) {
  CLAUSE("五(一)9");
  send();
  recipient_.follow();
  const DeliveryId id = recipient_.inbox().at(0).id;
  EXPECT_EQ(recipient_.acknowledgement.confirm(id, "李四").reason(), Reason::kStepNotAllowed);
  receive();
  EXPECT_EQ(recipient_.acknowledgement.confirm(id, "李四")->state, MailState::kConfirmed);
  EXPECT_TRUE(recipient_.acknowledgement.confirm(id, "李四").ok());
  EXPECT_EQ(recipient_.acknowledgement.confirm(id, "王五").reason(), Reason::kConflict);
  recipient_.sign();
  recipient_.hand_in();
  ASSERT_EQ(consigned().evidence.size(), 2U);
  EXPECT_EQ(consigned().evidence[1].statement.type, EvidenceType::kConfirmed);
  EXPECT_EQ(consigned().evidence[1].statement.previous[0], consigned().evidence[0].sha256);
  EXPECT_EQ(seen_by_sender(), RecipientState::kConfirmed);
}

TEST_F(ReceivingWay, AReturnTellsTheSenderWhy) {
  CLAUSE("五(一)9");
  send();
  const DeliveryId id = receive().id;
  const auto other =
      recipient_.acknowledgement.return_document(id, "李四", {ReturnKind::kOther, ""});
  EXPECT_EQ(other.reason(), Reason::kBadRequest);
  EXPECT_TRUE(recipient_.acknowledgement
                  .return_document(id, "李四", {ReturnKind::kMisdirected, "非本府業務"})
                  .ok());
  recipient_.sign();
  recipient_.hand_in();
  EXPECT_EQ(consigned().evidence.at(1).statement.detail, "誤送：非本府業務");
  EXPECT_EQ(seen_by_sender(), RecipientState::kReturned);
}

TEST_F(ReceivingWay, WhatWasConfirmedIsReturnedOnceTheOfficerHasReadIt) {
  CLAUSE("五(一)9");
  send();
  const DeliveryId id = receive().id;
  ASSERT_TRUE(recipient_.acknowledgement.confirm(id, "李四").ok());
  recipient_.sign();
  recipient_.hand_in();
  EXPECT_EQ(seen_by_sender(), RecipientState::kConfirmed);
  bench_.clock.pass(std::chrono::hours{2});
  const ReturnWish wish{ReturnKind::kMisdirected, ""};
  const auto returned = recipient_.acknowledgement.return_document(id, "王五", wish);
  ASSERT_TRUE(returned.ok());
  EXPECT_EQ(returned->person, "王五");
  EXPECT_EQ(recipient_.acknowledgement.confirm(id, "李四").reason(), Reason::kStepNotAllowed);
  recipient_.sign();
  recipient_.hand_in();
  ASSERT_EQ(consigned().evidence.size(), 3U);
  EXPECT_EQ(consigned().evidence[2].statement.previous[0], consigned().evidence[0].sha256);
  EXPECT_EQ(seen_by_sender(), RecipientState::kReturned);
}

TEST_F(ReceivingWay, AReturnIsSaidOnceAndAnotherOneIsRefusedNotDropped) {
  send();
  const DeliveryId id = receive().id;
  const ReturnWish wish{ReturnKind::kMisdirected, "非本府業務"};
  ASSERT_TRUE(recipient_.acknowledgement.return_document(id, "李四", wish).ok());
  EXPECT_EQ(recipient_.acknowledgement.return_document(id, "李四", wish)->note, "誤送：非本府業務");
  for (const ReturnWish& other :
       {ReturnWish{ReturnKind::kDefective, "非本府業務"}, ReturnWish{ReturnKind::kMisdirected, ""}}) {
    const auto again = recipient_.acknowledgement.return_document(id, "李四", other);
    EXPECT_EQ(again.reason(), Reason::kConflict);
    EXPECT_NE(again.refusal().detail.find("誤送：非本府業務"), std::string::npos);
  }
}

TEST_F(ReceivingWay, AChangedBodyIsUnopenable) {
  send();
  // The relay changes a group and the list of hashes with it.
  bench_.centre->before_lease = [](StandInCentre::Consigned& c) {
    c.body[100] = static_cast<std::uint8_t>(c.body[100] ^ 1U);
    c.consignment.groups[0] = leaf_hash(c.body);
  };
  expect_unopenable();
}

TEST_F(ReceivingWay, AnotherRecipientsLeafIsUnopenable) {
  send();
  const PlacedLeaf others = [&] {
    for (const auto& item : bench_.centre->consigned()) {
      if (item.recipient.org.text() != kRecipient) return item.consignment.placed;
    }
    throw std::runtime_error("no other");
  }();
  bench_.centre->before_lease = [others](StandInCentre::Consigned& c) {
    c.consignment.placed = others;
  };
  expect_unopenable();
}

TEST_F(ReceivingWay, AnExchangedKeyBlockIsUnopenable) {
  send();
  const Certificate& own = bench_.keys.at(kRecipient).encrypt.certificate();
  bench_.centre->before_lease = [&](StandInCentre::Consigned& c) {
    c.consignment.key_blocks[0] = wrap_key(bytes_of("{}"), own).value();
  };
  expect_unopenable();
}

TEST_F(ReceivingWay, AHeaderThatAnotherSignedIsRefusedByName) {
  send();
  bench_.centre->before_lease = [&](StandInCentre::Consigned& c) {
    Header header = open_header(c.consignment.header)->header;
    SoftwareKey& stranger = bench_.keys.at("T38100000C").sign;
    header.sender_certificate = stranger.certificate().sha256();
    c.consignment.header = seal_header(header, stranger, bench_.clock.now())->cms;
  };
  const Mail mail = receive();
  EXPECT_EQ(mail.state, MailState::kRefused);
  // No acceptance of the centre speaks of that header.
  EXPECT_EQ(mail.why->reason, Reason::kVerdictMissing);
}

// Along with the lease, or by groups.
class BodyOnTheLine : public ReceivingWay, public ::testing::WithParamInterface<bool> {};

INSTANTIATE_TEST_SUITE_P(BothWays, BodyOnTheLine, ::testing::Bool());

TEST_P(BodyOnTheLine, IsFetchedAgainWhenItIsSpoiled) {
  bench_.centre->sends_bodies = GetParam();
  send();
  int spoiled = 0;
  bench_.centre->before_group = [&](Bytes& group) {
    if (spoiled++ == 0) group[5] = static_cast<std::uint8_t>(group[5] ^ 1U);
  };
  EXPECT_EQ(receive().why->reason, Reason::kGroupMismatch);
  bench_.clock.pass(std::chrono::minutes{1});
  EXPECT_EQ(receive().state, MailState::kReceived);
  EXPECT_EQ(spoiled, 2);
}

TEST_F(ReceivingWay, WithoutTheCentresVerdictNothingIsHandedOver) {
  bench_.centre->leave_out_verdict = true;
  send();
  const Mail mail = receive();
  EXPECT_EQ(mail.state, MailState::kRefused);
  EXPECT_EQ(mail.why->reason, Reason::kVerdictMissing);
  EXPECT_EQ(consigned().evidence.at(0).statement.reason, Reason::kVerdictMissing);
}

TEST_F(ReceivingWay, AVerdictThatIsNotCleanDoesNotCount) {
  bench_.centre->verdict = ScanResult::kIncomplete;
  send();
  EXPECT_EQ(receive().why->reason, Reason::kVerdictMissing);
}

TEST_F(ReceivingWay, TheTerminalsOwnScanStopsWhatTheCentreLetPass) {
  CLAUSE("五(三)2");
  // The sender's own scanner is blind: only the recipient's knows.
  struct Blind final : FileScanner {
    Result<ScannedPart> scan(const Part&, const FileHandle&) override { return ScannedPart{}; }
  } blind;
  Sealing sealing({sender_.database, sender_.objects, sender_.identity, *bench_.directory,
                   bench_.trust->policy(),
                   bench_.keys.at(kSender).sign, sender_.judge, blind, sender_.journal,
                   bench_.clock, sender_.root, [] {}});
  sent_ = sender_.send(order_of("key-1", {letter_in(sender_, {}, eicar_test_file())}))->id;
  EXPECT_TRUE(sealing.work());
  sender_.dispatch();
  const Mail mail = receive();
  EXPECT_EQ(mail.state, MailState::kRefused);
  EXPECT_EQ(mail.why->reason, Reason::kInfected);
  EXPECT_EQ(seen_by_sender(), RecipientState::kFailed);
}

TEST_F(ReceivingWay, WithoutAScannerTheMailWaitsAndNothingIsHandedOver) {
  send();
  recipient_.scanner.down = true;
  Mail mail = receive();
  EXPECT_EQ(mail.state, MailState::kLeased);
  EXPECT_EQ(mail.why->reason, Reason::kScannerUnavailable);
  EXPECT_EQ(recipient_.content(mail, "1150001234.di"), "(not there)");
  recipient_.scanner.down = false;
  bench_.clock.pass(std::chrono::minutes{1});
  mail = receive();
  EXPECT_EQ(mail.state, MailState::kReceived);
  EXPECT_EQ(consigned().evidence.at(0).statement.lease->fencing, 2) << "of the lease that counts";
}

TEST_F(ReceivingWay, AMessageUnderAnotherHeaderIsARefusedReplay) {
  send();
  ASSERT_EQ(receive().state, MailState::kReceived);
  // The centre consigns the same message again, under another header, to another unit.
  Statement again{.type = EvidenceType::kConsignment,
                  .message = consigned().message,
                  .recipient = Addressee{Bench::org(kRecipient),
                                         UnitCode::parse("U000009").value()},
                  .header_sha256 = sha256(bytes_of("another header")),
                  .actor = {CentreCode::parse("CENTRE-1").value(),
                            bench_.centre_evidence.certificate().sha256(), {}, {}},
                  .time = bench_.clock.now()};
  bench_.centre->announce(again, DeliveryId::generate(bench_.clock.now()).text());
  recipient_.follow();
  const auto seen = recipient_.database.read([&](Transaction& tx) {
    return recipient_.inbox_store.find_seen(tx, consigned().message);
  });
  EXPECT_EQ(seen, sha256(consigned().consignment.header)) << "the first header stays the only one";
}

TEST_F(ReceivingWay, TheSecondTerminalLearnsThatTheFirstWasFaster) {
  send();
  ASSERT_EQ(receive().state, MailState::kReceived);
  TestTerminal second(bench_, kRecipient, "pc-2");
  second.receive();
  ASSERT_EQ(second.inbox().size(), 1U);
  EXPECT_EQ(second.inbox()[0].state, MailState::kElsewhere);
  EXPECT_EQ(consigned().evidence.size(), 1U);
}

TEST_F(ReceivingWay, EvidenceIsHandedInAgainUntilTheCentreTakesIt) {
  send();
  recipient_.follow();
  while (recipient_.opening.work()) {
  }
  recipient_.sign();
  bench_.centre->out_of_order = true;
  recipient_.hand_in();
  EXPECT_TRUE(consigned().evidence.empty());
  bench_.centre->out_of_order = false;
  bench_.clock.pass(std::chrono::minutes{1});
  recipient_.hand_in();
  EXPECT_EQ(consigned().evidence.size(), 1U);
}

// Its store is from a copy of before the mail, and then from one of after: nothing is told anew.
TEST_F(ReceivingWay, ReceiptsWaitForACentreThatHasForgottenTheirMail) {
  send();
  recipient_.follow();
  while (recipient_.opening.work()) {
  }
  recipient_.sign();
  bench_.centre->forgetful = true;
  recipient_.hand_in();
  const DeliveryId id = recipient_.inbox().at(0).id;
  ASSERT_TRUE(recipient_.acknowledgement.confirm(id, "李四").ok());
  recipient_.sign();
  recipient_.hand_in();
  EXPECT_TRUE(consigned().evidence.empty());
  bench_.centre->forgetful = false;
  bench_.clock.pass(std::chrono::minutes{1});
  recipient_.hand_in();
  ASSERT_EQ(consigned().evidence.size(), 2U) << "in their order";
  EXPECT_EQ(consigned().state, State::kConfirmed);
  EXPECT_FALSE(recipient_.inbox()[0].why);
}

// The centre came back from an older copy, and tells its news from the beginning.
TEST_F(ReceivingWay, ReceiptsAreHandedInAgainWhenTheCentreTellsOfTheirMailAgain) {
  send();
  const Mail mail = receive();
  ASSERT_EQ(mail.state, MailState::kReceived);
  const std::size_t before = consigned().evidence.size();
  recipient_.database.transact(
      [&](Transaction& tx) { InboxStore().set_news_cursor(tx, NewsCursor{}); });
  EXPECT_EQ(receive().state, MailState::kReceived);
  const auto& evidence = consigned().evidence;
  ASSERT_EQ(evidence.size(), before + 1);
  EXPECT_EQ(evidence.front().sha256, evidence.back().sha256);
}

TEST_F(ReceivingWay, TheCentreIsAskedForTheReceiptThatItTookLast) {
  send();
  receive();
  recipient_.follow();
  EXPECT_EQ(bench_.centre->receipt_asked(), consigned().evidence.back().sha256.hex());
}

// The copy that was there in between had it at its end; the one that is there now does not.
TEST_F(ReceivingWay, WhatWasElsewhereIsSoughtAgainWhenTheCentreCameBack) {
  send();
  recipient_.follow();
  consigned().state = State::kReceived;
  ASSERT_EQ(receive().state, MailState::kElsewhere);
  consigned().state = State::kConsigned;
  ASSERT_EQ(receive().state, MailState::kElsewhere);
  bench_.centre->comeback = Comeback{1, bench_.clock.now()};
  EXPECT_EQ(receive().state, MailState::kReceived);
}

// Two copies came back one after the other, and the one that had forgotten it went by unnoticed
// (campaign, seed 9101): not to know is no answer.
TEST_F(ReceivingWay, MailThatItsCentreForgotIsAskedForUntilNobodyCanHaveIt) {
  send();
  recipient_.follow();
  bench_.centre->forgets_leases = true;
  const Mail forgotten = receive();
  ASSERT_EQ(forgotten.state, MailState::kConsigned);
  EXPECT_EQ(forgotten.why->reason, Reason::kNotFound) << "its reader sees why it waits";
  bench_.centre->forgets_leases = false;
  EXPECT_EQ(receive().state, MailState::kConsigned) << "not at once again";
  bench_.clock.pass(std::chrono::minutes{10});
  EXPECT_EQ(receive().state, MailState::kReceived);
}

TEST_F(ReceivingWay, MailThatWasForgottenForAMonthIsGivenUp) {
  send();
  recipient_.follow();
  bench_.centre->forgets_leases = true;
  bench_.clock.pass(std::chrono::hours{24 * 30});
  EXPECT_EQ(receive().state, MailState::kElsewhere);
}

// The copy that came back had forgotten that it took the package over, and took it over again.
TEST_F(ReceivingWay, MailThatHasAnotherNameNowIsFetchedUnderThatOne) {
  send();
  recipient_.follow();
  bench_.centre->forgets_leases = true;
  ASSERT_EQ(receive().state, MailState::kConsigned);
  bench_.centre->forgets_leases = false;
  const DeliveryId id = DeliveryId::generate(bench_.clock.now());
  const Statement again{.type = EvidenceType::kConsignment,
                        .message = consigned().message,
                        .recipient = consigned().recipient,
                        .header_sha256 = sha256(consigned().consignment.header),
                        .actor = {CentreCode::parse("CENTRE-1").value(),
                                  bench_.centre_evidence.certificate().sha256(), {}, {}},
                        .time = bench_.clock.now()};
  bench_.centre->rename(consigned().id, id);
  bench_.centre->announce(again, id.text());
  const Mail mail = receive();
  EXPECT_EQ(mail.state, MailState::kReceived);
  EXPECT_EQ(mail.id, id);
}

TEST_F(ReceivingWay, WithdrawnMailIsNotFetched) {
  send();
  recipient_.follow();
  const WithdrawalWish wish{std::nullopt, WithdrawalKind::kStop, "誤植", "王小明"};
  ASSERT_TRUE(sender_.withdrawing.withdraw(sender_.packages(*sent_)[0].id, wish).ok());
  const Mail mail = receive();
  EXPECT_EQ(mail.state, MailState::kEnded);
  EXPECT_EQ(mail.why->reason, Reason::kWithdrawn);
  EXPECT_EQ(seen_by_sender(), RecipientState::kWithdrawn);
}

}  // namespace
}  // namespace yizhan
