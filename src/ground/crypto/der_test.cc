#include "ground/crypto/der.h"

#include <gtest/gtest.h>

namespace yizhan::der {
namespace {

bool strict(std::string_view hex) { return is_strict(from_hex(hex).value()); }

TEST(Der, TakesWhatIsCanonical) {
  EXPECT_TRUE(strict("30060201010101ff"));
  EXPECT_TRUE(strict("3106020101020102"));
  EXPECT_TRUE(strict("02020080"));
  EXPECT_TRUE(strict("3000"));
  EXPECT_TRUE(is_strict(encode(kOctetString, Bytes(70'000, 1))));
}

TEST(Der, RefusesWhatOnlyBerAllows) {
  EXPECT_FALSE(strict("30800201010000")) << "indefinite length";
  EXPECT_FALSE(strict("3081030201ff")) << "a long length where a short one does";
  EXPECT_FALSE(strict("308200030201ff")) << "a leading zero in the length";
  EXPECT_FALSE(strict("02020001")) << "an integer with a leading zero";
  EXPECT_FALSE(strict("0202ff80")) << "a negative integer with a leading one";
  EXPECT_FALSE(strict("0200")) << "an empty integer";
  EXPECT_FALSE(strict("010101")) << "a true that is not ff";
  EXPECT_FALSE(strict("3106020102020101")) << "an unsorted set";
  EXPECT_FALSE(strict("2403040101")) << "a constructed string";
  EXPECT_FALSE(strict("1000")) << "a primitive sequence";
  EXPECT_FALSE(strict("3003020101ff")) << "something after the end";
  EXPECT_FALSE(strict("3004020101")) << "less than the length says";
  EXPECT_FALSE(strict("1f8101020101")) << "a high tag number";
  EXPECT_FALSE(strict(""));
}

TEST(Der, NestingHasAnEnd) {
  Bytes nested = encode(kSequence, ByteView{});
  for (int depth = 0; depth < 20; ++depth) nested = encode(kSequence, nested);
  EXPECT_TRUE(is_strict(nested));
  for (int depth = 0; depth < 20; ++depth) nested = encode(kSequence, nested);
  EXPECT_FALSE(is_strict(nested));
}

TEST(Der, AReaderTakesOnlyTheTagItExpects) {
  const Bytes bytes = from_hex("020105040161").value();
  Reader reader(bytes);
  EXPECT_EQ(reader.content(kOctetString).reason(), Reason::kMalformed);
  EXPECT_EQ(to_hex(reader.whole(kInteger).value()), "020105");
  EXPECT_FALSE(reader.check_end().ok());
  EXPECT_EQ(text_of(reader.content(kOctetString).value()), "a");
  EXPECT_TRUE(reader.check_end().ok());
  EXPECT_EQ(reader.content(kOctetString).reason(), Reason::kMalformed);
}

}  // namespace
}  // namespace yizhan::der
