#include "duty/certificate/certificate_book.h"

#include "duty/certificate/listing.h"
#include "tests/support/management_books.h"

namespace yizhan {

namespace {

constexpr Milliseconds kDay = std::chrono::hours{24};

Time at(std::string_view text) { return Time::parse(text).value(); }

TEST(Listing, LeavesTheAddressBookAfterThreeMonths) {
  const Time ends = at("2026-11-30T02:00:00Z");
  EXPECT_TRUE(is_listed(ends, at("2026-12-01T00:00:00Z")));
  EXPECT_TRUE(is_listed(ends, at("2027-02-27T15:59:59Z")));
  EXPECT_FALSE(is_listed(ends, at("2027-02-27T16:00:00Z"))) << "28 February begins in Taipei";
}

TEST(CertificateState, IsOfTheTimeThatIsLeft) {
  const Time now = at("2026-12-01T00:00:00Z");
  EXPECT_EQ(state_of(now + kDay * 91, now), CertificateState::kValid);
  EXPECT_EQ(state_of(now + kDay * 90, now), CertificateState::kEnding);
  EXPECT_EQ(state_of(now, now), CertificateState::kExpired);
  EXPECT_EQ(state_of(now - kDay * 100, now), CertificateState::kUnlisted);
}

class CertificateBookTest : public ManagementBooks {
 protected:
  void SetUp() override {
    begin_books(edition(1));
    book_.emplace(
        CertificateBook::Parts{database_, journal_, *directory_, obligations_, clock_});
  }
  // In force for as long as any test takes.
  Bytes edition(std::int64_t version) {
    const Directory next({version, kTestNow, kTestNow + kDay * 4000}, exchange_.centres,
                         exchange_.agencies);
    return sign_directory(next, exchange_.management, kTestNow).value();
  }
  void publish(std::int64_t version) { ASSERT_TRUE(directory_->adopt(edition(version))); }
  // The one with which A opens documents.
  RegisteredCertificate& encrypting() {
    return *std::ranges::find(exchange_.registered(exchange_.a).certificates, Purpose::kEncrypt,
                              &RegisteredCertificate::purpose);
  }
  std::vector<ObligationNotice> tend() {
    book_->tend();
    return tend_obligations();
  }
  std::vector<Obligation> owed() {
    return database_.read([&](Transaction& tx) {
      return Obligations::list(tx, {.owner = "agency/" + exchange_.a.code.text(),
                                    .kind = "certificate_renewal",
                                    .due_from = Time::from_ms(0),
                                    .due_to = kTestNow + kDay * 4000});
    });
  }
  Json line() {
    const Json all = book_->describe([](const CertificateLine&) { return true; });
    for (const Json& item : all.at("items")) {
      if (item.at("node") == exchange_.a.code.text() && item.at("purpose") == "encrypt") {
        return item;
      }
    }
    return {};
  }

  std::optional<CertificateBook> book_;
};

INSTANTIATE_TEST_SUITE_P(BothEngines, CertificateBookTest, kBothEngines, engine_name);

TEST_P(CertificateBookTest, WhoseCertificateEndsIsRemindedAndThenLate) {
  EXPECT_TRUE(tend().empty());
  EXPECT_TRUE(owed().empty());
  encrypting().until = kTestNow + kDay * 91;
  publish(2);
  EXPECT_TRUE(tend().empty()) << "91 days are time enough";
  clock_.pass(kDay * 2);
  EXPECT_TRUE(tend().empty()) << "owed, and 89 days left";
  ASSERT_EQ(owed().size(), 1U);
  EXPECT_EQ(owed()[0].subject, "agency/" + exchange_.a.code.text() + "/encrypt");
  std::vector<std::int64_t> reminded;
  bool late = false;
  for (int day = 0; day < 95; ++day) {
    clock_.pass(kDay);
    for (const ObligationNotice& one : tend()) {
      if (one.kind == ObligationNotice::Kind::kReminder) reminded.push_back(one.days_before);
      if (one.kind == ObligationNotice::Kind::kLate) late = true;
    }
  }
  EXPECT_EQ(reminded, (std::vector<std::int64_t>{60, 30, 14, 7, 1}));
  EXPECT_TRUE(late);
  EXPECT_EQ(line().at("state"), "expired");
}

TEST_P(CertificateBookTest, ALaterOneInTheDirectoryIsTheProof) {
  encrypting().until = kTestNow + kDay * 30;
  publish(2);
  static_cast<void>(tend());
  ASSERT_EQ(owed().size(), 1U);
  EXPECT_EQ(line().at("state"), "ending");
  RegisteredCertificate next = encrypting();
  next.certificate = exchange_.authority.issue({.subject = "A next"}).certificate();
  next.until = kTestNow + kDay * 700;
  exchange_.registered(exchange_.a).certificates.push_back(next);
  publish(3);
  static_cast<void>(tend());
  ASSERT_EQ(owed().size(), 1U);
  EXPECT_EQ(owed()[0].state, ObligationState::kDone);
  EXPECT_TRUE(owed()[0].proof);
  EXPECT_EQ(line().at("state"), "valid");
  EXPECT_EQ(line().at("certificate"), next.certificate.sha256().hex());
}

TEST_P(CertificateBookTest, AnAgencyWhoseKeysEndedLongAgoIsOutOfTheAddressBook) {
  const auto listed = [&] {
    const auto directory = directory_->current();
    return is_listed(*directory, *directory->find(exchange_.a.code), clock_.now());
  };
  EXPECT_TRUE(listed());
  encrypting().until = kTestNow + kDay;
  publish(2);
  clock_.pass(kDay * 60);
  EXPECT_TRUE(listed());
  clock_.pass(kDay * 40);
  EXPECT_FALSE(listed());
  EXPECT_EQ(line().at("state"), "unlisted");
}

}  // namespace
}  // namespace yizhan
