#include "duty/notice/notice_book.h"

#include "duty/notice/notice_cases_test.h"
#include "tests/support/management_books.h"

namespace yizhan {

namespace {

using Kind = NoticeAnswer::Kind;

class NoticeBookTest : public ManagementBooks {
 protected:
  void SetUp() override {
    begin_books(signed_directory());
    book_.emplace(NoticeBook::Parts{database_, journal_, *directory_, kinds_, calendar_,
                                    obligations_, clock_});
    put(repository_, openssl_notice());
    take();
  }
  void take() {
    ASSERT_TRUE(repository_.look(
        clock_.now(), [this](TrustClient& client) { return book_->take(client); }));
  }
  Bytes word(Kind kind, std::string_view on, TestCentre& centre, std::int64_t number = 7) {
    const NoticeAnswer answer{centre.code,
                              number,
                              sha256(openssl_notice().json()),
                              kind,
                              day(on),
                              "林維運",
                              "",
                              clock_.now()};
    return sign_answer(answer, centre.evidence).value().cms;
  }
  Json line(const CentreCode& centre) {
    const Json all = book_->describe([](const Centre&) { return true; });
    for (const Json& one : all.at("items").at(0).at("centres")) {
      if (one.at("node") == centre.text()) return one;
    }
    return {};
  }
  TestCentre& first_ = exchange_.first;
  TestCentre& second_ = exchange_.second;
  FollowedRepository repository_{place_.directory() / "repository"};
  std::optional<NoticeBook> book_;
};

INSTANTIATE_TEST_SUITE_P(BothEngines, NoticeBookTest, kBothEngines, engine_name);

TEST_P(NoticeBookTest, EveryCentreOwesAPlanAndTheLateOnesAreTold) {
  CLAUSE("五(一)2");
  EXPECT_EQ(line(first_.code).at("state"), "unplanned");
  EXPECT_EQ(line(first_.code).at("plan_by"), "2026-11-30");
  ASSERT_TRUE(book_->take_answer(word(Kind::kPlanned, "2026-12-05", first_), first_.code));
  EXPECT_EQ(line(first_.code).at("state"), "planned");
  EXPECT_EQ(line(first_.code).at("answer").at("day"), "2026-12-05");
  clock_.pass(std::chrono::hours{24 * 9});
  EXPECT_EQ(line(second_.code).at("state"), "late");
  std::vector<std::string> late;
  for (const ObligationNotice& told : tend_obligations()) {
    if (told.kind == ObligationNotice::Kind::kLate) late.push_back(told.to);
  }
  EXPECT_EQ(late, std::vector<std::string>{"centre/CENTRE-2"});
}

TEST_P(NoticeBookTest, IsPublishedOnceAndAskedOfWhoComesLater) {
  CLAUSE("五(一)2");
  const auto published = [&] {
    return database_.read([](Transaction& tx) {
      return std::ranges::count(JournalStore(tx).unsealed(1000), "notice_published",
                                &JournalEntry::event);
    });
  };
  take();
  EXPECT_EQ(published(), 1);
  UpdateNotice old = openssl_notice(8);
  old.issued = day("2026-11-01");
  put(repository_, old);
  take();
  EXPECT_EQ(published(), 2);
  EXPECT_EQ(line(first_.code).at("plan_by"), "2026-11-30") << "a week from when it was told";
  exchange_.centres[1].standing = Standing::kClosed;
  Centre third = exchange_.centres[1];
  third.code = CentreCode::parse("CENTRE-3").value();
  third.standing = Standing::kActive;
  third.certificates.clear();  // those are another's
  exchange_.centres.push_back(third);
  ASSERT_TRUE(directory_->adopt(
      sign_directory(exchange_.directory(2), exchange_.management, kTestNow).value()));
  take();
  EXPECT_EQ(published(), 4) << "both are asked of it";
  EXPECT_EQ(line(third.code).at("state"), "unplanned");
  EXPECT_TRUE(line(second_.code).is_null()) << "closed";
}

TEST_P(NoticeBookTest, TheLastWordCountsWhateverTheOrderTheyComeIn) {
  const Bytes earlier = word(Kind::kPlanned, "2026-12-05", first_);
  clock_.pass(std::chrono::hours{24 * 14});
  EXPECT_TRUE(book_->take_answer(word(Kind::kDone, "2026-12-06", first_), first_.code));
  EXPECT_TRUE(book_->take_answer(earlier, first_.code));
  EXPECT_TRUE(book_->take_answer(earlier, first_.code));
  EXPECT_EQ(line(first_.code).at("state"), "done");
  EXPECT_EQ(line(first_.code).at("answer").at("day"), "2026-12-06");
}

TEST_P(NoticeBookTest, NobodySpeaksForAnother) {
  EXPECT_EQ(book_->take_answer(word(Kind::kDone, "2026-11-22", first_), second_.code).reason(),
            Reason::kForbidden);
  NoticeAnswer answer = open_answer(word(Kind::kDone, "2026-11-22", first_)).value().answer;
  const Bytes forged = sign_answer(answer, second_.evidence).value().cms;
  EXPECT_EQ(book_->take_answer(forged, first_.code).reason(), Reason::kCertificateUnregistered);
  EXPECT_EQ(line(first_.code).at("state"), "unplanned");
}

TEST_P(NoticeBookTest, AnAnswerIsToTheNoticeThatIsInForce) {
  EXPECT_EQ(book_->take_answer(word(Kind::kDone, "2026-11-22", first_, 8), first_.code).reason(),
            Reason::kNotFound);
  UpdateNotice other = openssl_notice();
  other.impact = "須重新啟動";
  put(repository_, other);
  ASSERT_TRUE(book_->take_answer(word(Kind::kDone, "2026-11-22", first_), first_.code));
  take();
  EXPECT_EQ(line(first_.code).at("state"), "unplanned") << "what is asked is another thing";
  EXPECT_EQ(book_->take_answer(word(Kind::kDone, "2026-11-22", first_), first_.code).reason(),
            Reason::kConflict);
}

TEST_P(NoticeBookTest, SomebodyOfACentreSeesItsOwn) {
  const Json seen =
      book_->describe([&](const Centre& centre) { return centre.code == second_.code; });
  ASSERT_EQ(seen.at("items").at(0).at("centres").size(), 1U);
  EXPECT_EQ(seen.at("items").at(0).at("centres").at(0).at("node"), "CENTRE-2");
  EXPECT_EQ(seen.at("items").at(0).at("title"), "OpenSSL 修補");
}

TEST_P(NoticeBookTest, CountsForMachines) {
  ASSERT_TRUE(book_->take_answer(word(Kind::kPlanned, "2026-12-05", first_), first_.code));
  const std::string text = exposition(book_->metrics());
  for (const char* expected : {"yizhan_update_notice_centres{state=\"planned\"} 1",
                               "yizhan_update_notice_centres{state=\"unplanned\"} 1"}) {
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\n" << text;
  }
}

}  // namespace
}  // namespace yizhan
