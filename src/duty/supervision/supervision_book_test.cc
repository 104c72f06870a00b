#include "duty/supervision/supervision_book.h"

#include "tests/support/clause.h"
#include "tests/support/management_books.h"

namespace yizhan {

namespace {

constexpr Milliseconds kDay = std::chrono::hours{24};

std::set<Layer> layers(const std::string& party, const Directory& directory) {
  return describe_party(party, directory).layers;
}

// A is under B under C; the first centre, where they are, is self-managed by C, the second shared.
class SupervisionBookTest : public ManagementBooks {
 protected:
  void SetUp() override {
    exchange_.registered(exchange_.a).supervisor = exchange_.b.code;
    exchange_.registered(exchange_.b).supervisor = exchange_.c.code;
    exchange_.centres[0].kind = CentreKind::kSelfManaged;
    exchange_.centres[0].run_by = exchange_.c.code;
    exchange_.centres[1].kind = CentreKind::kShared;
    begin_books(signed_directory());
    book_.emplace(SupervisionBook::Parts{database_, *directory_, obligations_, clock_});
  }
  // Due after seven days, on a Monday: late from the ninth on. The next above is told on the tenth,
  // and then one more each day.
  void owe(const std::string& party) {
    database_.transact([&](Transaction& tx) {
      obligations_.open_on(tx, {"update_plan", "notice-1", kTestNow}, {party, party}, kTestNow);
    });
  }
  std::vector<std::string> told() {
    std::vector<std::string> to;
    for (const ObligationNotice& one : book_->tend()) {
      if (one.kind == ObligationNotice::Kind::kEscalation) to.push_back(one.to);
    }
    return to;
  }
  Json board(const std::string& scope = "", const std::string& under = "") {
    return book_->board({scope, under, Time()}).value();
  }
  static Json line(const Json& board, const std::string& party) {
    for (const Json& item : board.at("items")) {
      if (item.at("party") == party) return item;
    }
    return {};
  }
  static std::vector<std::string> parties(const Json& board) {
    std::vector<std::string> all;
    for (const Json& item : board.at("items")) all.push_back(item.at("party"));
    return all;
  }
  std::int64_t escalations() {
    return database_.read([](Transaction& tx) {
      std::int64_t count = 0;
      for (const JournalEntry& entry : JournalStore(tx).unsealed(1000)) {
        if (entry.event == "obligation_escalated") ++count;
      }
      return count;
    });
  }

  std::optional<SupervisionBook> book_;
  const std::string a_ = party_of(exchange_.a.code), b_ = party_of(exchange_.b.code),
                    c_ = party_of(exchange_.c.code), d_ = party_of(exchange_.d.code),
                    first_ = party_of(exchange_.first.code),
                    second_ = party_of(exchange_.second.code);
};

INSTANTIATE_TEST_SUITE_P(BothEngines, SupervisionBookTest, kBothEngines, engine_name);

TEST_P(SupervisionBookTest, WhatIsLateGoesUpTheLineOfTheDirectory) {
  CLAUSE("五(五)");
  owe(a_);
  clock_.pass(kDay * 10);
  EXPECT_EQ(told(), std::vector<std::string>{b_});
  EXPECT_EQ(board().at("late")[0].at("escalated_to"), b_);
  clock_.pass(kDay);
  EXPECT_EQ(told(), std::vector<std::string>{c_});
  clock_.pass(kDay * 10);
  EXPECT_TRUE(told().empty()) << "nobody is above";
  EXPECT_EQ(escalations(), 2);
}

TEST_P(SupervisionBookTest, ACentreAnswersToWhoRunsItAndASharedOneToManagement) {
  CLAUSE("四(一)");
  CLAUSE("四(二)1");
  owe(first_);
  owe(second_);
  clock_.pass(kDay * 10);
  const auto to = told();
  EXPECT_EQ((std::multiset<std::string>{to.begin(), to.end()}),
            (std::multiset<std::string>{c_, "management"}));
}

TEST_P(SupervisionBookTest, ANewEditionIsAnotherLine) {
  owe(d_);
  clock_.pass(kDay * 10);
  EXPECT_TRUE(told().empty()) << "nobody is above D";
  exchange_.registered(exchange_.d).supervisor = exchange_.c.code;
  ASSERT_TRUE(directory_->adopt(signed_directory(2)));
  EXPECT_EQ(told(), std::vector<std::string>{c_});
}

TEST_P(SupervisionBookTest, CountsUpTheLine) {
  for (const std::string& party : {a_, b_, d_, first_}) owe(party);
  clock_.pass(kDay * 10);
  static_cast<void>(told());
  const Json whole = board();
  EXPECT_EQ(whole.at("total").at("late"), 4);
  EXPECT_EQ(parties(whole), (std::vector<std::string>{a_, b_, c_, d_, first_}));
  EXPECT_EQ(line(whole, b_).at("own").at("late"), 1);
  EXPECT_EQ(line(whole, b_).at("all").at("late"), 2);
  EXPECT_EQ(line(whole, b_).at("supervisor"), c_);
  EXPECT_EQ(line(whole, c_).at("own").at("late"), 0);
  EXPECT_EQ(line(whole, c_).at("all").at("late"), 3) << "A, B and the centre that it runs";
  EXPECT_FALSE(line(whole, c_).contains("supervisor"));
  const Json below = board("", exchange_.b.code.text());
  EXPECT_EQ(parties(below), (std::vector<std::string>{a_, b_}));
  EXPECT_EQ(below.at("total").at("late"), 2);
  EXPECT_EQ(below.at("late").size(), 2U);
  EXPECT_EQ(book_->board({"", "NOBODY", Time()}).reason(), Reason::kNotFound);
  const Json later = book_->board({"", "", clock_.now()}).value();
  EXPECT_EQ(later.at("total").at("late"), 0) << "due before";
  EXPECT_EQ(later.at("late").size(), 4U) << "and not forgotten";
}

TEST_P(SupervisionBookTest, SomebodySeesWhoIsBelowThemAndWhomTheirCentreServes) {
  for (const std::string& party : {a_, b_, d_, first_}) owe(party);
  EXPECT_EQ(parties(board(exchange_.c.code.text())),
            (std::vector<std::string>{a_, b_, c_, first_}));
  EXPECT_EQ(parties(board(exchange_.a.code.text())), std::vector<std::string>{a_});
  EXPECT_EQ(parties(board(exchange_.second.code.text())), std::vector<std::string>{d_});
  exchange_.registered(exchange_.d).supervisor = exchange_.c.code;
  ASSERT_TRUE(directory_->adopt(signed_directory(2)));
  const Json centre = board(exchange_.first.code.text());
  EXPECT_EQ(line(centre, c_).at("all").at("due"), 3) << "D is another centre's";
  EXPECT_EQ(line(board(), c_).at("all").at("due"), 4);
}

TEST(Parties, StandInTheLayersOfWhatTheyDo) {
  CLAUSE("四");
  CLAUSE("四(一)");
  CLAUSE("四(二)");
  CLAUSE("四(三)");
  SmallExchange exchange;
  const auto centre = party_of(exchange.first.code), agency = party_of(exchange.a.code);
  const auto seen = [&](const std::string& party) {
    return layers(party, exchange.directory());
  };
  EXPECT_EQ(seen("management"), std::set{Layer::kManagement});
  EXPECT_EQ(seen(centre), std::set{Layer::kExchange});
  EXPECT_EQ(seen(agency), std::set{Layer::kTerminal});
  exchange.centres[0].kind = CentreKind::kSelfManaged;
  exchange.centres[0].run_by = exchange.a.code;
  EXPECT_EQ(seen(centre), std::set{Layer::kExchange});
  EXPECT_EQ(seen(agency), (std::set{Layer::kExchange, Layer::kTerminal}));
  exchange.centres[0].kind = CentreKind::kSelfBuilt;
  EXPECT_EQ(seen(centre), (std::set{Layer::kManagement, Layer::kExchange}));
  EXPECT_EQ(seen(agency), (std::set{Layer::kManagement, Layer::kExchange, Layer::kTerminal}));
  EXPECT_TRUE(seen("agency/Z99999999Z").empty());
}

}  // namespace
}  // namespace yizhan
