#include "model/audit/account.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "ground/files/files.h"
#include "ground/json/json.h"
#include "tests/support/clause.h"
#include "tests/support/evidence_maker.h"

namespace yizhan {
namespace {

namespace fs = std::filesystem;

constexpr auto kDay = std::chrono::hours{24};

class AccountTest : public ::testing::Test {
 protected:
  AccountTest() {
    std::string name = (fs::temp_directory_path() / "yizhan-account-XXXXXX").string();
    YZ_ASSERT(::mkdtemp(name.data()) != nullptr);
    root_ = name;
  }
  ~AccountTest() override { fs::remove_all(root_); }

  // Into the log of that centre; answers the statement's name.
  Sha256 log(const TestCentre& where, const Statement& statement, SoftwareKey& key) {
    const SignedStatement done = sign_statement(statement, key).value();
    enter(where, done.cms);
    return done.sha256;
  }
  Sha256 by(TestCentre& centre, EvidenceType type, const TestAgency* about = nullptr) {
    Statement statement = statement_by(centre, type, package_);
    if (about != nullptr) statement.recipient = about->addressee();
    if (type == EvidenceType::kSubmissionAcceptance) statement.recipient_count = 3;
    return log(centre, statement, centre.evidence);
  }
  Sha256 by(TestAgency& agency, EvidenceType type, const Sha256& previous,
            const TestCentre& where) {
    Statement statement = statement_by(agency, type, package_);
    statement.previous = {previous};
    const SignedStatement done = sign_statement(statement, agency.sign).value();
    enter(where, done.cms);
    return done.sha256;
  }
  void receive(TestAgency& agency) {
    by(agency, EvidenceType::kHandover, by(exchange_.first, EvidenceType::kConsignment, &agency),
       exchange_.first);
  }
  // As a centre will state that it took custody (docs/protocol/evidence.md), in both logs.
  void take_over(TestCentre& from, TestCentre& next, std::int64_t count, bool in_both = true) {
    const Statement held = statement_by(next, EvidenceType::kHeld, package_);
    Json json = parse_json(held.json()).value();
    json["type"] = "B.1";
    json["recipient_count"] = count;
    const Bytes cms =
        cms_sign(canonical_json(json), next.evidence, KeyUse::kEvidence, kTestNow).value();
    enter(from, cms);
    if (in_both) enter(next, cms);
  }
  void enter(const TestCentre& where, const Bytes& entry) {
    Log log(folder(where), where.code.text());
    const Bytes entries[] = {entry};
    log.append(entries);
  }
  [[nodiscard]] fs::path folder(const TestCentre& centre) const {
    return root_ / centre.code.text();
  }
  Account account(Milliseconds later = kDay) {
    const fs::path logs[] = {folder(exchange_.first)};
    return account_of(logs, kTestNow + later).value();
  }
  Account account_of_both() {
    const fs::path logs[] = {folder(exchange_.first), folder(exchange_.second)};
    return account_of(logs, kTestNow + kDay).value();
  }
  static std::string words(const Account& account) { return account.describe().dump(); }

  fs::path root_;
  SmallExchange exchange_;
  TestPackage package_ = make_package(exchange_);
};

TEST_F(AccountTest, ClosesWhileWhatIsPendingIsUnderItsDeadline) {
  CLAUSE("五(一)9");
  by(exchange_.first, EvidenceType::kSubmissionAcceptance);
  receive(exchange_.a);
  const Account books = account();
  EXPECT_TRUE(books.balanced()) << words(books);
  const AccountSums& sums = books.centres.at(0).sums;
  EXPECT_EQ(sums.accepted, 3);
  EXPECT_EQ(sums.finals, 1);
  EXPECT_EQ(sums.pending, 2);
  EXPECT_EQ(books.all.sums.pending, 2);
}

TEST_F(AccountTest, CountsWhatWasSignedInABatchLikeAnyOther) {
  Statement accepted =
      statement_by(exchange_.first, EvidenceType::kSubmissionAcceptance, package_);
  accepted.recipient_count = 1;
  Statement consigned = statement_by(exchange_.first, EvidenceType::kConsignment, package_);
  consigned.recipient = exchange_.a.addressee();
  const Bytes both[] = {accepted.json(), consigned.json()};
  const auto batch = sign_batch(both, exchange_.first.evidence, kTestNow).value();
  for (const Bytes& entry : batch) enter(exchange_.first, entry);
  by(exchange_.a, EvidenceType::kHandover, sha256(both[1]), exchange_.first);
  const Account books = account();
  EXPECT_TRUE(books.balanced()) << words(books);
  EXPECT_EQ(books.centres.at(0).sums.accepted, 1);
  EXPECT_EQ(books.centres.at(0).sums.finals, 1);
}

TEST_F(AccountTest, NamesWhatIsOverdue) {
  by(exchange_.first, EvidenceType::kSubmissionAcceptance);
  receive(exchange_.a);
  by(exchange_.first, EvidenceType::kConsignment, &exchange_.b);
  const Account books = account(31 * kDay);
  EXPECT_FALSE(books.balanced());
  EXPECT_EQ(books.centres.at(0).sums.overdue, 2);
  EXPECT_NE(words(books).find(exchange_.b.code.text()), std::string::npos) << words(books);
  EXPECT_NE(words(books).find(package_.sealed.header.message_id.text()), std::string::npos);
}

TEST_F(AccountTest, CountsALateFinalOfARecipientAsSuperseded) {
  by(exchange_.first, EvidenceType::kSubmissionAcceptance);
  const Sha256 consigned = by(exchange_.first, EvidenceType::kConsignment, &exchange_.a);
  by(exchange_.first, EvidenceType::kAcceptanceExpiry, &exchange_.a);
  by(exchange_.a, EvidenceType::kHandover, consigned, exchange_.first);
  const Account books = account();
  EXPECT_TRUE(books.balanced()) << words(books);
  EXPECT_EQ(books.centres.at(0).sums.finals, 1);
  EXPECT_EQ(books.centres.at(0).sums.superseded, 1);
}

TEST_F(AccountTest, NamesARecipientWhoseEndTheCentreStatedTwice) {
  by(exchange_.first, EvidenceType::kSubmissionAcceptance);
  by(exchange_.first, EvidenceType::kAcceptanceExpiry, &exchange_.a);
  by(exchange_.first, EvidenceType::kConsignmentFailure, &exchange_.a);
  const Account books = account();
  EXPECT_FALSE(books.balanced());
  EXPECT_NE(words(books).find("兩份最終證據"), std::string::npos) << words(books);
}

TEST_F(AccountTest, NamesAFinalWithoutAcceptance) {
  by(exchange_.first, EvidenceType::kConsignmentFailure, &exchange_.a);
  EXPECT_FALSE(account().balanced());
  EXPECT_NE(words(account()).find("無受理"), std::string::npos);
}

TEST_F(AccountTest, NamesMoreFinalsThanRecipients) {
  by(exchange_.first, EvidenceType::kSubmissionAcceptance);  // of three
  for (TestAgency* agency : {&exchange_.a, &exchange_.b, &exchange_.c, &exchange_.d}) {
    receive(*agency);
  }
  EXPECT_NE(words(account()).find("多於受文者 1 個"), std::string::npos) << words(account());
  EXPECT_FALSE(account().balanced());
}

TEST_F(AccountTest, NamesAReceiptThatFollowsNoConsignmentOfThisCentre) {
  by(exchange_.first, EvidenceType::kSubmissionAcceptance);
  by(exchange_.a, EvidenceType::kHandover, package_.sealed.sha256, exchange_.first);
  EXPECT_FALSE(account().balanced());
}

TEST_F(AccountTest, NamesAnAcceptanceBesideARejection) {
  by(exchange_.first, EvidenceType::kSubmissionRejection);
  EXPECT_TRUE(account().balanced());
  by(exchange_.first, EvidenceType::kSubmissionAcceptance);
  EXPECT_FALSE(account().balanced());
}

TEST_F(AccountTest, ClosesOverTwoCentresPerCentreAndEndToEnd) {
  by(exchange_.first, EvidenceType::kSubmissionAcceptance);
  receive(exchange_.a);
  take_over(exchange_.first, exchange_.second, 2);
  const Sha256 consigned = by(exchange_.second, EvidenceType::kConsignment, &exchange_.d);
  // It comes back to the sender's centre and is counted where it was in custody.
  by(exchange_.d, EvidenceType::kHandover, consigned, exchange_.second);
  by(exchange_.d, EvidenceType::kHandover, consigned, exchange_.first);
  const Account books = account_of_both();
  EXPECT_TRUE(books.balanced()) << words(books);
  EXPECT_EQ(books.centres.at(0).sums.finals, 1);
  EXPECT_EQ(books.centres.at(0).sums.passed_on, 2);
  EXPECT_EQ(books.centres.at(0).sums.pending, 0);
  EXPECT_EQ(books.centres.at(1).sums.taken_over, 2);
  EXPECT_EQ(books.centres.at(1).sums.finals, 1);
  EXPECT_EQ(books.centres.at(1).sums.pending, 1);
  EXPECT_EQ(books.all.sums.accepted, 3);
  EXPECT_EQ(books.all.sums.finals, 2);
  EXPECT_EQ(books.all.sums.pending, 1);
}

TEST_F(AccountTest, NamesWhatTheNextCentreSaysItNeverTook) {
  by(exchange_.first, EvidenceType::kSubmissionAcceptance);
  take_over(exchange_.first, exchange_.second, 2, false);
  Log(folder(exchange_.second), exchange_.second.code.text());
  const Account books = account_of_both();
  EXPECT_FALSE(books.balanced());
  EXPECT_NE(words(books).find("無此接管"), std::string::npos) << words(books);
}

TEST_F(AccountTest, DoesNotCloseOverALogThatWasEdited) {
  by(exchange_.first, EvidenceType::kSubmissionAcceptance);
  receive(exchange_.a);
  Log(folder(exchange_.first), exchange_.first.code.text()).settle();
  const fs::path bundle = folder(exchange_.first) / "tile/entries/000.p/3";
  Bytes bytes = read_file(bundle, 1U << 20);
  bytes[500] ^= 1;
  write_durably(bundle, bytes);
  EXPECT_FALSE(account().balanced());
}

}  // namespace
}  // namespace yizhan
