#include "ground/control/control.h"

#include <gtest/gtest.h>

namespace yizhan {
namespace {

TEST(Control, SaysWhatItFound) {
  EXPECT_TRUE(upheld("a", true));
  EXPECT_FALSE(upheld("a", false));
  EXPECT_TRUE(upheld("a", Result<void>()).ok());
  EXPECT_EQ(upheld("a", Result<void>(Reason::kForbidden)).reason(), Reason::kForbidden);
}

}  // namespace
}  // namespace yizhan
