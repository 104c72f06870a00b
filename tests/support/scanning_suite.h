#pragma once

#include <memory>

#include "tests/support/small_scanner.h"

namespace yizhan {

// The signatures of the tests bear no date.
inline ScanPolicy test_policy() {
  ScanPolicy policy;
  policy.signatures_age_max.reset();
  return policy;
}

// What all tests of a suite share that scan for real: the nursery, born before any thread, and an
// engine.
template <class Base>
class ScanningSuite : public Base {
 protected:
  static void SetUpTestSuite() {
    nursery_ = std::make_unique<Nursery>(Nursery::start(inspection_jobs(), 4));
    clamd_ = std::make_unique<ClamdServer>();
  }
  static void TearDownTestSuite() {
    clamd_.reset();
    nursery_.reset();
  }

  inline static std::unique_ptr<Nursery> nursery_;
  inline static std::unique_ptr<ClamdServer> clamd_;
};

}  // namespace yizhan
