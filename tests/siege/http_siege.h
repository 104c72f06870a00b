#pragma once

#include <gtest/gtest.h>

#include "tests/siege/raw_connection.h"
#include "tests/siege/scene.h"

namespace yizhan {

// The sanitizers make everything slow, and some of it slower than the rest.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

inline const char* const kHonest = "GET /v1/directory HTTP/1.1\r\nHost: a\r\n\r\n";

std::size_t count_of(const std::string& text, const std::string& what);

// The centre's port as three agencies see it; what happens there must not slow the honest.
class HttpSiege : public testing::Test {
 protected:
  // The time of one honest request on a connection that is open already.
  static std::chrono::milliseconds ask_honestly(RawConnection& connection);
  // What 99 of 100 honest requests take at most, half of them with a handshake of their own. Other
  // work on the machine can only add to it: the best of three rounds.
  [[nodiscard]] std::chrono::milliseconds honest_p99() const;
  // At most double; and below the floor nobody notices.
  static void expect_at_most_doubled(std::chrono::milliseconds before,
                                     std::chrono::milliseconds with);

  Scene& scene_ = Scene::shared();
  const Visitor a_{scene_.lab(), "a"}, b_{scene_.lab(), "b"}, c_{scene_.lab(), "c"};
};

}  // namespace yizhan
