#include "model/calendar/calendar.h"

#include <gtest/gtest.h>

#include "ground/files/files.h"
#include "tests/support/temporary_folder.h"

namespace yizhan {
namespace {

namespace chrono = std::chrono;

Day day(int year, unsigned month, unsigned of_month) {
  return Day{chrono::year{year} / chrono::month{month} / chrono::day{of_month}};
}

WorkingCalendar official() { return WorkingCalendar::load({}).value(); }

TEST(WorkingCalendar, HasAsManyDaysOffAsTheGovernmentAnnounced) {
  const WorkingCalendar calendar = official();
  for (const auto& [year, wanted] : {std::pair{2025, 118}, {2026, 120}}) {
    int off = 0;
    for (Day each = day(year, 1, 1); each < day(year + 1, 1, 1); each += chrono::days{1}) {
      EXPECT_TRUE(calendar.knows(each)) << text_of(each);
      if (!calendar.is_working_day(each)) ++off;
    }
    EXPECT_EQ(off, wanted) << year;
  }
}

TEST(WorkingCalendar, KnowsMovedHolidaysAndDaysMadeUp) {
  const WorkingCalendar calendar = official();
  EXPECT_FALSE(calendar.is_working_day(day(2025, 1, 27))) << "a Monday moved";
  EXPECT_TRUE(calendar.is_working_day(day(2025, 2, 8))) << "the Saturday that makes up for it";
  EXPECT_FALSE(calendar.is_working_day(day(2026, 2, 27))) << "a Friday for a Saturday's holiday";
  EXPECT_EQ(calendar.next_working_day(day(2026, 2, 13)), day(2026, 2, 23)) << "the New Year";
  EXPECT_EQ(calendar.next_working_day(day(2025, 2, 7)), day(2025, 2, 8));
  EXPECT_EQ(calendar.last_working_day(day(2026, 2, 22)), day(2026, 2, 13));
  EXPECT_EQ(calendar.last_working_day(day(2026, 2, 23)), day(2026, 2, 23));
}

TEST(WorkingCalendar, OfAYearNobodyAnnouncedIsTheWeek) {
  const WorkingCalendar calendar = official();
  EXPECT_FALSE(calendar.knows(day(2060, 1, 2)));
  EXPECT_EQ(calendar.next_working_day(day(2060, 1, 2)), day(2060, 1, 5)) << "Friday to Monday";
}

TEST(Days, AreThoseOfTaipei) {
  EXPECT_EQ(text_of(day_of(*Time::parse("2026-11-29T15:59:59Z"))), "2026-11-29");
  EXPECT_EQ(text_of(day_of(*Time::parse("2026-11-29T16:00:00Z"))), "2026-11-30");
  EXPECT_EQ(begin_of(day(2026, 11, 30)).text(), "2026-11-29T16:00:00.000Z");
}

class CalendarFolder : public ::testing::Test {
 protected:
  void put(const std::string& name, std::string_view text) {
    write_durably(folder_ / name, bytes_of(text));
  }
  TemporaryFolder folder_;
};

TEST_F(CalendarFolder, AddsYearsAndReplacesDays) {
  put("2027.csv", "\xef\xbb\xbf西元日期,星期,是否放假,備註\r\n20270101,五,2,開國紀念日\r\n");
  put("typhoon.csv", "西元日期,星期,是否放假,備註\n20261130,一,2,\"天然災害, 停止上班\"\n\n");
  put("notes.txt", "not a table");
  const WorkingCalendar calendar = WorkingCalendar::load(folder_.path()).value();
  EXPECT_FALSE(calendar.is_working_day(day(2027, 1, 1)));
  EXPECT_FALSE(calendar.is_working_day(day(2026, 11, 30)));
  EXPECT_TRUE(calendar.is_working_day(day(2026, 12, 1))) << "the rest stays";
  EXPECT_TRUE(WorkingCalendar::load(folder_ / "absent").ok());
}

TEST_F(CalendarFolder, NamesTheFileAndTheLineThatIsNoTable) {
  const std::string head = "西元日期,星期,是否放假,備註\n";
  const std::pair<std::string, std::string> wrong[] = {
      {"", "第 1 行"},
      {"date,week,off,note\n", "第 1 行"},
      {head, "第 2 行"},
      {head + "20260101,四,2,\n2026-01-02,五,0,\n", "第 3 行"},
      {head + "20260230,一,0,\n", "第 2 行"},
      {head + "20260101,四,1,\n", "第 2 行"},
      {head + "\n20260101,四,2,\n", "第 2 行"},
  };
  for (const auto& [text, line] : wrong) {
    put("bad.csv", text);
    const auto loaded = WorkingCalendar::load(folder_.path());
    ASSERT_FALSE(loaded) << text;
    EXPECT_EQ(loaded.reason(), Reason::kMalformed);
    EXPECT_NE(loaded.refusal().detail.find("bad.csv"), std::string::npos);
    EXPECT_NE(loaded.refusal().detail.find(line), std::string::npos) << loaded.refusal().detail;
  }
}

}  // namespace
}  // namespace yizhan
