#include "way/admit/admission.h"

#include <gtest/gtest.h>

#include <thread>

#include "ground/merkle/merkle.h"
#include "tests/support/clause.h"
#include "tests/support/small_centre.h"

namespace yizhan {
namespace {

class AdmissionTest : public CentreTest {
 protected:
  Result<SubmissionStatus> submit(const Envelope& envelope) {
    return admission_->submit(submitter_, envelope);
  }
  Result<SubmissionStatus> put(const SubmissionStatus& submission, const TestPackage& package,
                               std::size_t index) {
    return admission_->put_group(submitter_, submission.id, static_cast<std::int64_t>(index),
                                 package.group(index));
  }
  // The process ends and another begins.
  void restart() { admission_.emplace(parts()); }
  Admission::Parts parts() {
    return {centre_.database, centre_.custody, centre_.objects, centre_.directory, centre_.trust,
            centre_.journal, quota_, [this](StoredPackage package) {
              ++screening_wakes_;
              screened_ = std::move(package);
            }, [this] { ++signing_wakes_; }};
  }
  TestPackage three_groups() { return make_package(exchange_, {.attachment_bytes = 2'200'000}); }
  bool is_entered(const TestPackage& package) {
    return centre_.database.read([&](Transaction& tx) {
      return centre_.custody.journeys().find(tx, package.sealed.header.key()).has_value();
    });
  }
  // Rejected with evidence, and nothing entered.
  void expect_rejected(const TestPackage& package, Reason reason) {
    const auto status = submit(package.with_body());
    ASSERT_TRUE(status.ok()) << code_of(status.reason());
    EXPECT_EQ(status->state, SubmissionState::kRejected);
    EXPECT_EQ(status->reason, reason);
    EXPECT_FALSE(is_entered(package));
    const auto stated = centre_.find_statement(package, EvidenceType::kSubmissionRejection);
    ASSERT_TRUE(stated);
    EXPECT_EQ(stated->reason, reason);
    EXPECT_EQ(signing_wakes_, 1);
    EXPECT_EQ(centre_.events(), std::vector<std::string>{"submission_refused"});
  }
  // Refused without a word about the agency: nothing is proven to come from it.
  void expect_refused(const TestPackage& package, Reason reason) {
    EXPECT_EQ(submit(package.with_body()).reason(), reason);
    EXPECT_FALSE(is_entered(package));
    EXPECT_EQ(centre_.count_evidence(package, "A.2"), 0);
  }

  std::optional<StoredPackage> screened_;  // the last that went on
  int screening_wakes_ = 0, signing_wakes_ = 0;
  Submitter submitter_{exchange_.a.code, "127.0.0.1"};
  SendingQuota quota_{QuotaPlan{.recipients = 10}};
  std::optional<Admission> admission_{std::in_place, parts()};
};

INSTANTIATE_TEST_SUITE_P(BothEngines, AdmissionTest, kBothEngines, engine_name);

TEST_P(AdmissionTest, AcceptsAPackageWithItsBodyInOneRequest) {
  CLAUSE("五(一)9");
  const TestPackage package = make_package(
      exchange_, {.recipients = {exchange_.b.addressee(), exchange_.c.addressee()}});
  const SubmissionStatus status = submit(package.with_body()).value();
  EXPECT_EQ(status.state, SubmissionState::kAccepted);
  EXPECT_FALSE(status.seen_before);
  EXPECT_EQ(status.next_group, 1);
  const StoredPackage stored = centre_.stored(package);
  EXPECT_EQ(stored.station, Station::kScreen);
  EXPECT_EQ(stored.header, package.sealed.cms);
  EXPECT_EQ(stored.scanner_key_block, package.envelope.key_blocks.back());
  EXPECT_EQ(stored.source_address, "127.0.0.1");
  EXPECT_EQ(centre_.delivery(package, exchange_.c).key_blocks,
            std::vector<Bytes>{package.envelope.key_blocks[1]});
  EXPECT_EQ(centre_.objects.read(package.sealed.header.cipher_root, 0, 1 << 20), package.body);
  const Statement accepted =
      centre_.find_statement(package, EvidenceType::kSubmissionAcceptance).value();
  EXPECT_EQ(accepted.recipient_count, 2);
  EXPECT_EQ(accepted.previous, std::vector{package.sealed.sha256});
  EXPECT_EQ(screening_wakes_, 1);
  // Its first try is counted before it goes on; should the program die over it, it is soon due.
  ASSERT_TRUE(screened_);
  EXPECT_EQ(screened_->key, package.sealed.header.key());
  EXPECT_EQ(centre_.stored(package).attempts, 1);
  EXPECT_EQ(centre_.stored(package).due, centre_.clock.now() + kFirstTurn);
  EXPECT_EQ(signing_wakes_, 1);
  EXPECT_EQ(centre_.events(), std::vector<std::string>{"message_admitted"});
}

TEST_P(AdmissionTest, AcceptsABodyByGroups) {
  const TestPackage package = three_groups();
  SubmissionStatus status = submit(package.envelope).value();
  EXPECT_EQ(status.state, SubmissionState::kReceiving);
  EXPECT_EQ(status.next_group, 0);
  EXPECT_EQ(status.group_count, 3);
  for (const std::size_t index : {0U, 1U}) {
    status = put(status, package, index).value();
    EXPECT_EQ(status.state, SubmissionState::kReceiving);
    EXPECT_EQ(status.next_group, static_cast<std::int64_t>(index + 1));
    EXPECT_FALSE(is_entered(package));
  }
  status = put(status, package, 2).value();
  EXPECT_EQ(status.state, SubmissionState::kAccepted);
  EXPECT_EQ(centre_.objects.read(package.sealed.header.cipher_root, 0, 4 << 20), package.body);
  // The last answer was lost, and is asked for again.
  EXPECT_EQ(put(status, package, 2)->state, SubmissionState::kAccepted);
  EXPECT_EQ(centre_.count_evidence(package, "A.1"), 1);
}

TEST_P(AdmissionTest, GroupsComeInOrderAndMayComeAgain) {
  const TestPackage package = three_groups();
  const SubmissionStatus status = submit(package.envelope).value();
  EXPECT_EQ(put(status, package, 1).reason(), Reason::kConflict);
  ASSERT_TRUE(put(status, package, 0).ok());
  EXPECT_EQ(put(status, package, 0)->next_group, 1);
  EXPECT_EQ(put(status, package, 2).reason(), Reason::kConflict);
  EXPECT_EQ(admission_->put_group(submitter_, status.id, 3, Bytes(1)).reason(),
            Reason::kBadRequest);
  EXPECT_EQ(admission_->put_group(submitter_, status.id, -1, Bytes(1)).reason(),
            Reason::kBadRequest);
}

TEST_P(AdmissionTest, AGroupOfOtherBytesChangesNothing) {
  const TestPackage package = three_groups();
  const SubmissionStatus status = submit(package.envelope).value();
  Bytes group = package.group(0);
  group[5] ^= 1;
  EXPECT_EQ(admission_->put_group(submitter_, status.id, 0, group).reason(),
            Reason::kGroupMismatch);
  EXPECT_EQ(admission_->find(submitter_, status.id)->next_group, 0);
}

TEST_P(AdmissionTest, AGroupIsAsLongAsTheHeaderPromisesWhateverItsSenderListed) {
  // A sender that signs for groups of lengths that no reader could follow.
  const Bytes short_group(10), rest(1000);
  const TestPackage package = make_package(
      exchange_, {.attachment_bytes = 1'200'000, .change = [&](Header& header) {
                    header.cipher_root = merkle_root(
                        std::vector{leaf_hash(short_group), leaf_hash(rest)});
                  }});
  Envelope envelope = package.envelope;
  envelope.groups = {leaf_hash(short_group), leaf_hash(rest)};
  const SubmissionStatus status = submit(envelope).value();
  EXPECT_EQ(admission_->put_group(submitter_, status.id, 0, short_group).reason(),
            Reason::kLengthMismatch);
}

TEST_P(AdmissionTest, AWholeBodyOfAnotherLengthIsRefused) {
  const Bytes body(10);
  const TestPackage package = make_package(exchange_, {.change = [&](Header& header) {
                                             header.cipher_root =
                                                 merkle_root(std::vector{leaf_hash(body)});
                                           }});
  Envelope envelope = package.envelope;
  envelope.groups = {leaf_hash(body)};
  envelope.body = body;
  EXPECT_EQ(submit(envelope).reason(), Reason::kLengthMismatch);
  EXPECT_FALSE(is_entered(package));
}

TEST_P(AdmissionTest, GoesOnAfterARestartWhereItStopped) {
  const TestPackage package = three_groups();
  SubmissionStatus status = submit(package.envelope).value();
  ASSERT_TRUE(put(status, package, 0).ok());
  restart();
  EXPECT_EQ(admission_->find(submitter_, status.id)->next_group, 1);
  EXPECT_EQ(submit(package.envelope)->next_group, 1);
  ASSERT_TRUE(put(status, package, 1).ok());
  EXPECT_EQ(put(status, package, 2)->state, SubmissionState::kAccepted);
  EXPECT_EQ(centre_.objects.read(package.sealed.header.cipher_root, 0, 4 << 20), package.body);
}

TEST_P(AdmissionTest, AsksForTheLastGroupWhenItStoppedBeforeTheLastStep) {
  const TestPackage package = three_groups();
  const SubmissionStatus status = submit(package.envelope).value();
  // All bytes have come, and the process ended before it said so.
  centre_.objects.write_partial(status.id.text(), 0, package.body);
  restart();
  EXPECT_EQ(admission_->find(submitter_, status.id)->next_group, 2);
  EXPECT_EQ(put(status, package, 2)->state, SubmissionState::kAccepted);
}

TEST_P(AdmissionTest, StartsOverWhenACrashSpoiledWhatHadCome) {
  const TestPackage package = three_groups();
  const SubmissionStatus status = submit(package.envelope).value();
  ASSERT_TRUE(put(status, package, 0).ok());
  ASSERT_TRUE(put(status, package, 1).ok());
  centre_.objects.write_partial(status.id.text(), 77, Bytes(4));
  restart();
  EXPECT_EQ(put(status, package, 2).reason(), Reason::kGroupMismatch);
  EXPECT_FALSE(is_entered(package));
  EXPECT_EQ(admission_->find(submitter_, status.id)->next_group, 0);
  for (const std::size_t index : {0U, 1U}) ASSERT_TRUE(put(status, package, index).ok());
  EXPECT_EQ(put(status, package, 2)->state, SubmissionState::kAccepted);
}

TEST_P(AdmissionTest, ATornLastGroupIsWrittenAnew) {
  const TestPackage package = three_groups();
  const SubmissionStatus status = submit(package.envelope).value();
  ASSERT_TRUE(put(status, package, 0).ok());
  ASSERT_TRUE(put(status, package, 1).ok());
  centre_.objects.write_partial(status.id.text(), 2 * kGroupBytes, Bytes(100));
  restart();
  EXPECT_EQ(admission_->find(submitter_, status.id)->next_group, 2);
  EXPECT_EQ(put(status, package, 2)->state, SubmissionState::kAccepted);
}

TEST_P(AdmissionTest, ABodyThatIsAlreadyThereIsNotReplacedByUnverifiedBytes) {
  const TestPackage package = three_groups();
  const Sha256 root = package.sealed.header.cipher_root;
  const SubmissionStatus status = submit(package.envelope).value();
  centre_.objects.put(root, package.body);
  Bytes spoiled = package.body;
  spoiled[9] ^= 1;
  spoiled.resize(2 * kGroupBytes);
  centre_.objects.write_partial(status.id.text(), 0, spoiled);
  restart();
  EXPECT_EQ(put(status, package, 2)->state, SubmissionState::kAccepted);
  EXPECT_EQ(centre_.objects.read(root, 0, 4 << 20), package.body);
}

TEST_P(AdmissionTest, TheSameRequestAgainHasTheSameAnswer) {
  const TestPackage package = make_package(exchange_);
  const SubmissionStatus first = submit(package.with_body()).value();
  restart();
  const SubmissionStatus again = submit(package.with_body()).value();
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.state, SubmissionState::kAccepted);
  EXPECT_TRUE(again.seen_before);
  EXPECT_EQ(centre_.count_evidence(package, "A.1"), 1);
}

TEST_P(AdmissionTest, ARejectionAgainIsTheSameRejection) {
  exchange_.registered(exchange_.a).standing = Standing::kClosed;
  centre_.publish_directory();
  const TestPackage package = make_package(exchange_);
  const SubmissionStatus first = submit(package.with_body()).value();
  const SubmissionStatus again = submit(package.with_body()).value();
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.reason, Reason::kAgencyClosed);
  EXPECT_EQ(centre_.count_evidence(package, "A.2"), 1);
  EXPECT_EQ(again.describe()["reason"], code_of(Reason::kAgencyClosed));
}

TEST_P(AdmissionTest, OneApplicationIdIsOneHeader) {
  ASSERT_TRUE(submit(make_package(exchange_).with_body()).ok());
  EXPECT_EQ(submit(make_package(exchange_).with_body()).reason(), Reason::kIdempotencyMismatch);
}

TEST_P(AdmissionTest, AMessageIsAcceptedOnceWhateverItsNextHeaderOrApplicationId) {
  const TestPackage package = make_package(exchange_);
  ASSERT_TRUE(submit(package.with_body()).ok());
  Envelope same = package.with_body();
  same.application_id = "application-2";
  EXPECT_EQ(submit(same).reason(), Reason::kReplayed);
  // Another document under the same message id.
  const TestPackage other = make_package(
      exchange_, {.application_id = "application-3", .change = [&](Header& header) {
                    header.message_id = package.sealed.header.message_id;
                  }});
  EXPECT_EQ(submit(other.with_body()).reason(), Reason::kReplayed);
  EXPECT_EQ(centre_.stored(package).header_sha256, package.sealed.sha256);
}

TEST_P(AdmissionTest, AMessageThatWasRejectedIsNotAcceptedUnderAnotherApplicationId) {
  TestPackage package = three_groups();
  const SubmissionStatus opened = submit(package.envelope).value();
  for (const std::size_t index : {0U, 1U}) EXPECT_TRUE(put(opened, package, index));
  exchange_.registered(exchange_.a).standing = Standing::kClosed;
  centre_.publish_directory();
  Envelope again = package.envelope;
  again.application_id = "application-2";
  EXPECT_EQ(submit(again)->state, SubmissionState::kRejected);
  exchange_.registered(exchange_.a).standing = Standing::kActive;
  centre_.publish_directory();
  again.application_id = "application-3";
  EXPECT_EQ(submit(again).reason(), Reason::kReplayed);
  EXPECT_EQ(put(opened, package, 2).reason(), Reason::kReplayed);
  EXPECT_FALSE(is_entered(package));
  EXPECT_EQ(centre_.count_evidence(package, "A.1"), 0);
  EXPECT_EQ(centre_.count_evidence(package, "A.2"), 1);
}

TEST_P(AdmissionTest, OfTwoUploadsOfOneMessageTheFirstToEndCounts) {
  const TestPackage package = three_groups();
  Envelope second = package.envelope;
  second.application_id = "application-2";
  const SubmissionStatus one = submit(package.envelope).value(), two = submit(second).value();
  for (const std::size_t index : {0U, 1U}) {
    ASSERT_TRUE(put(one, package, index).ok());
    ASSERT_TRUE(put(two, package, index).ok());
  }
  EXPECT_EQ(put(two, package, 2)->state, SubmissionState::kAccepted);
  EXPECT_EQ(put(one, package, 2).reason(), Reason::kReplayed);
  EXPECT_EQ(centre_.count_evidence(package, "A.1"), 1);
}

TEST_P(AdmissionTest, OfManyRequestsAtOnceOneIsEntered) {
  const TestPackage package = make_package(exchange_);
  std::atomic<int> accepted = 0;
  {
    std::vector<std::jthread> requests;
    for (int i = 0; i < 8; ++i) {
      requests.emplace_back([&] {
        const auto status = submit(package.with_body());
        if (status && status->state == SubmissionState::kAccepted) ++accepted;
      });
    }
  }
  EXPECT_GE(accepted, 1);
  EXPECT_EQ(centre_.count_evidence(package, "A.1"), 1);
}

TEST_P(AdmissionTest, NobodyHandsInForAnotherAgency) {
  submitter_.org = exchange_.b.code;
  expect_refused(make_package(exchange_), Reason::kWrongSender);
}

TEST_P(AdmissionTest, RefusesWhatIsForAnotherCentreToAccept) {
  expect_refused(make_package(exchange_, {.change = [&](Header& header) {
                                header.home_centre = exchange_.second.code;
                              }}),
                 Reason::kWrongHomeCentre);
}

TEST_P(AdmissionTest, RefusesAHeaderWhoseSignatureDoesNotHold) {
  TestPackage package = make_package(exchange_);
  package.envelope.header.back() ^= 1;
  EXPECT_FALSE(submit(package.with_body()).ok());
  EXPECT_FALSE(is_entered(package));
}

TEST_P(AdmissionTest, ADirectoryThatIsNotHereYetIsNoRejection) {
  expect_refused(make_package(exchange_, {.change = [](Header& header) {
                                header.directory_version = 2;
                              }}),
                 Reason::kDirectoryNewer);
}

// Its document waits there and comes again: a rejection would be the end of it.
TEST_P(AdmissionTest, ASuspendedSenderIsToldToWaitAndIsAcceptedOnceItResumes) {
  CLAUSE("十三");
  const TestPackage package = make_package(exchange_);
  exchange_.registered(exchange_.a).standing = Standing::kSuspended;
  centre_.publish_directory();
  expect_refused(package, Reason::kAgencySuspended);
  exchange_.registered(exchange_.a).standing = Standing::kActive;
  centre_.publish_directory();
  EXPECT_EQ(submit(package.with_body())->state, SubmissionState::kAccepted);
}

TEST_P(AdmissionTest, RejectsAClosedSender) {
  exchange_.registered(exchange_.a).standing = Standing::kClosed;
  centre_.publish_directory();
  expect_rejected(make_package(exchange_), Reason::kAgencyClosed);
}

TEST_P(AdmissionTest, RejectsARevokedCertificate) {
  exchange_.authority.revoke(exchange_.a.sign.certificate(), {.revoked_at = kTestNow});
  centre_.refresh_trust();
  expect_rejected(make_package(exchange_), Reason::kCertificateRevoked);
}

TEST_P(AdmissionTest, RejectsAnUnregisteredScanner) {
  expect_rejected(make_package(exchange_, {.change = [&](Header& header) {
                                 header.scanners[0].certificate =
                                     exchange_.second.scanner.certificate().sha256();
                               }}),
                  Reason::kScannersMismatch);
}

TEST_P(AdmissionTest, RejectsAHeaderWithoutTheScannerOfARecipientsCentre) {
  TestPackage package = make_package(exchange_, {.recipients = {exchange_.d.addressee()},
                                                 .change = [](Header& header) {
                                                   header.scanners.pop_back();
                                                 }});
  package.envelope.key_blocks.pop_back();
  expect_rejected(package, Reason::kScannersMismatch);
}

TEST_P(AdmissionTest, RejectsASigningTimeThatIsFarOff) {
  centre_.clock.pass(std::chrono::minutes{6});
  expect_rejected(make_package(exchange_), Reason::kClockSkew);
}

TEST_P(AdmissionTest, AnUploadMayTakeHoursButNotMoreThanADay) {
  const TestPackage slow = three_groups();
  TestPackage endless = three_groups();
  endless.envelope.application_id = "application-2";
  const SubmissionStatus opened = submit(slow.envelope).value();
  const SubmissionStatus left = submit(endless.envelope).value();
  centre_.clock.pass(std::chrono::hours{23});
  for (const std::size_t index : {0U, 1U, 2U}) EXPECT_TRUE(put(opened, slow, index));
  EXPECT_TRUE(is_entered(slow));
  centre_.clock.pass(std::chrono::hours{2});
  EXPECT_EQ(put(left, endless, 0).reason(), Reason::kClockSkew);
  EXPECT_FALSE(is_entered(endless));
}

TEST_P(AdmissionTest, AnAbandonedUploadMakesRoom) {
  const TestPackage package = three_groups();
  const SubmissionStatus opened = submit(package.envelope).value();
  EXPECT_TRUE(put(opened, package, 0));
  EXPECT_EQ(admission_->discard_abandoned(), 0);
  EXPECT_EQ(centre_.objects.partials().size(), 1U);
  centre_.clock.pass(std::chrono::hours{24 * 365 * 10});  // past the file's own, real time
  EXPECT_EQ(admission_->discard_abandoned(), 1);
  EXPECT_TRUE(centre_.objects.partials().empty());
}

TEST_P(AdmissionTest, RejectsRecipientsThatAreNotTheHeaders) {
  TestPackage package = make_package(exchange_);
  package.envelope.leaves.push_back(package.envelope.leaves[0]);
  expect_rejected(package, Reason::kRecipientsMismatch);
}

TEST_P(AdmissionTest, AcceptsWhileTheRevocationIsUnknownAndLeavesItToScreening) {
  centre_.clock.pass(std::chrono::hours{48});
  const TestPackage package = make_package(exchange_, {.now = centre_.clock.now()});
  EXPECT_EQ(submit(package.with_body())->state, SubmissionState::kAccepted);
}

// M08, M09: whoever has used up its quota waits; nothing is stated about the document.
TEST_P(AdmissionTest, WaitsForTheQuotaAndGoesOnByItself) {
  std::vector<TestPackage> packages;
  for (int i = 0; i < 11; ++i) {
    packages.push_back(make_package(exchange_, {.recipients = {exchange_.b.addressee()}}));
    packages.back().envelope.application_id = "application-" + std::to_string(i);
  }
  for (int i = 0; i < 10; ++i) {
    const Envelope envelope = packages[static_cast<std::size_t>(i)].with_body();
    EXPECT_EQ(submit(envelope)->state, SubmissionState::kAccepted) << i;
    EXPECT_TRUE(submit(envelope)->seen_before) << "asked again, it counts once";
  }
  for (int i = 0; i < 2; ++i) expect_refused(packages[10], Reason::kQuotaReached);
  EXPECT_FALSE(centre_.objects.find_size(packages[10].sealed.header.cipher_root));
  EXPECT_EQ(std::ranges::count(centre_.events(), "submission_refused"), 1) << "not at each try";

  SendingQuota after_restart(QuotaPlan{.recipients = 10});
  after_restart.load(centre_.database, centre_.clock.now());
  EXPECT_FALSE(after_restart.check(exchange_.a.code, 1, centre_.clock.now()));
  centre_.clock.pass(std::chrono::hours{24});
  TestPackage later = make_package(exchange_, {.now = centre_.clock.now()});
  later.envelope.application_id = "application-later";
  EXPECT_EQ(submit(later.with_body())->state, SubmissionState::kAccepted);
}

TEST_P(AdmissionTest, AnotherAgencysSubmissionIsNotFound) {
  const TestPackage package = three_groups();
  const SubmissionStatus status = submit(package.envelope).value();
  const Submitter other{exchange_.b.code, "127.0.0.1"};
  EXPECT_EQ(admission_->find(other, status.id).reason(), Reason::kNotFound);
  EXPECT_EQ(admission_->put_group(other, status.id, 0, package.group(0)).reason(),
            Reason::kNotFound);
}

}  // namespace
}  // namespace yizhan
