#include "ground/base/base.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

namespace yizhan {
namespace {

TEST(Base64, RoundTripsEveryLength) {
  for (std::size_t size = 0; size < 70; ++size) {
    Bytes bytes(size);
    fill_random(bytes);
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
  }
}

TEST(Base64, RefusesWhatIsNotCanonical) {
  for (const char* text : {"A", "AA", "AA=A", "AB==", "AAB=", "A A=", "====", "AA==AA=="}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

TEST(Hex, RefusesUpperCaseAndOddLength) {
  EXPECT_EQ(from_hex("00ff"), (Bytes{0, 255}));
  EXPECT_FALSE(from_hex("00FF"));
  EXPECT_FALSE(from_hex("0"));
}

TEST(Time, ReadsAndWritesRfc3339) {
  const auto time = Time::parse("2026-11-22T03:04:05.678Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(time->text(), "2026-11-22T03:04:05.678Z");
  EXPECT_EQ(Time::parse("1970-01-01T00:00:01Z"), Time::from_ms(1000));
  EXPECT_EQ(Time::parse("2100-03-01T00:00:00Z")->text(), "2100-03-01T00:00:00.000Z");
}

TEST(Time, RefusesOtherShapes) {
  for (const char* text : {"2026-02-30T00:00:00Z", "2026-11-22 03:04:05Z", "2026-11-22T03:04:05",
                           "2026-11-22T24:00:00Z", "2026-11-22T03:04:05+08:00", ""}) {
    EXPECT_FALSE(Time::parse(text)) << text;
  }
}

TEST(Uuid, SortsByTimeOfBirthAndRoundTrips) {
  const Uuid early = Uuid::generate(Time::from_ms(1000));
  const Uuid late = Uuid::generate(Time::from_ms(2000));
  EXPECT_LT(early.text(), late.text());
  EXPECT_EQ(Uuid::parse(early.text()), early);
  EXPECT_FALSE(Uuid::parse("00000000-0000-4000-8000-000000000000"));
}

TEST(Uuid, SortsInTheOrderOfBirthWithinAMillisecond) {
  std::string previous = Uuid::generate(Time::from_ms(5000)).text();
  for (int i = 0; i < 4000; ++i) {
    const std::string next = Uuid::generate(Time::from_ms(5000)).text();
    ASSERT_LT(previous, next);
    previous = next;
  }
}

TEST(Reason, EveryReasonHasItsOwnCodeTitleAndRemedy) {
  std::set<std::string_view> codes;
  for (const ReasonText& text : all_reasons()) {
    EXPECT_EQ(&describe(text.reason), &text);
    EXPECT_TRUE(codes.insert(text.code).second) << text.code;
    EXPECT_FALSE(text.title.empty());
    EXPECT_FALSE(text.remedy.empty());
    EXPECT_EQ(find_reason(text.code), text.reason);
  }
}

TEST(Reason, IsDescribedInTheManual) {
  const char* source = std::getenv("YIZHAN_SOURCE");
  std::ifstream file(std::string(source == nullptr ? "." : source) + "/docs/errors.md");
  std::stringstream page;
  page << file.rdbuf();
  for (const ReasonText& text : all_reasons()) {
    std::stringstream row;
    row << "| `" << text.code << "` | " << text.title << " | " << text.remedy << " | "
        << text.http_status << " |";
    EXPECT_NE(page.str().find(row.str()), std::string::npos) << row.str();
  }
}

Result<int> half_of(int number) {
  if (number % 2 != 0) return Reason::kBadRequest;
  return number / 2;
}

Result<int> quarter_of(int number) { return half_of(YZ_TRY(half_of(number))); }

TEST(Result, TryHandsTheRefusalUp) {
  EXPECT_EQ(quarter_of(8).value(), 2);
  EXPECT_EQ(quarter_of(6).reason(), Reason::kBadRequest);
}

TEST(SecretBytes, IsEmptyAfterMove) {
  SecretBytes secret(Bytes{1, 2, 3});
  const SecretBytes moved = std::move(secret);
  EXPECT_EQ(moved.size(), 3u);
  EXPECT_TRUE(secret.empty());  // NOLINT(bugprone-use-after-move): that is the point
}

}  // namespace
}  // namespace yizhan
