#include "role/exchange/terminal_routes.h"

#include "role/exchange/desks_test.h"

namespace yizhan {
namespace {

class TerminalRoutes : public CentreDesks {
 protected:
  TerminalRoutes() { add_terminal_routes(router_, terminal_desk(maintenance_)); }

  MaintenanceDesk maintenance_{maintenance_parts()};
  Router router_;
};

TEST_F(TerminalRoutes, GiveASlowLineTheTimeForTheLargestBody) {
  const auto expect_time = [&](Method method, const std::string& path, std::size_t bytes) {
    const Route* route = router_.find(method, path).route;
    ASSERT_NE(route, nullptr) << path;
    EXPECT_EQ(route->limits.body_bytes_max, bytes) << path;
    const auto needed = std::chrono::milliseconds(bytes / 125);  // 1 Mbit/s
    EXPECT_GE(route->limits.deadline, needed + needed / 2) << path;
  };
  expect_time(Method::kPost, "/v1/submissions", kEnvelopeBytesMax);
  expect_time(Method::kPut, "/v1/submissions/a/groups/0", kGroupBytes);
}

}  // namespace
}  // namespace yizhan
