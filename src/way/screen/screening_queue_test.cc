#include "way/screen/screening_queue.h"

#include <gtest/gtest.h>

namespace yizhan {
namespace {

constexpr int kFastest = 0, kNormal = 2;

class ScreeningQueueTest : public testing::Test {
 protected:
  // Ids rise with `number`, as those of packages do with time.
  static PackageId id_of(int number) {
    const std::string text = std::to_string(1000 + number);
    return PackageId::parse("01900000-0000-7000-8000-00000000" + text).value();
  }
  static StoredPackage package(int number, const std::string& sender, int rank = kNormal,
                               std::int64_t bytes = 100'000) {
    return {id_of(number), {OrgCode::parse(sender).value(), MessageId::generate(Time())},
            DocumentId::generate(Time()), {}, {}, {}, {}, {}, bytes, 1, rank, "", Station::kScreen,
            std::nullopt, 1, {}, {}, {}};
  }
  std::string take_all() {
    std::string senders;
    while (auto next = queue_.take()) senders += next->key.sender.text().back();
    return senders;
  }
  void flood(int count) {
    for (int i = 0; i < count; ++i) ASSERT_EQ(queue_.put(package(i, kMany)), std::nullopt);
  }

  static constexpr const char* kMany = "376500001M";
  static constexpr const char* kFew = "376500001F";
  static constexpr const char* kOther = "376500001O";
  ScreeningQueue queue_{8};
};

TEST_F(ScreeningQueueTest, ServesOneSenderByAge) {
  flood(3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(queue_.take()->id, id_of(i));
  EXPECT_FALSE(queue_.take());
}

TEST_F(ScreeningQueueTest, ServesTheMoreUrgentFirst) {
  flood(2);
  static_cast<void>(queue_.put(package(10, kFew, kFastest)));
  EXPECT_EQ(take_all(), "FMM");
}

TEST_F(ScreeningQueueTest, WhoBringsManyWaitsBehindItsOwn) {
  flood(6);
  EXPECT_EQ(queue_.take()->id, id_of(0));
  static_cast<void>(queue_.put(package(10, kFew)));
  static_cast<void>(queue_.put(package(11, kOther)));
  EXPECT_EQ(take_all(), "FOMMMMM");
}

TEST_F(ScreeningQueueTest, LongBodiesTakeLongTurns) {
  for (int i = 0; i < 3; ++i) {
    static_cast<void>(queue_.put(package(i, kMany, kNormal, 1 << 30)));
    static_cast<void>(queue_.put(package(10 + i, kFew, kNormal, 1000)));
  }
  EXPECT_EQ(take_all(), "MFFFMM");
}

TEST_F(ScreeningQueueTest, WhoWasAwayHasNoTurnsSaved) {
  flood(4);
  EXPECT_EQ(take_all(), "MMMM");
  for (int i = 0; i < 3; ++i) {
    static_cast<void>(queue_.put(package(20 + i, kFew)));
    static_cast<void>(queue_.put(package(30 + i, kMany)));
  }
  EXPECT_EQ(take_all(), "FMFMFM");
}

TEST_F(ScreeningQueueTest, TheLastOfManyGivesWayToWhoHasFew) {
  flood(8);
  EXPECT_EQ(queue_.put(package(9, kMany)), id_of(9));  // nor does it lengthen its sender's line
  EXPECT_EQ(queue_.put(package(10, kFew)), id_of(7));
  EXPECT_EQ(queue_.put(package(11, kOther, kFastest)), id_of(6));
  EXPECT_EQ(take_all(), "OMFMMMMM");
}

}  // namespace
}  // namespace yizhan
