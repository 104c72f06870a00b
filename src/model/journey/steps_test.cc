#include "model/journey/steps.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace yizhan {
namespace {

constexpr int kStateCount = 15;
constexpr int kStepCount = 18;

std::string row_of(State state) {
  std::string row;
  for (int step = 0; step < kStepCount; ++step) {
    const Result<State> next = after(state, static_cast<Step>(step));
    row += next ? std::string(text_of(static_cast<Step>(step))) + ">" +
                      std::string(text_of(*next)) + " "
                : "";
  }
  return row;
}

// The whole table, written a second time by hand: what is not here is refused.
TEST(Steps, AreExactlyTheseAndNoOther) {
  const std::map<std::string, std::string> expected = {
      {"accepted",
       "hold>held forward>forwarding consign>consigned stop>stopped withdraw>withdrawn "
       "fall_back_to_paper>paper expire>expired "},
      {"held",
       "hold>held release>accepted stop>stopped withdraw>withdrawn fall_back_to_paper>paper "
       "expire>expired "},
      {"forwarding",
       "hold>held forward>forwarding delay>forwarding offer>offered fail_relay>stopped "
       "consign>consigned stop>stopped withdraw>withdrawn fall_back_to_paper>paper "},
      {"offered", "delay>offered offer>offered relay>relayed fail_relay>stopped "},
      {"consigned",
       "hold>held lease>leased hand_over>received refuse_opening>failed withdraw>withdrawn "
       "fall_back_to_paper>paper expire>expired "},
      {"leased", "lease>leased lapse>consigned hand_over>received refuse_opening>failed "},
      {"received", "confirm>confirmed return>returned "},
      {"confirmed", "return>returned "},
  };
  for (int i = 0; i < kStateCount; ++i) {
    const auto state = static_cast<State>(i);
    const auto row = expected.find(std::string(text_of(state)));
    EXPECT_EQ(row_of(state), row == expected.end() ? "" : row->second) << text_of(state);
  }
}

TEST(Steps, EveryFinalStaysFinal) {
  for (int i = 0; i < kStateCount; ++i) {
    for (int k = 0; k < kStepCount; ++k) {
      const auto state = static_cast<State>(i);
      const Result<State> next = after(state, static_cast<Step>(k));
      if (is_final(state) && next) {
        EXPECT_TRUE(is_final(*next));
      }
    }
  }
}

TEST(Steps, EveryStateCanReachAFinal) {
  for (int i = 0; i < kStateCount; ++i) {
    std::set<State> reached = {static_cast<State>(i)};
    for (int round = 0; round < kStateCount; ++round) {
      for (State state : std::set<State>(reached)) {
        for (int k = 0; k < kStepCount; ++k) {
          const Result<State> next = after(state, static_cast<Step>(k));
          if (next) reached.insert(*next);
        }
      }
    }
    bool final = false;
    for (State state : reached) final = final || is_final(state);
    EXPECT_TRUE(final) << text_of(static_cast<State>(i));
  }
}

TEST(States, RoundTripAsText) {
  for (int i = 0; i < kStateCount; ++i) {
    EXPECT_EQ(find_state(text_of(static_cast<State>(i))), static_cast<State>(i));
  }
  EXPECT_FALSE(find_state("lost"));
}

}  // namespace
}  // namespace yizhan
