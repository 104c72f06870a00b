#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <iostream>

#include "model/inspection/inspection.h"
#include "tests/support/clamd.h"

// What all tests of the folder share: the confined children and the engine, both real.

namespace yizhan {

Nursery& nursery();    // knows inspection_jobs(); born before any thread
ClamdServer& clamd();  // started when first asked for

// How long the child of an attack may take. The sanitizer is slow.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr std::chrono::seconds kAttackTimeMax{8};
#else
inline constexpr std::chrono::seconds kAttackTimeMax{1};
#endif

// How many times longer anything takes at this moment than it would if nobody else worked here.
double slowness_of_the_machine();

// Answers what `ask` answers, within that time; asked again when the machine was busy, and while it
// stays so as many times longer as others make everything.
template <class Ask>
auto in_time(const std::string& what, const Ask& ask) {
  for (int tries_left = 3;; --tries_left) {
    const auto begun = std::chrono::steady_clock::now();
    auto answer = ask();
    const std::chrono::duration<double, std::milli> spent =
        std::chrono::steady_clock::now() - begun;
    if (spent > kAttackTimeMax && tries_left > 1) continue;
    const double slowness = spent > kAttackTimeMax ? slowness_of_the_machine() : 1;
    EXPECT_LE(spent, kAttackTimeMax * slowness) << what << ", slowed " << slowness << " times";
    std::cout << "[ measured ] " << what << ": " << spent.count() << " ms\n";
    return answer;
  }
}

}  // namespace yizhan
