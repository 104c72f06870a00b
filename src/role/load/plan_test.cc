#include "role/load/plan.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "model/document/document.h"
#include "role/load/letter.h"
#include "role/load/turns.h"

namespace yizhan {
namespace {

TEST(Mix, KeepsItsSharesOverAnyStretch) {
  const Mix sizes = realistic_sizes();
  for (const std::int64_t begin : {0, 777, 100'000}) {
    std::map<std::uint64_t, int> counts;
    for (std::int64_t i = begin; i < begin + 1000; ++i) ++counts[sizes.at(i, 0)];
    EXPECT_NEAR(counts[10 * 1024], 600, 10);
    EXPECT_NEAR(counts[100 * 1024], 300, 10);
    EXPECT_NEAR(counts[1024 * 1024], 90, 5);
    EXPECT_NEAR(counts[10 * 1024 * 1024], 10, 2);
  }
}

TEST(Mix, ReadsValuesAndShares) {
  const Result<Mix> mix = Mix::parse("1:90,10:9,4000:1");
  ASSERT_TRUE(mix);
  ASSERT_EQ(mix->shares().size(), 3U);
  EXPECT_EQ(mix->shares()[1].value, 10U);
  EXPECT_EQ(mix->shares()[1].weight, 9U);
  EXPECT_EQ(mix->largest(), 4000U);
  EXPECT_EQ(Mix::parse("10").value().at(5, 1), 10U);
  for (const char* wrong : {"", "0", "1:", ":1", "1:90,", "ten", "1:-2", "1 0"}) {
    EXPECT_FALSE(Mix::parse(wrong)) << wrong;
  }
}

TEST(Plan, GivesEverybodyItsShareAndNobodyTheSameDocumentTwice) {
  const LoadPlan plan{.sizes = realistic_sizes(),
                      .fan_outs = Mix::parse("1:90,10:10").value(),
                      .senders = 3,
                      .receivers = 20};
  std::map<std::size_t, int> received;
  for (std::int64_t i = 0; i < 2000; ++i) {
    const PlannedDocument document = plan_document(plan, i);
    EXPECT_LT(document.sender, plan.senders);
    const std::set<std::size_t> once(document.receivers.begin(), document.receivers.end());
    EXPECT_EQ(once.size(), document.receivers.size());
    for (const std::size_t receiver : once) ++received[receiver];
  }
  ASSERT_EQ(received.size(), plan.receivers);
  EXPECT_GE(received.begin()->first, plan.senders);
  for (const auto& [receiver, count] : received) EXPECT_NEAR(count, 190, 60) << receiver;
}

TEST(Plan, IsRefusedWhenTheAgenciesDoNotSuffice) {
  LoadPlan plan{.sizes = realistic_sizes(), .fan_outs = Mix({{10, 1}}), .senders = 1,
                .receivers = 10};
  EXPECT_TRUE(check_plan(plan, 11));
  EXPECT_FALSE(check_plan(plan, 10));
  plan.receivers = 9;
  EXPECT_FALSE(check_plan(plan, 11));
}

std::vector<Correspondent> correspondents(int count) {
  std::vector<Correspondent> all;
  for (int i = 0; i < count; ++i) {
    const std::string digits = std::to_string(100'000'000 + i);
    all.push_back({OrgCode::parse("L" + digits).value(), "模擬機關" + digits});
  }
  return all;
}

TEST(Letter, IsValidWithAsManyRecipientsAsThereMayBe) {
  for (const int count : {1, 2, 4000}) {
    const auto recipients = correspondents(count);
    const ComposedLetter letter = compose_letter(
        {7, 1 << 20, {OrgCode::parse("A000000001").value(), "測試部"}, recipients, Time{}});
    const Checked<Document> document =
        parse_document(letter.parts[0].read_at(0, letter.parts[0].size()));
    ASSERT_TRUE(document.ok()) << document.issues.front().message_zh;
    Checked<Roster> roster;
    if (count > 1) roster = parse_roster(letter.parts[1].read_at(0, letter.parts[1].size()));
    const Part& attachment = letter.manifest.parts.back();
    const auto issues = cross_check(*document.value, count > 1 ? &*roster.value : nullptr,
                                    {{attachment.name, attachment.length}});
    EXPECT_TRUE(issues.empty()) << issues.front().message_zh;
    std::uint64_t bytes = 0;
    for (const Part& part : letter.manifest.parts) bytes += part.length;
    EXPECT_EQ(bytes, 1U << 20);
  }
}

TEST(Letter, IsLikeNoOtherInAnyBlock) {
  const LetterOrder order{7, 50'000, {OrgCode::parse("A000000001").value(), "測試部"},
                          correspondents(1), Time{}};
  const ComposedLetter one = compose_letter(order), other = compose_letter(order);
  constexpr std::size_t kBlock = 4500;  // one mark at least
  const FileHandle& a = one.parts.back();
  const FileHandle& b = other.parts.back();
  ASSERT_EQ(a.size(), b.size());
  for (std::uint64_t at = 0; at + kBlock <= a.size(); at += kBlock) {
    EXPECT_NE(a.read_at(at, kBlock), b.read_at(at, kBlock)) << at;
  }
}

TEST(Turns, ServeTheLongestWaitingFirstUntilAllHasCome) {
  Turns turns(3);
  turns.owe(2);
  turns.owe(0);
  turns.owe(2);
  EXPECT_EQ(turns.take(), 2U);
  turns.give_back(2, 1);  // one more is to come
  EXPECT_EQ(turns.take(), 0U);
  turns.give_back(0, 1);
  EXPECT_EQ(turns.take(), 2U);
  EXPECT_FALSE(turns.has_waiting());
  turns.give_back(2, 1);
  EXPECT_FALSE(turns.has_waiting());
}

TEST(Turns, LetNobodyBeServedTwiceAtATime) {
  Turns turns(1);
  turns.owe(0);
  EXPECT_EQ(turns.take(), 0U);
  turns.owe(0);
  EXPECT_FALSE(turns.has_waiting());
  turns.give_back(0, 1);
  EXPECT_TRUE(turns.has_waiting());
}

TEST(Turns, KnowWhatCameBeforeItWasAnnounced) {
  Turns turns(1);
  turns.owe(0);
  EXPECT_EQ(turns.take(), 0U);
  turns.give_back(0, 2);
  turns.owe(0);
  EXPECT_FALSE(turns.has_waiting());
}

TEST(Turns, EndForThoseWhoWait) {
  Turns turns(1);
  turns.end();
  EXPECT_EQ(turns.take(), std::nullopt);
}

}  // namespace
}  // namespace yizhan
