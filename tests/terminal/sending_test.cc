#include <gtest/gtest.h>

#include "tests/support/clause.h"
#include "tests/terminal/bench.h"

namespace yizhan {
namespace {

const std::string kSender = "T01000000A";
const std::string kRecipient = "T37600000B";

class SendingWay : public ::testing::Test {
 protected:
  Sending send(const SendingOrder& order) {
    const Sending sending = terminal_.send(order).value();
    terminal_.dispatch();
    return terminal_.sending(sending.id);
  }
  // The letter, changed, is refused for that reason.
  Sending refused(Reason reason, const Changes& changes, const std::string& key = "refused") {
    const Sending sending = send(order_of(key, {letter_in(terminal_, changes)}));
    EXPECT_EQ(sending.state, SendingState::kRefused);
    EXPECT_TRUE(sending.why && sending.why->reason == reason)
        << (sending.why ? code_of(sending.why->reason) : "no reason");
    EXPECT_TRUE(terminal_.packages(sending.id).empty());
    return sending;
  }
  std::vector<Pair> split() {
    const Changes other{{{"澤林縣政府", "雲岫市政府"}, {"T37600000B", "T38100000C"},
                         {"<正本><全銜>澤林縣政府", "<正本><全銜>雲岫市政府"}},
                        {{"澤林縣政府", "雲岫市政府"}, {"T37600000B", "T38100000C"}}};
    return {split_in(terminal_), split_in(terminal_, other)};
  }
  // What kinds of parts each package of it has.
  std::vector<std::string> kinds_sealed(const Sending& sending) {
    std::vector<std::string> all;
    for (const OutgoingPackage& package : terminal_.packages(sending.id)) {
      const Header header = open_header(Envelope::parse(package.envelope)->header)->header;
      const Bytes bytes = terminal_.objects.read(header.plaintext_root, 0, 1U << 20);
      const Manifest manifest = Manifest::parse(bytes).value();
      std::string& kinds = all.emplace_back();
      for (const Part& part : manifest.parts) {
        kinds += std::string(text_of(part.kind)) + " ";
      }
    }
    return all;
  }
  static std::string codes(const Sending& sending) {
    std::string all;
    for (const InspectionIssue& issue : sending.issues) all += issue.code + " ";
    return all;
  }

  Bench bench_;
  TestTerminal terminal_{bench_, kSender};
};

TEST_F(SendingWay, OneDocumentToManyIsOnePackageThatTheCentreAccepts) {
  CLAUSE("五(三)2");
  const Sending sending = send(order_of("key-1", {letter_in(terminal_)}));
  ASSERT_EQ(sending.state, SendingState::kSealed) << codes(sending);
  EXPECT_EQ(sending.number, "測資字第1150001234號");
  EXPECT_EQ(terminal_.scanner.scanned, 4);
  ASSERT_EQ(terminal_.packages(sending.id).size(), 1U);
  EXPECT_EQ(terminal_.packages(sending.id)[0].state, PackageState::kSubmitted);
  EXPECT_EQ(bench_.centre->accepted_count(), 1);
  EXPECT_EQ(terminal_.recipients(sending.id).size(), 3U);
  EXPECT_EQ(terminal_.recipients(sending.id)[0].state, RecipientState::kWaiting);
  const Sha256 body = terminal_.packages(sending.id)[0].cipher_root;
  EXPECT_TRUE(terminal_.objects.find_size(body)) << "the centre may come back without it";
}

TEST_F(SendingWay, RecipientsWithoutAttachmentsGetAPackageOfTheirOwn) {
  const Changes changes{{{"    <含附件>含附件</含附件>\n", ""}}, {{"  <含附件>含附件</含附件>\n", ""}}};
  const Sending sending = send(order_of("key-1", {letter_in(terminal_, changes)}));
  ASSERT_EQ(sending.state, SendingState::kSealed) << codes(sending);
  const auto packages = terminal_.packages(sending.id);
  ASSERT_EQ(packages.size(), 2U);
  std::vector<Header> headers;
  for (const OutgoingPackage& package : packages) {
    headers.push_back(open_header(Envelope::parse(package.envelope)->header)->header);
  }
  EXPECT_NE(headers[0].with_attachments, headers[1].with_attachments);
  EXPECT_EQ(headers[0].recipient_count + headers[1].recipient_count, 3);
  EXPECT_NE(headers[0].commitment, headers[1].commitment) << "each has its own key";
  EXPECT_NE(headers[0].plaintext_root, headers[1].plaintext_root) << "and its own manifest";
  EXPECT_EQ(headers[0].document_id, headers[1].document_id);
}

TEST_F(SendingWay, PaperRecipientsStandApartAndAreNotSealedFor) {
  const auto paper_of = [&](const Sending& sending) {
    return terminal_.database.read([&](Transaction& tx) {
      std::string all;
      for (const PaperRecipient& each : PaperStore().of_document(tx, sending.id)) {
        all += each.name + "=" + std::string(text_of(each.cause)) + " ";
      }
      return all;
    });
  };
  const Sending plain = send(order_of("key-1", {letter_in(terminal_)}));
  ASSERT_EQ(plain.state, SendingState::kSealed) << codes(plain);
  EXPECT_EQ(paper_of(plain), "霧峽鎮公所=unlisted ");
  EXPECT_EQ(terminal_.recipients(plain.id).size(), 3U);
  SendingOrder resend = order_of("key-2", {letter_in(terminal_)});
  resend.resend = Resend{terminal_.packages(plain.id)[0].id, "1"};
  resend.paper.chosen = {{OrgCode::parse("T38100000C").value(), {}}};
  const Sending again = send(resend);
  ASSERT_EQ(again.state, SendingState::kSealed) << codes(again);
  EXPECT_EQ(paper_of(again), "雲岫市政府=chosen ") << "and of the resend nobody else";
  const auto recipients = terminal_.recipients(again.id);
  EXPECT_EQ(recipients.size(), 2U);
  for (const OutgoingRecipient& each : recipients) EXPECT_NE(each.name, "雲岫市政府");
  const auto packages = terminal_.packages(again.id);
  ASSERT_EQ(packages.size(), 1U);
  EXPECT_EQ(open_header(Envelope::parse(packages[0].envelope)->header)->header.recipient_count,
            2);
}

TEST_F(SendingWay, OfACodeThatIsNotInTheRosterNothingIsSent) {
  SendingOrder order = order_of("key-1", {letter_in(terminal_)});
  order.paper.chosen = {{OrgCode::parse("T99900000Z").value(), {}}};
  const Sending sending = send(order);
  EXPECT_EQ(sending.state, SendingState::kRefused);
  EXPECT_EQ(codes(sending), "paper_recipient_unknown ");
}

TEST_F(SendingWay, SplitPairsArePackagesOfOneDocument) {
  const Sending sending = send(order_of("split", split()));
  ASSERT_EQ(sending.state, SendingState::kSealed) << codes(sending);
  EXPECT_EQ(terminal_.packages(sending.id).size(), 2U);
  EXPECT_EQ(bench_.centre->accepted_count(), 2);
}

TEST_F(SendingWay, TwoSplitPairsForTheSameRecipientAreRefused) {
  const Sending sending = send(order_of("split", {split_in(terminal_), split_in(terminal_)}));
  EXPECT_EQ(sending.why->reason, Reason::kDuplicateRecipient);
}

TEST_F(SendingWay, TheSameKeyWithTheSameContentIsTheSameSending) {
  const SendingOrder order = order_of("key-1", {letter_in(terminal_)});
  const Sending first = terminal_.send(order).value();
  EXPECT_EQ(terminal_.send(order)->id, first.id);
  const auto other = terminal_.send(order_of("key-1", {split_in(terminal_)}));
  EXPECT_EQ(other.reason(), Reason::kIdempotencyMismatch);
  terminal_.dispatch();
  EXPECT_EQ(terminal_.send(order)->id, first.id);
  terminal_.dispatch();
  EXPECT_EQ(bench_.centre->accepted_count(), 1);
}

TEST_F(SendingWay, ANumberBelongsToOneDocument) {
  const Sending first = send(order_of("key-1", {letter_in(terminal_)}));
  const Sending second = send(order_of("key-2", {letter_in(terminal_, {}, "other bytes")}));
  EXPECT_EQ(second.state, SendingState::kRefused);
  EXPECT_EQ(second.why->reason, Reason::kNumberReused);
  SendingOrder resend = order_of("key-3", {letter_in(terminal_)});
  resend.resend = Resend{terminal_.packages(first.id)[0].id, "1"};
  EXPECT_EQ(send(resend).state, SendingState::kSealed);
  SendingOrder again = order_of("key-4", {letter_in(terminal_)});
  again.resend = resend.resend;
  EXPECT_EQ(send(again).state, SendingState::kSealed) << "the number is with the first resend";
}

TEST_F(SendingWay, EachNumberOfAJointIssueBelongsToIt) {
  const std::string own = "    <字>測資</字>\n"
                          "    <文號><年度>115</年度><流水號>0001234</流水號></文號>\n  </發文字號>";
  const std::string second = "\n  <發文字號><字>澤社</字><文號><年度>115</年度>"
                             "<流水號>0000777</流水號></文號></發文字號>";
  const Sending joint = send(order_of("key-1", {letter_in(terminal_, {{{own, own + second}}})}));
  ASSERT_EQ(joint.state, SendingState::kSealed) << codes(joint);
  const Changes other{{{"<字>測資</字>", "<字>澤社</字>"},
                       {"<流水號>0001234</流水號>", "<流水號>0000777</流水號>"}}};
  const Sending later = send(order_of("key-2", {letter_in(terminal_, other)}));
  EXPECT_EQ(later.why->reason, Reason::kNumberReused);
}

TEST_F(SendingWay, SlipsHaveNoNumberOfTheirOwnAndClaimNone) {
  // Two about the same document, whose number they name; and two about none.
  const std::pair<std::string, std::string> none = {
      "  <收文字號><字>測資</字><文號><年度>115</年度><流水號>0001350</流水號></文號></收文字號>\n", ""};
  const std::pair<std::string, std::string> other = {"草案", "定稿"};
  int count = 0;
  for (const Changes& changes :
       {Changes{}, Changes{{other}}, Changes{{none}}, Changes{{none, other}}}) {
    const std::string key = "slip-" + std::to_string(++count);
    const Sending slip = send(order_of(key, {slip_in(terminal_, changes)}));
    EXPECT_EQ(slip.state, SendingState::kSealed) << codes(slip);
  }
}

TEST_F(SendingWay, ADocumentSentAgainBringsItsMessage) {
  Pair pair = split_in(terminal_);
  pair.files[0] = terminal_.put("1150001240.di", PartKind::kDi, fixture("resent.di"));
  const Sending without = send(order_of("key-1", {pair}));
  EXPECT_EQ(codes(without), "message_missing ");
  pair.files.push_back(terminal_.put("1150001240.dm", PartKind::kDm, fixture("message.dm")));
  const Sending sending = send(order_of("key-2", {pair}));
  ASSERT_EQ(sending.state, SendingState::kSealed) << codes(sending);
  EXPECT_EQ(kinds_sealed(sending).at(0), "di sw attachment dm ");
}

TEST_F(SendingWay, ARenditionGoesToWhomItIsPromised) {
  const std::string promised =
      "  <機關代碼>T37600000B</機關代碼>\n"
      "  <內含本文與附件之可攜式文件檔名>all.pdf</內含本文與附件之可攜式文件檔名>\n";
  const Changes changes{{}, {{"  <機關代碼>T37600000B</機關代碼>\n", promised}}};
  Pair pair = letter_in(terminal_, changes);
  EXPECT_EQ(codes(send(order_of("key-1", {pair}))), "rendition_missing ");
  pair.files.push_back(terminal_.put("all.pdf", PartKind::kRendition, "all in one"));
  const Sending sending = send(order_of("key-2", {pair}));
  ASSERT_EQ(sending.state, SendingState::kSealed) << codes(sending);
  EXPECT_EQ(kinds_sealed(sending).at(0), "di sw attachment attachment rendition ");
}

TEST_F(SendingWay, ARenditionBringsNobodyAttachmentsThatHeIsNotToGet) {
  const std::string without = "  <含附件>不含附件</含附件>\n";
  const std::string promised =
      "  <內含本文與附件之可攜式文件檔名>all.pdf</內含本文與附件之可攜式文件檔名>\n";
  const Changes changes{
      {},
      {{"  <機關代碼>T37600000B</機關代碼>\n",
        "  <機關代碼>T37600000B</機關代碼>\n" + without + promised},
       {"  <機關代碼>T38100000C</機關代碼>\n", "  <機關代碼>T38100000C</機關代碼>\n" + without}}};
  Pair pair = letter_in(terminal_, changes);
  pair.files.push_back(terminal_.put("all.pdf", PartKind::kRendition, "all in one"));
  EXPECT_EQ(codes(send(order_of("key-1", {pair}))), "rendition_shared ");
}

TEST_F(SendingWay, AnInfectedFileNeverLeaves) {
  CLAUSE("五(三)2");
  const Sending sending =
      send(order_of("key-1", {letter_in(terminal_, {}, eicar_test_file())}));
  EXPECT_EQ(sending.state, SendingState::kRefused);
  EXPECT_EQ(sending.why->reason, Reason::kInfected);
  EXPECT_NE(sending.why->detail.find("1150001234-ATTCH1.odt"), std::string::npos);
  EXPECT_EQ(bench_.centre->accepted_count(), 0);
}

TEST_F(SendingWay, WithoutAScannerTheDocumentWaits) {
  terminal_.scanner.down = true;
  const Sending waiting = send(order_of("key-1", {letter_in(terminal_)}));
  EXPECT_EQ(waiting.state, SendingState::kValidated);
  EXPECT_EQ(waiting.why->reason, Reason::kScannerUnavailable);
  terminal_.scanner.down = false;
  bench_.clock.pass(std::chrono::minutes{2});
  terminal_.dispatch();
  EXPECT_EQ(terminal_.sending(waiting.id).state, SendingState::kSealed);
  EXPECT_FALSE(terminal_.sending(waiting.id).why);
}

TEST_F(SendingWay, AnExpiredDirectoryHoldsAndDoesNotFail) {
  bench_.publish(bench_.clock.now() + std::chrono::hours{1});
  bench_.clock.pass(std::chrono::hours{2});
  const Sending waiting = send(order_of("key-1", {letter_in(terminal_)}));
  EXPECT_EQ(waiting.state, SendingState::kDrafted);
  EXPECT_EQ(waiting.why->reason, Reason::kDirectoryStale);
}

TEST_F(SendingWay, ClassifiedDocumentsAreRefused) {
  refused(Reason::kClassified, {{{"<密等/>", "<密等 代碼=\"密\"/>"}}});
}

TEST_F(SendingWay, WhatTheDirectoryKnowsBetterIsAnIssueForTheClerk) {
  Sending sending = refused(Reason::kDocumentInvalid,
                            {{{"<全銜>澤林縣政府", "<全銜>澤林縣府"}},
                             {{"<全銜>澤林縣政府", "<全銜>澤林縣府"}}});
  EXPECT_EQ(codes(sending), "recipient_name_differs ");
  EXPECT_NE(sending.why->detail.find("請改為「澤林縣政府」"), std::string::npos);

  sending = refused(Reason::kDocumentInvalid, {{}, {{"T37600000B", "T99999999Z"}}}, "unknown");
  EXPECT_EQ(codes(sending), "recipient_unknown ");

  sending = refused(Reason::kDocumentInvalid,
                    {{{"<全銜>測試部", "<全銜>澤林縣政府"}, {"T01000000A", "T37600000B"}}}, "other");
  EXPECT_EQ(codes(sending), "sender_differs ");
}

TEST_F(SendingWay, AMissingAttachmentIsNamed) {
  Pair pair = letter_in(terminal_);
  pair.files.pop_back();
  const Sending sending = send(order_of("key-1", {pair}));
  EXPECT_EQ(sending.why->reason, Reason::kAttachmentMissing);
}

TEST_F(SendingWay, AnOrderWithTwoDocumentsInOnePairIsRefusedAtOnce) {
  Pair pair = letter_in(terminal_);
  pair.files.push_back(terminal_.put("second.di", PartKind::kDi, "x"));
  EXPECT_FALSE(terminal_.send(order_of("key-1", {pair})).ok());
  EXPECT_EQ(terminal_.send(order_of("a key", {letter_in(terminal_)})).reason(),
            Reason::kBadRequest);
}

TEST_F(SendingWay, ACancelledSendingIsNotSealed) {
  const Sending sending = terminal_.send(order_of("key-1", {letter_in(terminal_)})).value();
  const auto cancel = [&] {
    return terminal_.database.transact(
        [&](Transaction& tx) { return terminal_.outbox.cancel(tx, sending.id); });
  };
  EXPECT_TRUE(cancel().ok());
  terminal_.dispatch();
  EXPECT_EQ(terminal_.sending(sending.id).state, SendingState::kCancelled);
  EXPECT_EQ(bench_.centre->accepted_count(), 0);
}

TEST_F(SendingWay, AnUploadGoesOnWhereItBroke) {
  bench_.centre->groups_until_break = 1;
  const std::string large(3 * 1024 * 1024, 'x');
  const Sending sending = send(order_of("key-1", {letter_in(terminal_, {}, large)}));
  ASSERT_EQ(sending.state, SendingState::kSealed) << codes(sending);
  EXPECT_EQ(terminal_.packages(sending.id)[0].state, PackageState::kSubmitting);
  EXPECT_EQ(terminal_.packages(sending.id)[0].why->reason, Reason::kUnavailable);
  bench_.centre->groups_until_break = -1;
  bench_.clock.pass(std::chrono::minutes{1});
  terminal_.dispatch();
  EXPECT_EQ(terminal_.packages(sending.id)[0].state, PackageState::kSubmitted);
  EXPECT_EQ(bench_.centre->groups_received(), 4) << "each group went once";
}

TEST_F(SendingWay, WhatTheCentreCouldNotTakeInTimeIsSealedAnew) {
  bench_.centre->out_of_order = true;
  const Sending sending = send(order_of("key-1", {letter_in(terminal_)}));
  EXPECT_EQ(terminal_.packages(sending.id)[0].why->reason, Reason::kUnavailable);
  bench_.clock.pass(std::chrono::minutes{20});
  bench_.centre->out_of_order = false;
  terminal_.dispatch();
  const auto packages = terminal_.packages(sending.id);
  ASSERT_EQ(packages.size(), 2U);
  EXPECT_EQ(packages[0].state, PackageState::kDiscarded);
  EXPECT_EQ(packages[1].state, PackageState::kSubmitted);
  EXPECT_EQ(bench_.centre->accepted_count(), 1);
}

class WithdrawingWay : public SendingWay {
 protected:
  WithdrawalWish wish_{std::nullopt, WithdrawalKind::kStop, "誤植主旨", "王小明"};

  // Handed in and sealed; the centre has not heard of it.
  Sending sealed(std::vector<Pair> pairs) {
    const Sending sending = terminal_.send(order_of("key-1", std::move(pairs))).value();
    EXPECT_TRUE(terminal_.sealing.work());
    return terminal_.sending(sending.id);
  }
  Addressee recipient_of(const OutgoingPackage& package) {
    return terminal_.database.read([&](Transaction& tx) {
      return terminal_.outbox.recipients_of(tx, package.id).at(0).addressee;
    });
  }
};

TEST_F(WithdrawingWay, IsSignedAndItsEvidenceComesBack) {
  const Sending sending = send(order_of("key-1", {letter_in(terminal_)}));
  const MessageId message = terminal_.packages(sending.id)[0].id;
  WithdrawalWish silent = wish_;
  silent.reason = "";
  EXPECT_EQ(terminal_.withdrawing.withdraw(message, silent).reason(), Reason::kBadRequest);
  const auto standings = terminal_.withdrawing.withdraw(message, wish_);
  ASSERT_TRUE(standings.ok());
  EXPECT_EQ(standings->size(), 3U);
  ASSERT_EQ(bench_.centre->withdrawals().size(), 1U);
  EXPECT_EQ(bench_.centre->withdrawals()[0].signer, bench_.keys.at(kSender).sign.certificate());
  terminal_.follow();
  for (const auto& recipient : terminal_.recipients(sending.id)) {
    EXPECT_EQ(recipient.state, RecipientState::kWithdrawn);
  }
}

TEST_F(WithdrawingWay, AgainIsTheSameAndAnotherWayIsRefused) {
  const Sending sending = send(order_of("key-1", {letter_in(terminal_)}));
  const MessageId message = terminal_.packages(sending.id)[0].id;
  WithdrawalWish paper = wish_;
  paper.kind = WithdrawalKind::kPaper;
  for (const bool known_here : {false, true}) {
    if (known_here) terminal_.follow();
    const auto again = terminal_.withdrawing.withdraw(message, wish_);
    ASSERT_TRUE(again.ok()) << known_here;
    EXPECT_EQ(again->at(0).state, State::kWithdrawn);
    EXPECT_EQ(terminal_.withdrawing.withdraw(message, paper).reason(), Reason::kConflict);
  }
  WithdrawalWish otherwise = wish_;
  otherwise.reason = "改期";
  EXPECT_EQ(terminal_.withdrawing.withdraw(message, otherwise).reason(), Reason::kConflict);
}

TEST_F(WithdrawingWay, WhatNeverLeftEndsHereAndItsBodyGoes) {
  const Sending sending = sealed({letter_in(terminal_)});
  const OutgoingPackage package = terminal_.packages(sending.id).at(0);
  ASSERT_TRUE(terminal_.objects.find_size(package.cipher_root));
  const auto answer = terminal_.withdrawing.withdraw(sending.id, wish_);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->at(0).standings->size(), 3U);
  EXPECT_FALSE(terminal_.objects.find_size(package.cipher_root));
  EXPECT_FALSE(terminal_.submitting.work());
  EXPECT_TRUE(bench_.centre->withdrawals().empty());
}

TEST_F(WithdrawingWay, OneRecipientOfWhatIsNotSentYetIsToldToWait) {
  WithdrawalWish one = wish_;
  one.recipient = Addressee{Bench::org(kRecipient), {}};
  const Sending sending = terminal_.send(order_of("key-1", {letter_in(terminal_)})).value();
  const auto unsealed = terminal_.withdrawing.withdraw(sending.id, one);
  EXPECT_EQ(unsealed.reason(), Reason::kStepNotAllowed);
  EXPECT_NE(unsealed.refusal().detail.find("請待封裝送出"), std::string::npos);
  ASSERT_TRUE(terminal_.sealing.work());
  EXPECT_EQ(terminal_.sending(sending.id).state, SendingState::kSealed) << "nothing was cancelled";
  const auto unsent = terminal_.withdrawing.withdraw(sending.id, one).value().at(0).standings;
  EXPECT_EQ(unsent.reason(), Reason::kStepNotAllowed);
  EXPECT_NE(unsent.refusal().detail.find("請待中心受理"), std::string::npos);
  one.recipient = Addressee{Bench::org(kSender), {}};
  EXPECT_EQ(terminal_.withdrawing.withdraw(sending.id, one).reason(), Reason::kNotFound);
}

TEST_F(WithdrawingWay, TheOnlyRecipientOfWhatIsNotSentYetEndsHere) {
  const Sending sending = sealed(split());
  WithdrawalWish one = wish_;
  one.recipient = recipient_of(terminal_.packages(sending.id).at(1));
  const auto answer = terminal_.withdrawing.withdraw(sending.id, one).value();
  ASSERT_EQ(answer.size(), 1U);
  EXPECT_EQ(answer[0].standings->at(0).state, State::kWithdrawn);
  EXPECT_EQ(terminal_.packages(sending.id).at(0).state, PackageState::kSealed);
}

TEST_F(WithdrawingWay, StopsBothWhatTravelsAndWhatIsBeingSealedAnew) {
  const Sending sending = sealed(split());
  ASSERT_TRUE(terminal_.submitting.work());
  bench_.clock.pass(std::chrono::minutes{20});
  ASSERT_TRUE(terminal_.submitting.work());
  ASSERT_EQ(terminal_.sending(sending.id).state, SendingState::kDrafted);
  const auto answer = terminal_.withdrawing.withdraw(sending.id, wish_);
  ASSERT_TRUE(answer.ok());
  ASSERT_EQ(bench_.centre->withdrawals().size(), 1U) << "the other one is with the centre";
  terminal_.dispatch();
  EXPECT_EQ(bench_.centre->accepted_count(), 1) << "nothing was sealed anew";
  terminal_.follow();
  const auto recipients = terminal_.recipients(sending.id);
  ASSERT_EQ(recipients.size(), 2U);
  for (const OutgoingRecipient& recipient : recipients) {
    EXPECT_EQ(recipient.state, RecipientState::kWithdrawn);
  }
}

TEST_F(WithdrawingWay, APackageThatCanNotBeStoppedHidesNothingOfTheOthers) {
  const Sending sending = send(order_of("key-1", split()));
  OutgoingPackage refused = terminal_.packages(sending.id).at(0);
  terminal_.database.transact([&](Transaction& tx) {
    reject(tx, refused, {Reason::kTooLarge, "太大"}, bench_.clock.now());
  });
  const auto answer = terminal_.withdrawing.withdraw(sending.id, wish_).value();
  ASSERT_EQ(answer.size(), 2U);
  EXPECT_EQ(answer[0].standings.reason(), Reason::kStepNotAllowed);
  EXPECT_EQ(answer[1].standings->at(0).state, State::kWithdrawn);
}

TEST_F(SendingWay, EvidenceAboutAHeaderThatIsNotOursMovesNothing) {
  const Sending sending = send(order_of("key-1", {letter_in(terminal_)}));
  bench_.centre->announce({.type = EvidenceType::kAcceptanceExpiry,
                           .message = {Bench::org(kSender), terminal_.packages(sending.id)[0].id},
                           .header_sha256 = sha256(bytes_of("another")),
                           .actor = {CentreCode::parse("CENTRE-1").value(),
                                     bench_.centre_evidence.certificate().sha256(), {}, {}},
                           .time = bench_.clock.now()});
  terminal_.follow();
  for (const auto& recipient : terminal_.recipients(sending.id)) {
    EXPECT_EQ(recipient.state, RecipientState::kConsigned);
  }
}

TEST(RecipientStateOfEvidence, AFinalIsFinalButForWhatFollowsIt) {
  const auto told = [](RecipientState from, EvidenceType type) {
    return after(from, Statement{.type = type,
                                 .message = {Bench::org(kSender), MessageId::generate(Time())},
                                 .header_sha256 = {},
                                 .actor = {Bench::org(kRecipient), {}, {}, {}},
                                 .time = {}});
  };
  using enum RecipientState;
  EXPECT_EQ(told(kWaiting, EvidenceType::kSubmissionAcceptance), kAccepted);
  EXPECT_EQ(told(kConsigned, EvidenceType::kSubmissionAcceptance), kConsigned);
  EXPECT_EQ(told(kConsigned, EvidenceType::kHeld), kHeld);
  EXPECT_EQ(told(kHeld, EvidenceType::kConsignment), kConsigned);
  EXPECT_EQ(told(kExpired, EvidenceType::kHandover), kExpired);
  EXPECT_EQ(told(kReceived, EvidenceType::kAcceptanceExpiry), kReceived);
  EXPECT_EQ(told(kReceived, EvidenceType::kConfirmed), kConfirmed);
  EXPECT_EQ(told(kFailed, EvidenceType::kConfirmed), kFailed);
  EXPECT_EQ(shown(kConsigned, Time::from_ms(0), Time::from_ms(7'200'000)), kUnknown);
  EXPECT_EQ(shown(kReceived, Time::from_ms(0), Time::from_ms(7'200'000)), kReceived);
}

}  // namespace
}  // namespace yizhan
